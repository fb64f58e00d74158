/// What can be wrong with an AppSpec, with the facts and without the words.
///
/// A path reads like `hooks.BeforeInstall[2].timeout`, entries counted from 1.
package enum AppSpecFlaw: Equatable, Sendable {
    // The file.
    case tooLarge(byteLimit: Int)
    case tooManyValues(limit: Int)
    case notUTF8
    case syntax(String)
    case empty
    /// Some editors write it; all keys but the first are then lost, unless luck has it.
    case byteOrderMark
    case severalDocuments
    case duplicateKey(String)
    case alias(String)
    case date(String)
    case tag(String, value: String?)
    case mergeKey
    /// Lambda or ECS.
    case otherPlatform(String)
    case notAppSpecMapping(found: ValueKind)
    case fileName(String)
    case secondFile(String)
    case missingFile(String, insteadFound: String?)

    // Any value.
    case wrongType(path: String, found: ValueKind, expected: String)
    case unknownKey(path: String, key: String, nearest: String?)
    /// A key that tutorials teach and that the agent ignores.
    case ignoredKey(path: String, key: String, instead: String)
    case readDifferently(path: String, text: String, old: String)

    // Single keys.
    case version(String?)
    case os(String?, nearest: String?)
    case fileExistsBehavior(String, nearest: String?)
    case unknownEvent(String, nearest: String?)
    case eventWithoutScripts(LifecycleEvent)
    /// The event is one, but its scripts never run.
    case unscriptableEvent(LifecycleEvent)
    case missing(path: String, entry: String)
    case emptyText(path: String)
    case timeout(path: String, text: String)
    case timeoutNotInteger(path: String, text: String)
    /// Agent 2.0 knows `true` and `false` alone.
    case notBoolean(path: String, text: String)
    case timeoutTooLong(path: String, seconds: Int)
    case eventTooLong(LifecycleEvent, seconds: Int)
    case permissionsOnWindows
    case objectType(path: String, text: String, nearest: String?)
    case noObjectTypes(path: String)
    case mode(path: String, text: String, read: String, FileModeError)
    case modeReadDifferently(path: String, text: String, old: FileMode, new: FileMode)
    case shortMode(path: String, text: String, mode: FileMode)
    case acl(path: String, text: String, AccessControlEntryError)
    case range(path: String, text: String, SELinuxRangeError)
    case numericOwner(path: String, text: String)
    /// Some snapshots of agent 2.0 refuse it while parsing.
    case patternWithFiles(path: String)
    /// The same of a default access entry.
    case defaultEntryWithFiles(path: String)
    case relativeDestination(String)
    case numberAsPath(path: String, text: String)

    // Against a tree.
    case scriptMissing(location: String, event: LifecycleEvent, hint: ScriptHint?)
    case scriptOutside(location: String)
    case scriptIsFolder(location: String)
    case scriptPathUnquoted(location: String, Unicode.Scalar)
    case scriptNotExecutable(location: String)
    case scriptWithoutInterpreter(location: String)
    case scriptInterpreterLineEnding(location: String, interpreter: String)
    case scriptLineEndings(location: String)
    case scriptByteOrderMark(location: String)
    case scriptEmpty(location: String)
    case sourceMissing(String, hasWildcard: Bool)
    case sourceOutside(String)
    case destinationTwice(destination: String, source: String, otherSource: String, otherLine: Int)
    case fileAndFolder(destination: String, otherLine: Int)
    case patternOnFile(object: String)
    case defaultEntryOnFile(object: String, file: String)
    case permissionTwice(file: String, otherLine: Int)
    case permissionMatchesNothing(object: String)
    case numericOwnerOnFile(path: String, text: String)

    /// What kind of value stands somewhere.
    package enum ValueKind: String, Sendable {
        case nothing, text, number, boolean, list, mapping
    }

    package enum ScriptHint: Equatable, Sendable {
        /// The part before a space is there.
        case arguments(script: String)
        /// An absolute path is taken from the revision's root.
        case absolute
        /// The file is there under a name with other capitals.
        case otherCase(String)
    }

    /// A short kebab-case name that tests and scripts can match.
    package var code: String {
        switch self {
        case .tooLarge: "appspec-too-large"
        case .tooManyValues: "appspec-too-many-values"
        case .notUTF8: "not-utf-8"
        case .syntax: "yaml-syntax"
        case .empty: "empty-file"
        case .byteOrderMark: "byte-order-mark"
        case .severalDocuments: "several-documents"
        case .duplicateKey: "duplicate-key"
        case .alias: "yaml-alias"
        case .date: "yaml-date"
        case .tag: "yaml-tag"
        case .mergeKey: "yaml-merge-key"
        case .otherPlatform: "other-platform"
        case .notAppSpecMapping: "not-a-mapping"
        case .fileName: "appspec-name"
        case .secondFile: "second-appspec"
        case .missingFile: "appspec-missing"
        case .wrongType: "wrong-type"
        case .unknownKey: "unknown-key"
        case .ignoredKey: "ignored-key"
        case .readDifferently: "read-differently"
        case .version: "version"
        case .os: "os"
        case .fileExistsBehavior: "file-exists-behavior"
        case .unknownEvent: "unknown-event"
        case .eventWithoutScripts: "event-without-scripts"
        case .unscriptableEvent: "unscriptable-event"
        case .missing: "missing-key"
        case .emptyText: "empty-value"
        case .timeout: "timeout"
        case .timeoutNotInteger: "timeout-not-integer"
        case .notBoolean: "not-boolean"
        case .timeoutTooLong, .eventTooLong: "timeout-too-long"
        case .permissionsOnWindows: "permissions-on-windows"
        case .objectType: "object-type"
        case .noObjectTypes: "no-object-types"
        case .mode: "mode"
        case .modeReadDifferently: "mode-read-differently"
        case .shortMode: "short-mode"
        case .acl: "acl"
        case .range: "selinux-range"
        case .numericOwner, .numericOwnerOnFile: "numeric-owner"
        case .patternWithFiles: "pattern-with-files"
        case .defaultEntryWithFiles: "default-acl-with-files"
        case .relativeDestination: "relative-destination"
        case .numberAsPath: "number-as-path"
        case .scriptMissing: "script-missing"
        case .scriptOutside: "script-outside"
        case .scriptIsFolder: "script-is-folder"
        case .scriptPathUnquoted: "script-path-unquoted"
        case .scriptNotExecutable: "script-not-executable"
        case .scriptWithoutInterpreter: "script-without-interpreter"
        case .scriptInterpreterLineEnding: "script-interpreter-crlf"
        case .scriptLineEndings: "script-crlf"
        case .scriptByteOrderMark: "script-byte-order-mark"
        case .scriptEmpty: "script-empty"
        case .sourceMissing: "source-missing"
        case .sourceOutside: "source-outside"
        case .destinationTwice: "destination-twice"
        case .fileAndFolder: "file-and-folder"
        case .patternOnFile: "pattern-on-file"
        case .defaultEntryOnFile: "default-acl-on-file"
        case .permissionTwice: "permission-twice"
        case .permissionMatchesNothing: "permission-matches-nothing"
        }
    }
}
