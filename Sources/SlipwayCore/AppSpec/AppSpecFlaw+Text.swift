extension AppSpecFlaw {
    /// What is wrong, why that is so, and what to do; all that comes from the file is escaped.
    package var text: (message: String, why: String?, fix: String?) {
        switch self {
        case .tooLarge, .tooManyValues, .notUTF8, .syntax, .empty, .byteOrderMark,
            .severalDocuments, .duplicateKey, .alias, .date, .tag, .mergeKey, .otherPlatform,
            .notAppSpecMapping, .fileName, .secondFile, .missingFile:
            fileText
        case .scriptMissing, .scriptOutside, .scriptIsFolder, .scriptPathUnquoted,
            .scriptNotExecutable, .scriptWithoutInterpreter, .scriptInterpreterLineEnding,
            .scriptLineEndings, .scriptByteOrderMark, .scriptEmpty:
            scriptText
        case .sourceMissing, .sourceOutside, .destinationTwice, .fileAndFolder, .patternOnFile,
            .defaultEntryOnFile, .permissionTwice, .permissionMatchesNothing, .numericOwnerOnFile:
            installText
        default: valueText
        }
    }

    // MARK: - The file

    private var fileText: (String, String?, String?) {
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

    // MARK: - Values

    private var valueText: (String, String?, String?) {
        switch self {
        case .wrongType(let path, let found, let expected):
            (
                "\(shown(path)) is \(phrase(found)), not \(expected)", nil,
                "write \(expected)"
                    + (expected.contains("list") ? ", each entry on a line with -" : "")
            )
        case .unknownKey(let path, let key, let nearest):
            (
                "\(shown(path)) has the unknown key \(shown(key))", "the agent ignores it",
                nearest.map { "did you mean \($0)?" } ?? "remove it"
            )
        case .ignoredKey(let path, let key, let instead):
            (
                "\(shown(path)) has the key \(shown(key))", "the agent ignores it there",
                instead
            )
        case .readDifferently(let path, let text, let old):
            (
                "\(shown(path)) is \(shown(text)) without quotation marks",
                "agent 1.8 reads it as \(shown(old)), agent 2.0 as \(shown(text))",
                "put it in quotation marks"
            )
        case .version(let text):
            (
                text.map { "the version is \(shown($0))" } ?? "there is no version",
                "the only version is the number 0.0", "write version: 0.0, without quotation marks"
            )
        case .os(let text, let nearest):
            (
                text.map { "the os is \(shown($0))" } ?? "there is no os",
                "it is linux or windows, in small letters",
                nearest.map { "write os: \($0)" } ?? "write os: linux"
            )
        case .fileExistsBehavior(let text, let nearest):
            (
                "file_exists_behavior is \(shown(text))",
                "it is DISALLOW, OVERWRITE or RETAIN, in capitals",
                nearest.map { "write file_exists_behavior: \($0)" } ?? "write one of them"
            )
        case .unknownEvent(let name, let nearest):
            (
                "there is no lifecycle event \(shown(name)) that could be hooked",
                ["BlockTraffic", "AllowTraffic"].contains(name)
                    ? "the load balancer's own events run no scripts"
                    : "its scripts would never run",
                nearest.map { "did you mean \($0)?" }
                    ?? "use one of "
                    + LifecycleEvent.known.filter(\.runsScripts).map(\.rawValue)
                    .joined(separator: ", ")
            )
        case .eventWithoutScripts(let event):
            (
                "\(shown(event.rawValue)) has no scripts", "nothing runs at this event",
                "give it a list with a location each, or remove it"
            )
        case .unscriptableEvent(let event):
            (
                "scripts of \(event) never run", "at this event the agent itself works",
                event == .install
                    ? "hook BeforeInstall or AfterInstall" : "hook BeforeInstall"
            )
        case .missing(let path, let entry):
            (
                "\(shown(entry)) has no \(shown(path))", nil, "add \(shown(path)): to it"
            )
        case .emptyText(let path):
            ("\(shown(path)) is empty", nil, "write a value")
        case .timeout(let path, let text):
            (
                "\(shown(path)) is \(shown(text)), not a number of seconds over 0", nil,
                "write whole seconds, for example timeout: 300"
            )
        case .timeoutNotInteger(let path, let text):
            (
                "\(shown(path)) is \(shown(text)), not a plain whole number", nil,
                "write whole seconds without quotation marks, unit or leading zero: timeout: 300"
            )
        case .notBoolean(let path, let text):
            (
                "\(shown(path)) is \(shown(text)), not true or false", nil,
                "write true or false, without quotation marks"
            )
        case .timeoutTooLong(let path, let seconds):
            (
                "\(shown(path)) is \(seconds) seconds",
                "the service ends a lifecycle event after 3600 seconds, all its scripts together",
                "write at most 3600"
            )
        case .eventTooLong(let event, let seconds):
            (
                "the scripts of \(event) may take \(seconds) seconds together",
                "the service ends a lifecycle event after 3600 seconds, all its scripts together",
                "give them shorter timeouts"
            )
        case .permissionsOnWindows:
            (
                "there are permissions, and the os is windows", "only linux has permissions",
                "remove permissions:, and set access lists in a script of AfterInstall"
            )
        case .objectType(let path, let text, let nearest):
            (
                "\(shown(path)) names the type \(shown(text))", "it is file or directory",
                nearest.map { "did you mean \($0)?" } ?? "write type: [file, directory]"
            )
        case .noObjectTypes(let path):
            (
                "\(shown(path)) is empty", "the entry applies to nothing",
                "leave type out for files and folders, or name one"
            )
        case .patternWithFiles(let path):
            (
                "\(shown(path)) has a pattern or an exception, and applies to files too",
                "where the object is a file, Install fails; some builds of agent 2.0 refuse it "
                    + "always",
                "write type: [directory], or name the file itself as object without a pattern"
            )
        case .defaultEntryWithFiles(let path):
            (
                "\(shown(path)) has a default entry, and the entry applies to files too",
                "Install fails where a file matches; some builds of agent 2.0 refuse it always",
                "write type: [directory]"
            )
        case .numberAsPath(let path, let text):
            (
                "\(shown(path)) is the number \(shown(text))",
                "agent 1.8 wants a text here, and may fail at Install", "put it in quotation marks"
            )
        case .relativeDestination(let destination):
            (
                "the destination \(shown(destination)) is relative",
                "it is taken from the agent's own working directory", "begin it with /"
            )
        default: permissionText
        }
    }

    private var permissionText: (String, String?, String?) {
        switch self {
        case .mode(let path, let text, let read, let error):
            (
                "\(shown(path)) is \(shown(text)), which is no mode",
                [
                    read == text ? nil : "YAML reads it as the number \(shown(read))",
                    error == .tooLong
                        ? "a mode has at most four digits" : "a mode has the digits 0 to 7",
                ].compactMap(\.self).joined(separator: "; "),
                "write it in quotation marks: mode: "
                    + ((try? FileMode(agentDigits: text)).map { "\"\($0)\"" } ?? "\"0644\"")
            )
        case .modeReadDifferently(let path, let text, let old, let new):
            (
                "\(shown(path)) is \(shown(text)) without quotation marks",
                "agent 1.8 sets the mode \(old), agent 2.0 the mode \(new): YAML reads a number "
                    + "with a leading zero as octal",
                "write it in quotation marks: mode: \"\(new)\""
            )
        case .shortMode(let path, let text, let mode):
            (
                text.isEmpty
                    ? "\(shown(path)) is empty" : "\(shown(path)) is only \(shown(text))",
                "the agent sets the mode \(mode)", "write three or four digits: mode: \"0644\""
            )
        case .acl(let path, let text, let error):
            (
                "\(shown(path)) is \(shown(text)), which is no access control entry",
                Self.why(error), "write it like user:deploy:rwx, default:group:web:r-x or mask::rx"
            )
        case .range(let path, let text, let error):
            (
                "\(shown(path)) is \(shown(text)), which is no SELinux range", Self.why(error),
                "write it like s0 or s0-s1:c0.c5,c10"
            )
        case .numericOwner(let path, let text):
            (
                "\(shown(path)) is the number \(shown(text))",
                "the agent wants a name: Install fails where the entry applies to a file",
                "write the name of the user or group"
            )
        default: ("", nil, nil)
        }
    }

    private static func why(_ error: AccessControlEntryError) -> String {
        switch error {
        case .partCount(let count):
            "it has \(count == 1 ? "one part" : "\(count) parts") between colons"
        case .firstPart(let word): "\(shown(word)) is not default"
        case .kind(let word): "\(shown(word)) is not user, group, mask or other"
        case .nameOnNameless(let kind): "\(kind.rawValue) takes no name"
        case .baseEntry(let kind):
            "the access of \(kind == .other ? "others" : "the owning \(kind.rawValue)") "
                + "is set by mode"
        case .access(let scalar):
            "\"\(shown(String(scalar)))\" is not r, w, x, - or one digit of 0 to 7"
        }
    }

    private static func why(_ error: SELinuxRangeError) -> String {
        switch error {
        case .missingPart: "a part of it is missing"
        case .level(let text): "\(shown(text)) is not s and a number"
        case .category(let text):
            "\(shown(text)) is not c and a number up to \(SELinuxRange.categoryLimit)"
        case .reversed: "it counts backwards"
        case .overlap: "a category stands in it twice"
        }
    }

    // MARK: - Scripts

    private var scriptText: (String, String?, String?) {
        switch self {
        case .scriptMissing(let location, let event, let hint):
            switch hint {
            case nil:
                (
                    "the script \(shown(location)) of \(shown(event.rawValue)) is missing", nil,
                    "add it, or mend the location: it is counted from the application root"
                )
            case .arguments(let script):
                (
                    "the script \(shown(location)) of \(shown(event.rawValue)) is missing",
                    "a location is one path: it takes no arguments",
                    "write location: \(shown(script)), and put the arguments into the script"
                )
            case .absolute:
                (
                    "the script \(shown(location)) of \(shown(event.rawValue)) is missing",
                    "a leading / means the revision's root, not the instance's",
                    "add a script to the revision that runs \(shown(location))"
                )
            case .otherCase(let name):
                (
                    "the script \(shown(location)) of \(shown(event.rawValue)) is missing",
                    "capitals count, and there is \(shown(name))", "write location: \(shown(name))"
                )
            }
        case .scriptOutside(let location):
            (
                "the script \(shown(location)) lies outside the revision",
                "only what is under the application root is there on the instance",
                "move it under the application root"
            )
        case .scriptIsFolder(let location):
            (
                "the script \(shown(location)) is a folder", "it cannot be run",
                "name the file in it"
            )
        case .scriptPathUnquoted(let location, let scalar):
            (
                "the path of the script \(shown(location)) has "
                    + (scalar == " " ? "a space" : "\"\(shown(String(scalar)))\"") + " in it",
                "the agent puts it into a command line without quotation marks",
                "rename it with letters, digits and . _ - only"
            )
        case .scriptNotExecutable(let location):
            (
                "the script \(shown(location)) is not executable",
                "the agent makes it so, where it may",
                "chmod +x \(shown(location)); git update-index --chmod=+x \(shown(location))"
            )
        case .scriptWithoutInterpreter(let location):
            (
                "the script \(shown(location)) does not begin with #!",
                "sh runs it, whatever it is written in", "begin it with #!/bin/bash or its like"
            )
        case .scriptInterpreterLineEnding(let location, let interpreter):
            (
                "the first line of \(shown(location)) ends with a carriage return (CRLF)",
                "the kernel looks for an interpreter called \(shown(interpreter))\\r",
                "save it with LF line ends, and add to .gitattributes: *.sh text eol=lf"
            )
        case .scriptLineEndings(let location):
            (
                "\(shown(location)) has lines that end with a carriage return (CRLF)",
                "the shell takes it for a part of the last word",
                "save it with LF line ends, and add to .gitattributes: *.sh text eol=lf"
            )
        case .scriptByteOrderMark(let location):
            (
                "\(shown(location)) begins with a byte order mark",
                "its first line is then no #! line and no command",
                "save it as UTF-8 without a byte order mark (BOM)"
            )
        case .scriptEmpty(let location):
            ("the script \(shown(location)) is empty", "it does nothing, and succeeds", nil)
        default: ("", nil, nil)
        }
    }

    // MARK: - Files

    private var installText: (String, String?, String?) {
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

/// Text of the file as a message may show it: escaped, and not endless.
private func shown(_ text: String) -> String {
    let short = text.count > 80 ? String(text.prefix(77)) + "…" : text
    return short.isEmpty ? "\"\"" : UntrustedText(short).escaped
}

private func phrase(_ kind: AppSpecFlaw.ValueKind) -> String {
    switch kind {
    case .nothing: "empty"
    case .text: "a text"
    case .number: "a number"
    case .boolean: "true or false"
    case .list: "a list"
    case .mapping: "a mapping"
    }
}
