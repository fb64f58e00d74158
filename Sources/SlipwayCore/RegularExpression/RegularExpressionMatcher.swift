/// Runs a program on one text: every instruction at most once at every place.
struct RegularExpressionMatcher {
    private let instructions: [RegularExpressionProgram.Instruction]
    private let scalars: [Unicode.Scalar]
    /// How many steps are left.
    private(set) var budget: Int
    /// Where what is tried on its own ended, by instruction and place; -1 where it does not match.
    private var ends: [Int: Int] = [:]

    init(_ program: RegularExpressionProgram, _ text: String, budget: Int) {
        instructions = program.instructions
        // They were made for this text.
        self.budget = budget - program.instructions.count
        scalars = Array(text.unicodeScalars)
    }

    mutating func matchesWhole() throws(RegularExpression.TooManySteps) -> Bool {
        try run(0..<instructions.count, at: 0, to: scalars.count) != nil
    }

    /// Runs some of the instructions, the last of which accepts.
    ///
    /// Returns where the first way that leads to the end, or to anywhere, ends.
    private mutating func run(
        _ range: Range<Int>, at start: Int, to end: Int?
    ) throws(RegularExpression.TooManySteps) -> Int? {
        let width = scalars.count + 1
        let wordCount = (range.count * width + 63) / 64
        try count(wordCount)
        var visited = [UInt64](repeating: 0, count: wordCount)
        var pending = [(instruction: range.lowerBound, place: start)]
        while let (instruction, place) = pending.popLast() {
            try count(1)
            let bit = (instruction - range.lowerBound) * width + place
            guard visited[bit >> 6] & 1 << (bit & 63) == 0 else { continue }
            visited[bit >> 6] |= 1 << (bit & 63)
            switch instructions[instruction] {
            case .take(let set):
                if place < scalars.count, set.contains(scalars[place]) {
                    pending.append((instruction + 1, place + 1))
                }
            case .jump(let target): pending.append((target, place))
            case .split(let first, let second):
                pending.append((second, place))
                pending.append((first, place))
            case .edge(let edge):
                if isAt(edge, place) { pending.append((instruction + 1, place)) }
            case .look(let isAhead, let isNegated, let next):
                let body = instruction + 1..<next
                let isThere =
                    try isAhead
                    ? endOf(body, place) != nil : isBehind(body, place)
                if isThere != isNegated { pending.append((next, place)) }
            case .atomic(let next):
                if let end = try endOf(instruction + 1..<next, place) {
                    pending.append((next, end))
                }
            case .accept: if end == nil || end == place { return place }
            }
        }
        return nil
    }

    /// Where instructions that are tried on their own end; nil where they do not match.
    private mutating func endOf(
        _ body: Range<Int>, _ place: Int
    ) throws(RegularExpression.TooManySteps) -> Int? {
        let key = body.lowerBound * (scalars.count + 1) + place
        if let known = ends[key] { return known < 0 ? nil : known }
        let end = try run(body, at: place, to: nil)
        ends[key] = end ?? -1
        return end
    }

    /// Whether something that ends at a place matches.
    private mutating func isBehind(
        _ body: Range<Int>, _ place: Int
    ) throws(RegularExpression.TooManySteps) -> Bool {
        let key = body.lowerBound * (scalars.count + 1) + place
        if let known = ends[key] { return known >= 0 }
        var isThere = false
        for start in (0...place).reversed() where !isThere {
            isThere = try run(body, at: start, to: place) != nil
        }
        ends[key] = isThere ? place : -1
        return isThere
    }

    private func isAt(_ edge: RegularExpressionNode.Edge, _ place: Int) -> Bool {
        func isWord(_ index: Int) -> Bool {
            scalars.indices.contains(index) && ScalarSet.word.contains(scalars[index])
        }
        return switch edge {
        case .start: place == 0
        case .end: place == scalars.count
        case .word: isWord(place - 1) != isWord(place)
        case .noWord: isWord(place - 1) == isWord(place)
        }
    }

    private mutating func count(_ steps: Int) throws(RegularExpression.TooManySteps) {
        budget -= steps
        guard budget >= 0 else { throw .init() }
    }
}
