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

    /// Throws where counted repetitions make it too large.
    init(_ node: RegularExpressionNode) throws(RegularExpressionError) {
        try compile(node)
        try add(.accept)
    }

    private mutating func add(_ instruction: Instruction) throws(RegularExpressionError) {
        guard instructions.count < RegularExpression.instructionLimit else {
            throw .tooLarge(instructionLimit: RegularExpression.instructionLimit)
        }
        instructions.append(instruction)
    }

    private mutating func compile(_ node: RegularExpressionNode) throws(RegularExpressionError) {
        switch node {
        case .set(let set): try add(.take(set))
        case .edge(let edge): try add(.edge(edge))
        case .sequence(let parts): for part in parts { try compile(part) }
        case .alternatives(let branches): try add(alternatives: branches)
        case .repetition(let body, let atLeast, let atMost, let prefersFewer):
            for _ in 0..<atLeast { try compile(body) }
            try addRest(body, atMost.map { $0 - atLeast }, prefersFewer)
        case .atomic(let body):
            try addAlone(body) { .atomic(next: $0) }
        case .look(let body, let isAhead, let isNegated):
            try addAlone(body) { .look(isAhead: isAhead, isNegated: isNegated, next: $0) }
        }
    }

    private mutating func add(
        alternatives branches: [RegularExpressionNode]
    ) throws(RegularExpressionError) {
        var ends: [Int] = []
        for branch in branches.dropLast() {
            let split = instructions.count
            try add(.accept)
            try compile(branch)
            ends.append(instructions.count)
            try add(.accept)
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = branches.last { try compile(last) }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    /// What may come behind the repetitions that must: so many more, or any number.
    private mutating func addRest(
        _ body: RegularExpressionNode, _ count: Int?, _ prefersFewer: Bool
    ) throws(RegularExpressionError) {
        func split(_ more: Int, _ end: Int) -> Instruction {
            prefersFewer ? .split(end, more) : .split(more, end)
        }
        guard let count else {
            let start = instructions.count
            try add(.accept)
            try compile(body)
            try add(.jump(start))
            instructions[start] = split(start + 1, instructions.count)
            return
        }
        var starts: [Int] = []
        for _ in 0..<count {
            starts.append(instructions.count)
            try add(.accept)
            try compile(body)
        }
        for start in starts { instructions[start] = split(start + 1, instructions.count) }
    }

    private mutating func addAlone(
        _ body: RegularExpressionNode, _ instruction: (Int) -> Instruction
    ) throws(RegularExpressionError) {
        let start = instructions.count
        try add(.accept)
        try compile(body)
        try add(.accept)
        instructions[start] = instruction(instructions.count)
    }
}
