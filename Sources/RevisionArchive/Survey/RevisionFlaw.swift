package import SlipwayCore

/// One thing in an application root that cannot be packed, or not as it is.
package enum RevisionFlaw: Equatable, Sendable {
    case nameNotUTF8(path: String)
    case nameControlCharacter(path: String)
    case nameTooLong(path: String, byteCount: Int, byteLimit: Int)
    /// Two names of one folder that some file systems, or the instance's, take for the same.
    case nameClash(path: String, other: String)
    case linkAbsolute(path: String, target: String)
    case linkLeavesRoot(path: String, target: String)
    case linkCycle(path: String, target: String)
    case linkNotUTF8(path: String)
    case unreadable(path: String, message: String)
    /// The folder was replaced while the tree was listed.
    case replaced(path: String)
    // What is packed all the same.
    case specialFile(path: String, kind: String)
    case specialPermissions(path: String)
    case namesDifferByCase(path: String, other: String)
    case linksToFolders(path: String, count: Int)

    package var isWarning: Bool {
        switch self {
        case .specialFile, .specialPermissions, .namesDifferByCase, .linksToFolders: true
        default: false
        }
    }
}

/// Everything in an application root that cannot be packed.
package struct RevisionSurveyError: Error, Equatable, Sendable {
    /// At least one.
    package let flaws: [RevisionFlaw]
    package let warnings: [RevisionFlaw]
}

extension RevisionSurveyError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }
    package var problems: [Problem] { [RevisionFlaw].problems(flaws + warnings) }
}

extension [RevisionFlaw] {
    /// As many as a person reads, and how many more there are.
    package static func problems(_ flaws: [RevisionFlaw]) -> [Problem] {
        let limit = 50
        var problems = flaws.prefix(limit).map(\.problem)
        if let severity = problems.last?.severity, flaws.count > limit {
            problems.append(
                Problem(
                    severity, code: "more-problems",
                    "and \(flaws.count - limit) more problems of files"))
        }
        return problems
    }
}

extension RevisionFlaw {
    package var problem: Problem {
        switch self {
        case .nameNotUTF8(let path):
            problem(
                "name-not-utf8", path, "the name \(shown(path)) is not UTF-8",
                why: "the names in a revision are UTF-8, and the instance would get another one",
                fix: "rename it")
        case .nameControlCharacter(let path):
            problem(
                "name-control-character", path,
                "the name \(shown(path)) has a control character",
                why: "the agent's unzip drops it, and the file would get another name",
                fix: "rename it")
        case .nameTooLong(let path, let byteCount, let byteLimit):
            problem(
                "name-too-long", path,
                "a path has \(byteCount) bytes: \(shown(String(path.prefix(60))))...",
                why: "more than \(byteLimit) do not fit below the agent's own folder",
                fix: "shorten it")
        case .nameClash(let path, let other):
            problem(
                "name-clash", path, "\(shown(path)) and \(shown(other)) have the same name",
                why: "they differ only in how their characters are written, and one would "
                    + "overwrite the other",
                fix: "rename one of them")
        case .linkAbsolute(let path, let target):
            problem(
                "link-absolute", path,
                "the symbolic link \(shown(path)) leads to the absolute path \(shown(target))",
                why: "what is there on this machine is not part of the revision",
                fix: "make it relative, or put the file itself there")
        case .linkLeavesRoot(let path, let target):
            problem(
                "link-leaves-root", path,
                "the symbolic link \(shown(path)) leaves the application root: \(shown(target))",
                why: "what it leads to is not part of the revision",
                fix: "put the file itself there")
        case .linkCycle(let path, let target):
            problem(
                "link-cycle", path,
                "the symbolic link \(shown(path)) leads in a circle: \(shown(target))",
                why: "the agent follows links to folders, and would not come to an end",
                fix: "remove it")
        case .linkNotUTF8(let path):
            problem(
                "link-not-utf8", path,
                "the target of the symbolic link \(shown(path)) is not UTF-8",
                why: "no file of a revision can have such a name", fix: "remove it")
        case .unreadable(let path, let message):
            problem(
                "unreadable", path, "cannot read \(shown(path)): \(message)",
                fix: "check its permissions")
        case .replaced(let path):
            problem(
                "changed-while-read", path, "\(shown(path)) was replaced while it was listed",
                fix: "let nothing write to the application root meanwhile, and try again")
        case .specialFile(let path, let kind):
            problem(
                "special-file", path, "\(shown(path)) is \(kind), and is left out",
                why: "a revision holds files, folders and symbolic links")
        case .specialPermissions(let path):
            problem(
                "special-permissions", path,
                "\(shown(path)) will not have its set-user-ID or set-group-ID bit",
                why: "the agent's unzip drops it", fix: "set it in a hook")
        case .namesDifferByCase(let path, let other):
            problem(
                "names-differ-by-case", path,
                "\(shown(path)) and \(shown(other)) differ only by case",
                why: "Windows and macOS take them for one file")
        case .linksToFolders(let path, let count):
            problem(
                "link-to-folder", path,
                count == 1
                    ? "the symbolic link \(shown(path)) leads to a folder"
                    : "\(count) symbolic links lead to folders, the first is \(shown(path))",
                why: "where files: copies it, the agent makes a folder of its own of it")
        }
    }

    private func problem(
        _ code: String, _ path: String, _ message: String, why: String? = nil, fix: String? = nil
    ) -> Problem {
        Problem(
            isWarning ? .warning : .error, code: code, message, why: why, fix: fix,
            file: shown(path))
    }

    private func shown(_ text: String) -> String { UntrustedText(text).escaped }
}

/// A name for people, bytes that are no UTF-8 as `\xE9`.
func shownName(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
        // A character is at most four bytes; the shortest prefix that is one.
        let character = (1...4).lazy.compactMap { count in
            String(validating: rest.prefix(count), as: UTF8.self)
        }.first
        if let character {
            text += character
            rest = rest.dropFirst(character.utf8.count)
        } else {
            let hex = String(first, radix: 16, uppercase: true)
            text += "\\x" + (hex.count == 1 ? "0" : "") + hex
            rest = rest.dropFirst()
        }
    }
    return text
}
