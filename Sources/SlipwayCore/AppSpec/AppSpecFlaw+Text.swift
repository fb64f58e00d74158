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
}

/// Text of the file as a message may show it: escaped, and not endless.
func shown(_ text: String) -> String {
    let short = text.count > 80 ? String(text.prefix(77)) + "…" : text
    return short.isEmpty ? "\"\"" : UntrustedText(short).escaped
}

func phrase(_ kind: AppSpecFlaw.ValueKind) -> String {
    switch kind {
    case .nothing: "empty"
    case .text: "a text"
    case .number: "a number"
    case .boolean: "true or false"
    case .list: "a list"
    case .mapping: "a mapping"
    }
}
