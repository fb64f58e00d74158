/// What is wrong with files and permissions against a tree, in words.
extension AppSpecFlaw {
    var installText: (String, String?, String?) {
        switch self {
        case .sourceMissing(let source, let hasWildcard):
            (
                "the source \(shown(source)) is missing",
                hasWildcard
                    ? "wildcards are taken literally"
                    : "it is counted from the application root",
                hasWildcard
                    ? "name the folder: all that is in it is copied" : "add it, or mend the path"
            )
        case .sourceOutside(let source):
            (
                "the source \(shown(source)) lies outside the revision",
                "only what is under the application root is there on the instance",
                "move it under the application root"
            )
        case .destinationTwice(let destination, let source, let otherSource, let otherLine):
            (
                "\(shown(source)) and \(shown(otherSource)) (line \(otherLine)) both go to "
                    + shown(destination),
                "one file cannot be written twice in a deployment",
                "remove one of the entries, or give it another destination"
            )
        case .fileAndFolder(let destination, let otherLine):
            (
                "\(shown(destination)) would be a file and a folder (line \(otherLine))", nil,
                "give one of the entries another destination"
            )
        case .patternOnFile(let object):
            (
                "the object \(shown(object)) is a file, and the entry has a pattern or an exception",
                "they select in a folder", "remove pattern and except"
            )
        case .defaultEntryOnFile(let object, let file):
            (
                "the default access entry of \(shown(object)) meets the file \(shown(file))",
                "only folders can have default entries", "write type: [directory]"
            )
        case .permissionTwice(let file, let otherLine):
            (
                "two entries of permissions apply to \(shown(file)) (the other: line \(otherLine))",
                "each file takes one", "leave it out of one of them with type or except"
            )
        case .permissionMatchesNothing(let object):
            (
                "nothing that is copied matches the object \(shown(object))",
                "permissions are set only on what this deployment copies; the object itself is "
                    + "never changed",
                "name a destination of files:, or a folder above one"
            )
        case .numericOwnerOnFile(let path, let text):
            (
                "\(shown(path)) is the number \(shown(text))", "the agent wants a name",
                "write the name of the user or group"
            )
        default: ("", nil, nil)
        }
    }
}
