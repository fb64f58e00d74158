/// What is wrong, where, why and what to do: the one shape in which errors and warnings are shown
/// by a command, a screen or `--json`.
package struct Problem: Error, Equatable, Sendable {
    package enum Severity: String, Sendable { case error, warning }

    package var severity: Severity
    package var file: String?
    /// Counted from 1.
    package var line: Int?
    /// Counted from 1, in characters.
    package var column: Int?
    /// A short kebab-case name that tests and scripts can match.
    package var code: String
    /// What is wrong: one line, without a full stop.
    package var message: String
    package var why: String?
    /// What to do: a command or an edit.
    package var fix: String?

    package init(
        _ severity: Severity = .error, code: String, _ message: String, why: String? = nil,
        fix: String? = nil, file: String? = nil, line: Int? = nil, column: Int? = nil
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.code = code
        self.message = message
        self.why = why
        self.fix = fix
    }

    /// `circle.yml:9:13`, as far as it is known.
    package var place: String? {
        guard let file else { return nil }
        return [file, line.map(String.init), column.map(String.init)]
            .compactMap(\.self).joined(separator: ":")
    }

    /// Whether its place in the file comes before another's.
    package func precedes(_ other: Problem) -> Bool {
        (line ?? 0, column ?? 0) < (other.line ?? 0, other.column ?? 0)
    }

    package var json: JSONValue {
        [
            "severity": .string(severity.rawValue),
            "file": JSONValue(file), "line": JSONValue(line), "column": JSONValue(column),
            "code": .string(code), "message": .string(message),
            "why": JSONValue(why), "fix": JSONValue(fix),
        ]
    }
}

/// An error that knows what to tell people: one or several problems and the exit status.
package protocol ProblemReporting: Error {
    /// In the order of the thing that is wrong. At least one.
    var problems: [Problem] { get }
    var exitStatus: ExitStatus { get }
}

extension Problem: ProblemReporting {
    package var problems: [Problem] { [self] }
    package var exitStatus: ExitStatus { .configuration }
}
