import ArgumentParser
import ConfigurationFiles
import KeyVault
import ProjectStore
import SlipwayCore

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the store, what opens it, and a project's keys and settings.",
        discussion: """
            Changes nothing, here and in AWS. Asks AWS whose the keys are, and looks at the \
            application, its groups and the bucket, if the keys may; --offline does not.

            Example:
              slipway doctor --project acme/shop
            """)

    @Flag(help: "Ask AWS nothing, and read no AWS key.")
    var offline = false
    @OptionGroup var project: ProjectOption
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        var checks: [DoctorCheck] = []
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

    private static func opened(_ options: StoreOptions, _ checks: inout [DoctorCheck])
        -> ProjectStore?
    {
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

    private static func file(_ store: ProjectStore) -> DoctorCheck {
        do {
            if let complaint = try store.integrityComplaint() {
                return .failed("file", StoreError.damaged(path: store.path, detail: complaint))
            }
            return .passed("file", "SQLite finds nothing wrong with it")
        } catch {
            return .failed("file", error)
        }
    }

    private static func writing(_ options: StoreOptions) -> DoctorCheck {
        do {
            try options.open(.write).checkWritable()
            return .passed("writing", "the store can be changed")
        } catch {
            return .failed("writing", error)
        }
    }

    private static func unlocking(_ store: ProjectStore) -> [DoctorCheck] {
        let source: UnlockSource
        do {
            source = try store.unlock()
        } catch is Cancelled {
            return [
                DoctorCheck(
                    name: "unlocker", outcome: .unknown, detail: "no passphrase was given",
                    fix: "run it again and type the passphrase")
            ]
        } catch {
            return [.failed("unlocker", error)]
        }
        let unlocker = DoctorCheck.passed("unlocker", "opens with \(source)")
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

    private func projectChecks(_ store: ProjectStore) -> [DoctorCheck] {
        let name: ProjectName
        do {
            name = try project.resolve()
        } catch let error as UsageProblem {
            return [
                DoctorCheck(
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
            + (offline ? [] : onAWS(name, store))
    }

    /// What AWS says; nothing where there are no AWS keys to ask with, which was said.
    private func onAWS(_ project: ProjectName, _ store: ProjectStore) -> [DoctorCheck] {
        let keys: AWSKeys
        do {
            keys = try AWSKeys(of: project, in: self.store, for: "doctor")
        } catch let problem as Problem where problem.code == "no-keys" {
            return []
        } catch {
            return [.failed("AWS", error)]
        }
        // That the project has none of its own was said.
        let hasOwn = (try? store.keysSummary(of: project)) != nil
        let source = keys.notice.flatMap { notice in
            hasOwn ? DoctorCheck.unknown("AWS keys", notice.message) : nil
        }
        let sections =
            (try? PlanReport.readFile(in: Services.current.repository.root()).sections) ?? []
        let settings = ((try? store.settings(in: project)) ?? [])
            .compactMap { version in version.settings.map { (version.application, $0) } }
        let subjects = DoctorOnAWS.Subject.all(
            sections, Dictionary(settings, uniquingKeysWith: { $1 }))
        let doctor = DoctorOnAWS(keys.pair, Services.current.aws, subjects)
        let checks = (try? waiting { await doctor.checks() }) ?? []
        return (source.map { [$0] } ?? []) + checks
    }

    private func keys(_ project: ProjectName, _ store: ProjectStore) -> DoctorCheck {
        do {
            let keys = try store.keysSummary(of: project)
            let age = keys.savedAt.age(at: Services.current.now())
            if keys.accessKeyID.isTemporary, !keys.hasSessionToken {
                return DoctorCheck(
                    name: "AWS keys", outcome: .failed,
                    detail: "\(keys.accessKeyID) is of temporary keys, and there is no token",
                    fix: "slipway keys set \(keys.accessKeyID) --session-token --project \(project)"
                )
            }
            return .passed("AWS keys", "\(keys.accessKeyID), saved \(age) ago")
        } catch StoreError.noKeys where AWSKeys.areInEnvironment {
            return .passed("AWS keys", "the environment's: \(project) has none in the store")
        } catch {
            return .failed("AWS keys", error)
        }
    }

    private func settings(_ project: ProjectName, _ store: ProjectStore) -> [DoctorCheck] {
        do {
            let all = try store.settings(in: project)
            guard !all.isEmpty else {
                return [
                    DoctorCheck(
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
