/// What is wrong with a script, in words.
extension AppSpecFlaw {
    var scriptText: (String, String?, String?) {
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
}
