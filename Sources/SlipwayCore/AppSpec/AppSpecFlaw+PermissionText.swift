/// What is wrong with the values of `permissions`, in words.
extension AppSpecFlaw {
    var permissionText: (String, String?, String?) {
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
}
