import ArgumentParser
import KeyVault
import ProjectStore
import SlipwayCore

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the store, what opens it, and a project's keys and settings.",
        discussion: """
            Changes nothing and reads no AWS key.

            Example:
              slipway doctor --project acme/shop
            """)

    @OptionGroup var project: ProjectOption
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        var checks: [Check] = []
        if let store = Self.opened(store, &checks) {
            checks.append(Self.file(store))
            checks.append(Self.writing(self.store))
            checks += Self.unlocking(store)
            checks.append(contentsOf: projectChecks(store))
        }
        let console = Services.current.console
        if output.json {
            try console.json(["checks": .array(checks.map(\.json))])
        } else {
            for check in checks { try check.show(on: console) }
        }
        if let failed = checks.first(where: { $0.outcome == .failed }) {
            throw EarlyExit(failed.status)
        }
    }

    private static func opened(_ options: StoreOptions, _ checks: inout [Check]) -> ProjectStore? {
        do {
            let store = try options.open(.read)
            let info = try store.info()
            checks.append(
                .passed("store", "\(store.path), \(counted(info.projectCount, "project"))"))
            return store
        } catch {
            checks.append(.failed("store", error))
            return nil
        }
    }

    private static func file(_ store: ProjectStore) -> Check {
        do {
            if let complaint = try store.integrityComplaint() {
                return .failed("file", StoreError.damaged(path: store.path, detail: complaint))
            }
            return .passed("file", "SQLite finds nothing wrong with it")
        } catch {
            return .failed("file", error)
        }
    }

    private static func writing(_ options: StoreOptions) -> Check {
        do {
            try options.open(.write).checkWritable()
            return .passed("writing", "the store can be changed")
        } catch {
            return .failed("writing", error)
        }
    }

    private static func unlocking(_ store: ProjectStore) -> [Check] {
        let source: UnlockSource
        do {
            source = try store.unlock()
        } catch is Cancelled {
            return [
                Check(
                    name: "unlocker", outcome: .unknown, detail: "no passphrase was given",
                    fix: "run it again and type the passphrase")
            ]
        } catch {
            return [.failed("unlocker", error)]
        }
        let unlocker = Check.passed("unlocker", "opens with \(source)")
        do {
            guard case .intact(let count, _) = try store.verifyAudit() else {
                throw StoreError.auditBroken(path: store.path)
            }
            return [
                unlocker, .passed("audit log", "\(counted(count, "row")), none missing or changed"),
            ]
        } catch {
            return [unlocker, .failed("audit log", error)]
        }
    }

    private func projectChecks(_ store: ProjectStore) -> [Check] {
        let name: ProjectName
        do {
            name = try project.resolve()
        } catch let error as UsageProblem {
            return [
                Check(
                    name: "project", outcome: .unknown, detail: error.problems[0].message,
                    fix: error.problems[0].fix)
            ]
        } catch {
            return [.failed("project", error)]
        }
        do {
            _ = try store.project(name)
        } catch {
            return [.failed("project", error)]
        }
        return [.passed("project", name.rawValue), keys(name, store)] + settings(name, store)
    }

    private func keys(_ project: ProjectName, _ store: ProjectStore) -> Check {
        do {
            let keys = try store.keysSummary(of: project)
            let age = keys.savedAt.age(at: Services.current.now())
            if keys.accessKeyID.isTemporary, !keys.hasSessionToken {
                return Check(
                    name: "AWS keys", outcome: .failed,
                    detail: "\(keys.accessKeyID) is of temporary keys, and there is no token",
                    fix: "slipway keys set \(keys.accessKeyID) --session-token --project \(project)"
                )
            }
            return .passed("AWS keys", "\(keys.accessKeyID), saved \(age) ago")
        } catch {
            return .failed("AWS keys", error)
        }
    }

    private func settings(_ project: ProjectName, _ store: ProjectStore) -> [Check] {
        do {
            let all = try store.settings(in: project)
            guard !all.isEmpty else {
                return [
                    Check(
                        name: "settings", outcome: .unknown, detail: "no application has defaults",
                        fix: "circle.yml must say everything, or: slipway settings set APPLICATION")
                ]
            }
            return all.map { version in
                let missing = ApplicationSettings.Field.allCases
                    .filter { version.settings?[$0] == nil }.map(\.rawValue)
                return .passed(
                    "settings of \(version.application)",
                    missing.isEmpty
                        ? "complete" : "circle.yml must say \(missing.joined(separator: ", "))")
            }
        } catch {
            return [.failed("settings", error)]
        }
    }
}

/// One thing that the doctor looked at.
private struct Check {
    enum Outcome: String { case passed, failed, unknown }

    let name: String
    let outcome: Outcome
    let detail: String
    var why: String?
    var fix: String?
    var status = ExitStatus.configuration

    static func passed(_ name: String, _ detail: String) -> Check {
        Check(name: name, outcome: .passed, detail: detail)
    }

    static func failed(_ name: String, _ error: any Error) -> Check {
        guard let report = error as? any ProblemReporting, let problem = report.problems.first
        else {
            return Check(
                name: name, outcome: .failed, detail: String(describing: type(of: error)),
                status: .store)
        }
        return Check(
            name: name, outcome: .failed, detail: problem.message, why: problem.why,
            fix: problem.fix, status: report.exitStatus)
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
