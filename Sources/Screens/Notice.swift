package import SlipwayCore
package import TextGrid

/// Something to say above the footer.
package struct Notice: Equatable, Sendable {
    package enum Kind: Sendable { case news, success, warning, failure, working }

    package let kind: Kind
    package let lines: [String]

    package init(_ kind: Kind, _ lines: String...) {
        self.kind = kind
        self.lines = lines
    }

    /// What is wrong, why, and the mend: a line each.
    package init(_ problems: [Problem]) {
        let isError = problems.contains { $0.severity == .error }
        kind = isError ? .failure : .warning
        lines = problems.flatMap { problem in
            [
                problem.message, problem.why.map { "why: \($0)" },
                problem.fix.map { "fix: \($0)" },
            ].compactMap(\.self)
        }
    }

    /// A sign that says the kind without colour.
    package var sign: String {
        switch kind {
        case .news: "•"
        case .success: "✓"
        case .warning: "!"
        case .failure: "✗"
        case .working: "↻"
        }
    }

    package var role: Role {
        switch kind {
        case .news, .working: .notice
        case .success: .succeeded
        case .warning: .warning
        case .failure: .failed
        }
    }

    /// The lines as they stand in a width, the sign before the first.
    package func wrappedLines(width: Int) -> [String] {
        lines.enumerated().flatMap { index, line in
            wrapped(line, to: max(1, width - 2)).enumerated().map { part, text in
                (index == 0 && part == 0 ? sign + " " : "  ") + text
            }
        }
    }
}
