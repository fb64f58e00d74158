/// What is wrong with a value, in words.
extension AppSpecFlaw {
    var valueText: (String, String?, String?) {
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
}
