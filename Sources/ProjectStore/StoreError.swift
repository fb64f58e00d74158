package import KeyVault
package import SlipwayCore

/// Why the store did not do what it was asked.
package enum StoreError: Error, Equatable, Sendable {
    case missing(path: String)
    case exists(path: String)
    /// A file that is no store of slipway's.
    case notAStore(path: String)
    /// Migrations that this program does not know.
    case newer(path: String, unknown: [String])
    /// A file to restore from that is no store of slipway's, or is not there.
    case notABackup(path: String, exists: Bool)
    /// A backup that is a store, but not a whole one.
    case brokenBackup(path: String, detail: String)
    case networkFileSystem(path: String, name: String)
    case damaged(path: String, detail: String)
    case busy(path: String, seconds: Int)
    case notReadable(path: String, detail: String)
    case notWritable(path: String, detail: String)
    case full(path: String)
    /// What SQLite said that none of the others covers.
    case database(path: String, detail: String)

    case unknownProject(ProjectName, nearest: String?)
    case projectExists(ProjectName)
    case unknownApplication(ApplicationName, project: ProjectName, nearest: String?)
    case unknownVersion(Int, application: ApplicationName, newest: Int)
    /// The settings were unset in that version: there is nothing to go back to.
    case emptyVersion(Int, application: ApplicationName)
    /// Somebody saved since the version that a change was made from.
    case conflict(application: ApplicationName, expected: Int, current: Int, savedBy: String)
    case keysConflict(project: ProjectName, expected: Int, current: Int)
    case noKeys(ProjectName)
    case importChanged

    case unknownUnlocker(String)
    case unlockerExists(UnlockerID)
    case lastUnlocker(UnlockerID)
    /// A sealed secret or key of the store that does not open.
    case sealBroken(String)
    /// A row of the audit log is missing or was changed.
    case auditBroken(path: String)
}

extension StoreError: ProblemReporting {
    package var exitStatus: ExitStatus { report.status }

    package var problems: [Problem] { [report.problem] }

    /// What to tell people, and whether the store is at fault or what was asked of it.
    private var report: (status: ExitStatus, problem: Problem) {
        func store(_ problem: Problem) -> (ExitStatus, Problem) { (.store, problem) }
        func request(_ problem: Problem) -> (ExitStatus, Problem) { (.configuration, problem) }
        return switch self {
        case .missing(let path):
            store(
                Problem(
                    code: "store-missing", "there is no store at \(path)",
                    fix: "slipway project add OWNER/NAME makes one; --database names another",
                    file: path))
        case .exists(let path):
            store(
                Problem(
                    code: "store-exists", "there is a store at \(path) already",
                    fix: "name another file with --database", file: path))
        case .notAStore(let path):
            store(
                Problem(
                    code: "not-a-store", "\(path) is not a slipway store",
                    why: "it does not begin as slipway's files do; it was left as it is",
                    fix: "name the store with --database or SLIPWAY_DATABASE", file: path))
        case .newer(let path, let unknown):
            store(
                Problem(
                    code: "store-newer", "\(path) was made by a newer slipway",
                    why: "it has \(unknown.joined(separator: ", ")), unknown here; "
                        + "it was left as it is",
                    fix: "install that slipway, or a later one", file: path))
        case .networkFileSystem(let path, let name):
            store(
                Problem(
                    code: "network-file-system", "\(path) is on a network file system (\(name))",
                    why: "SQLite's write-ahead log needs memory that all its users share: one host",
                    fix: "keep the store on a local disk; other hosts run slipway there", file: path
                ))
        case .damaged(let path, let detail):
            store(
                Problem(
                    code: "store-damaged", "the store \(path) is damaged",
                    why: "\(detail); it was left as it is",
                    fix: "slipway restore BACKUP brings the newest backup back", file: path))
        case .busy(let path, let seconds):
            store(
                Problem(
                    code: "store-busy", "another process kept the store for \(seconds) seconds",
                    fix: "see who has it open (lsof \(path)), then try again", file: path))
        case .notWritable(let path, let detail):
            store(
                Problem(
                    code: "store-not-writable", "the store \(path) cannot be written",
                    why: detail,
                    fix:
                        "check owner and mode of the file, of its -wal and -shm, and of its folder",
                    file: path))
        case .full(let path):
            store(
                Problem(
                    code: "disk-full", "the disk of the store \(path) is full",
                    why: "the change was not made", fix: "free some space, then try again",
                    file: path))
        case .database(let path, let detail):
            store(
                Problem(
                    code: "store-failed", "the store \(path) cannot be used",
                    why: detail, fix: "try again; slipway doctor checks the whole file", file: path)
            )
        case .sealBroken(let what):
            store(
                Problem(
                    code: "seal-broken", "\(what) does not open",
                    why: "it was changed, cut, moved from its place, or sealed under a lost key",
                    fix: "set it anew, or restore a backup"))
        case .lastUnlocker(let id):
            store(
                Problem(
                    code: "last-unlocker", "\(id) is the last unlocker of this store",
                    why: "without one nobody could open its secrets again",
                    fix: "add another first: slipway store unlockers add key-file PATH"))
        case .notABackup(let path, let exists):
            store(
                Problem(
                    code: "not-a-backup",
                    exists ? "\(path) is not a backup" : "there is no file at \(path)",
                    why: exists ? "it is no store of slipway's; nothing was restored" : nil,
                    fix: "name a file that slipway backup wrote", file: path))
        case .brokenBackup(let path, let detail):
            store(
                Problem(
                    code: "broken-backup", "the backup \(path) is not whole", why: detail,
                    fix: "restore another; nothing was restored from this one", file: path))
        case .auditBroken(let path):
            store(
                Problem(
                    code: "audit-broken", "a row of the audit log of \(path) is missing or changed",
                    why: "somebody wrote to the file directly",
                    fix: "slipway audit verify says which row", file: path))
        case .unknownProject(let name, let nearest):
            request(
                Problem(
                    code: "unknown-project", "there is no project \(shownWord(name.rawValue))",
                    fix: nearest.map { "did you mean \($0)?" }
                        ?? "slipway project list shows those there are; project add adds one"))
        case .projectExists(let name):
            request(
                Problem(
                    code: "project-exists", "there is a project \(name) already",
                    fix: "slipway project show \(name)"))
        case .unknownApplication(let name, let project, let nearest):
            request(
                Problem(
                    code: "unknown-application",
                    "\(project) has no settings for \(shownWord(name.rawValue))",
                    fix: nearest.map { "did you mean \($0)?" }
                        ?? "slipway settings list shows those that it has"))
        case .unknownVersion(let version, let application, let newest):
            request(
                Problem(
                    code: "unknown-version", "\(application) has no version \(version)",
                    why: "its newest version is \(newest)",
                    fix: "slipway settings history \(application)"))
        case .emptyVersion(let version, let application):
            request(
                Problem(
                    code: "empty-version", "version \(version) of \(application) has no settings",
                    why: "it is the version that unset them",
                    fix: "slipway settings unset \(application) does the same"))
        case .conflict(let application, let expected, let current, let savedBy):
            request(
                Problem(
                    code: "conflict",
                    "\(savedBy) saved version \(current) of \(application) meanwhile",
                    why: "the change was made from version \(expected); nothing was overwritten",
                    fix: "look at slipway settings history \(application), then save again"))
        case .keysConflict(let project, let expected, let current):
            request(
                Problem(
                    code: "conflict", "the AWS keys of \(project) were saved meanwhile",
                    why: "the change was made from version \(expected), now it is \(current)",
                    fix: "look at slipway keys show, then save again"))
        case .noKeys(let project):
            request(
                Problem(
                    code: "no-keys", "\(project) has no AWS keys",
                    fix: "slipway keys set ACCESS_KEY_ID --project \(project)"))
        case .importChanged:
            request(
                Problem(
                    code: "conflict", "the store was changed while the import was looked at",
                    why: "what would change now is not what was shown; nothing was imported",
                    fix: "run the import again"))
        case .unknownUnlocker(let id):
            request(
                Problem(
                    code: "unknown-unlocker", "this store has no unlocker \(shownWord(id))",
                    fix: "slipway store unlockers list"))
        case .unlockerExists(let id):
            request(
                Problem(
                    code: "unlocker-exists", "that key is the store's unlocker \(id) already",
                    fix: "slipway store unlockers list"))
        case .notReadable(let path, let detail):
            store(
                Problem(
                    code: "store-not-readable", "the store \(path) cannot be opened",
                    why: detail,
                    fix: "check who owns the file and its folder", file: path))
        }
    }
}
