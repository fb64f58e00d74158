package import SlipwayCore

/// Why a file or folder cannot hold what only its owner may read.
package enum PrivateFileError: Error, Equatable, Sendable {
    case missing(path: String)
    case exists(path: String)
    /// `mode` has bits that `allowed` has not.
    case widePermissions(path: String, mode: UInt32, allowed: UInt32)
    /// Somebody else could swap what is in the folder.
    case folderWritableByOthers(path: String, mode: UInt32)
    case symbolicLink(path: String)
    case severalLinks(path: String, count: Int)
    case notRegularFile(path: String)
    case notAFolder(path: String)
    case foreignOwner(path: String, userID: UInt32)
    case tooLarge(path: String, byteLimit: Int)
    /// Another process is making or replacing a store in the folder.
    case locked(path: String, seconds: Int)
    /// What the system said: the operation and its `errno`.
    case system(operation: String, path: String, code: Int32, message: String)
}

extension PrivateFileError: ProblemReporting {
    package var exitStatus: ExitStatus {
        // A name that is taken is a wrong name; everything else stands in the way of the store.
        if case .exists = self { .configuration } else { .store }
    }

    package var problems: [Problem] { [problem] }

    private var problem: Problem {
        switch self {
        case .missing(let path):
            Problem(
                code: "file-missing", "there is no file at \(path)",
                fix: "check the path", file: path)
        case .exists(let path):
            Problem(
                code: "file-exists", "\(path) exists already",
                why: "slipway never writes over a file that it did not make",
                fix: "name another file, or move this one away", file: path)
        case .widePermissions(let path, let mode, let allowed):
            Problem(
                code: "wide-permissions",
                "\(path) has mode \(octal(mode)): others than its owner can use it",
                why: "what protects the secrets must not be readable by anybody else",
                fix: "chmod \(octal(allowed)) \(shellWord(path))", file: path)
        case .folderWritableByOthers(let path, let mode):
            Problem(
                code: "wide-permissions",
                "the folder \(path) has mode \(octal(mode)): others can swap the files in it",
                why: "whoever can swap the file decides what slipway trusts",
                fix: "chmod go-w \(shellWord(path))", file: path)
        case .symbolicLink(let path):
            Problem(
                code: "symbolic-link", "\(path) is a symbolic link",
                why: "a link can be turned to another file between two looks",
                fix: "name the file itself", file: path)
        case .severalLinks(let path, let count):
            Problem(
                code: "several-links", "\(path) has \(count) hard links",
                why: "the same file can be changed through another name",
                fix: "copy it to a file of its own with mode 0600", file: path)
        case .notRegularFile(let path):
            Problem(
                code: "not-a-file", "\(path) is not a regular file", fix: "name a file", file: path)
        case .notAFolder(let path):
            Problem(
                code: "not-a-folder", "\(path) is not a folder",
                fix: "name a path whose folders are folders", file: path)
        case .foreignOwner(let path, let userID):
            Problem(
                code: "foreign-owner", "\(path) belongs to another user (uid \(userID))",
                why: "its owner can change it at any time",
                fix: "run slipway as that user, or make a file of your own", file: path)
        case .tooLarge(let path, let byteLimit):
            Problem(
                code: "file-too-large", "\(path) is larger than \(byteLimit) bytes",
                fix: "check that it is the file you mean", file: path)
        case .locked(let path, let seconds):
            Problem(
                code: "folder-locked",
                "another process kept the folder \(path) for \(seconds) seconds",
                why: "a store in it is being made, backed up or restored",
                fix: "wait for that to end, then try again", file: path)
        case .system(let operation, let path, _, let message):
            Problem(
                code: "file-system", "cannot \(operation) \(path): \(message)",
                fix: "check the path and your permissions", file: path)
        }
    }
}

/// A mode as people write it: `0600`.
func octal(_ mode: UInt32) -> String {
    let digits = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
