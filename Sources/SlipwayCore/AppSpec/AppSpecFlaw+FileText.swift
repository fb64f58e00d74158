/// What is wrong with the file as a whole, in words.
extension AppSpecFlaw {
    var fileText: (String, String?, String?) {
        switch self {
        case .tooLarge(let byteLimit):
            ("the file is larger than \(byteLimit >> 10) KiB", nil, "check the path")
        case .tooManyValues(let limit):
            ("the file has more than \(limit) values", nil, "check the path")
        case .notUTF8:
            ("the file is not UTF-8", "YAML of the agent is UTF-8", "save it as UTF-8")
        case .syntax(let detail):
            (
                "it is not valid YAML: \(shown(detail))", nil,
                "mend the line, or the one above it; indent with spaces only, and quote values "
                    + "that begin with *, @, %, & or a backquote"
            )
        case .empty:
            (
                "the file is empty", nil,
                "begin with version: 0.0 and os: linux, then files: and hooks:"
            )
        case .byteOrderMark:
            (
                "the file begins with a byte order mark",
                "the agent takes it for an indentation, and all keys but the first are lost",
                "save it as UTF-8 without a byte order mark (BOM)"
            )
        case .severalDocuments:
            (
                "the file holds several YAML documents", "agent 1.8 reads the first and no other",
                "remove the line --- and what belongs to another document"
            )
        case .duplicateKey(let key):
            (
                "the key \(shown(key)) stands here again", "at most the last of them counts",
                "remove or join one of them"
            )
        case .alias(let name):
            (
                "the alias *\(shown(name)) is used",
                "the agent's YAML reader refuses aliases (Ruby 3.1 and later)",
                "write the value out; put a pattern that begins with * in quotation marks"
            )
        case .date(let text):
            (
                "\(shown(text)) is a date to YAML",
                "the agent's YAML reader refuses dates (Ruby 3.1 and later)",
                "put it in quotation marks"
            )
        case .tag(let tag, let value):
            (
                value.map { "\(shown($0)) is not what its tag \(shown(tag)) says" }
                    ?? "the YAML tag \(shown(tag)) is used",
                "the agent's YAML reader makes no such object", "remove the tag"
            )
        case .mergeKey:
            (
                "the merge key << is used", "agent 1.8 merges it, agent 2.0 ignores it",
                "write the values out"
            )
        case .otherPlatform(let platform):
            (
                "this is an AppSpec for \(platform), not for instances",
                "slipway deploys to instances (EC2 and on-premises), whose AppSpec has os: and "
                    + "files:",
                "give the application root of a server application, or deploy this with the AWS CLI"
            )
        case .notAppSpecMapping(let found):
            (
                "the file is \(phrase(found)), not a mapping", nil,
                "write keys with colons: version: 0.0, os: linux, files:, hooks:"
            )
        case .fileName(let name):
            (
                "the file's name is \(shown(name))",
                "for its scripts the agent looks for appspec.yml, in exactly this spelling",
                "rename it: git mv \(shown(name)) appspec.yml"
            )
        case .secondFile(let name):
            (
                "\(shown(name)) is ignored", "appspec.yml beside it is the one that counts",
                "remove it, or move what it says into appspec.yml"
            )
        case .missingFile(let name, let found):
            (
                "there is no file \(shown(name))",
                found.map { "there is \(shown($0)), which the agent does not find" }
                    ?? "the agent finds out what to do in it",
                found.map { "git mv \(shown($0)) appspec.yml, or set the application root" }
                    ?? "write one, or point application_root at the folder that has it"
            )
        default: ("", nil, nil)
        }
    }
}
