/// A regular expression as instructions.
struct RegularExpressionProgram: Hashable, Sendable {
    enum Instruction: Hashable, Sendable {
        /// One character of the set.
        case take(ScalarSet)
        case jump(Int)
        /// One way, then the other.
        case split(Int, Int)
        case edge(RegularExpressionNode.Edge)
        /// The instructions behind it, up to the place where to go on, are tried on their own.
        case look(isAhead: Bool, isNegated: Bool, next: Int)
        case atomic(next: Int)
        /// The end of the whole, or of what is tried on its own.
        case accept
    }

    private(set) var instructions: [Instruction] = []

    /// The node's ``size(of:)`` must be within the limit.
    init(_ node: RegularExpressionNode) {
        compile(node)
        add(.accept)
    }

    /// How many instructions a node becomes, or more than the limit: known without making them.
    static func size(of node: RegularExpressionNode) -> Int {
        func total(_ nodes: [RegularExpressionNode]) -> Int {
            nodes.reduce(0) { $0 + Self.size(of: $1) }
        }
        let size: Int
        switch node {
        case .set, .edge: size = 1
        case .sequence(let parts): size = total(parts)
        case .alternatives(let branches): size = total(branches) + 2 * branches.count
        case .repetition(let body, let atLeast, let atMost, _):
            let one = Self.size(of: body) + 1
            size = one * (atMost ?? atLeast + 1) + 2
        case .atomic(let body), .look(let body, _, _): size = Self.size(of: body) + 2
        }
        // Nested repetitions multiply beyond any number.
        return min(size, RegularExpression.instructionLimit + 1)
    }

    private mutating func add(_ instruction: Instruction) { instructions.append(instruction) }

    private mutating func compile(_ node: RegularExpressionNode) {
        switch node {
        case .set(let set): add(.take(set))
        case .edge(let edge): add(.edge(edge))
        case .sequence(let parts): for part in parts { compile(part) }
        case .alternatives(let branches): add(alternatives: branches)
        case .repetition(let body, let atLeast, let atMost, let prefersFewer):
            for _ in 0..<atLeast { compile(body) }
            addRest(body, atMost.map { $0 - atLeast }, prefersFewer)
        case .atomic(let body):
            addAlone(body) { .atomic(next: $0) }
        case .look(let body, let isAhead, let isNegated):
            addAlone(body) { .look(isAhead: isAhead, isNegated: isNegated, next: $0) }
        }
    }

    private mutating func add(
        alternatives branches: [RegularExpressionNode]
    ) {
        var ends: [Int] = []
        for branch in branches.dropLast() {
            let split = instructions.count
            add(.accept)
            compile(branch)
            ends.append(instructions.count)
            add(.accept)
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = branches.last { compile(last) }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    /// What may come behind the repetitions that must: so many more, or any number.
    private mutating func addRest(
        _ body: RegularExpressionNode, _ count: Int?, _ prefersFewer: Bool
    ) {
        func split(_ more: Int, _ end: Int) -> Instruction {
            prefersFewer ? .split(end, more) : .split(more, end)
        }
        guard let count else {
            let start = instructions.count
            add(.accept)
            compile(body)
            add(.jump(start))
            instructions[start] = split(start + 1, instructions.count)
            return
        }
        var starts: [Int] = []
        for _ in 0..<count {
            starts.append(instructions.count)
            add(.accept)
            compile(body)
        }
        for start in starts { instructions[start] = split(start + 1, instructions.count) }
    }

    private mutating func addAlone(
        _ body: RegularExpressionNode, _ instruction: (Int) -> Instruction
    ) {
        let start = instructions.count
        add(.accept)
        compile(body)
        add(.accept)
        instructions[start] = instruction(instructions.count)
    }
}
