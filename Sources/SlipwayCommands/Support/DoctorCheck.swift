import SlipwayCore

/// One thing that the doctor looked at.
struct DoctorCheck: Sendable {
    enum Outcome: String { case passed, failed, unknown }

    let name: String
    let outcome: Outcome
    let detail: String
    var why: String?
    var fix: String?
    var status = ExitStatus.configuration

    static func passed(_ name: String, _ detail: String) -> DoctorCheck {
        DoctorCheck(name: name, outcome: .passed, detail: detail)
    }

    static func unknown(_ name: String, _ detail: String, fix: String? = nil) -> DoctorCheck {
        DoctorCheck(name: name, outcome: .unknown, detail: detail, fix: fix)
    }

    static func failed(_ name: String, _ error: any Error) -> DoctorCheck {
        guard let report = error as? any ProblemReporting, let problem = report.problems.first
        else {
            return DoctorCheck(
                name: name, outcome: .failed, detail: String(describing: type(of: error)),
                status: .store)
        }
        return DoctorCheck(
            name: name, outcome: .failed, detail: problem.message, why: problem.why,
            fix: problem.fix, status: report.exitStatus)
    }

    /// What an error of AWS says of a thing: that it is not there, or only that one may not look or
    /// could not ask, which says nothing of it.
    static func asked(_ name: String, _ error: any Error) -> DoctorCheck {
        guard let failure = error as? any AWSFailure, let problem = failure.problems.first else {
            return .failed(name, error)
        }
        switch failure.meaning {
        case .missing, .badKeys: return .failed(name, error)
        default:
            var check = DoctorCheck.unknown(name, problem.message, fix: problem.fix)
            check.why = problem.why
            return check
        }
    }

    func show(on console: Console) throws {
        let mark =
            switch outcome {
            case .passed: console.isUnicode ? "\u{2713}" : "ok"
            case .failed: console.isUnicode ? "\u{2717}" : "FAIL"
            case .unknown: "?"
            }
        let padding = String(repeating: " ", count: max(1, 5 - mark.count))
        let suffix = outcome == .unknown ? "cannot tell: " : ""
        try console.line("\(mark)\(padding)\(name): \(suffix)\(detail)")
        if let why { try console.line("     why: \(why)") }
        if let fix { try console.line("     fix: \(fix)") }
    }

    var json: JSONValue {
        [
            "name": .string(name), "outcome": .string(outcome.rawValue),
            "detail": .string(detail), "why": JSONValue(why), "fix": JSONValue(fix),
        ]
    }
}
