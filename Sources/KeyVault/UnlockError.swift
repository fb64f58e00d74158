package import PrivateFiles
package import SlipwayCore

/// Why a store cannot be opened. Carries ids and paths, never a key.
package enum UnlockError: Error, Equatable, Sendable {
    /// No source has the key of any of the store's unlockers.
    case noUnlocker(
        store: [Unlocker], defaultKeyFile: String, strayDefault: UnlockerID?, canAsk: Bool)
    /// A source that is set holds a key, but of no unlocker of this store.
    case notAnUnlocker(UnlockSource, id: UnlockerID, store: [Unlocker])
    /// A source that is set holds no key.
    case malformed(UnlockSource)
    /// A variable names a file that is none or is not to be trusted.
    case variableNamesNoKeyFile(String, PrivateFileError)
    /// An unlock key stands where the name of a key file should.
    case keyAsFileName
    case wrongPassphrase(UnlockerID)
    case noSuchPassphrase(UnlockerID?, store: [Unlocker])
    case severalPassphrases([Unlocker])
    /// The row of the unlocker was changed: its check value or its wrapped key does not fit.
    case damagedUnlocker(UnlockerID)
}

extension UnlockError: ProblemReporting {
    package var exitStatus: ExitStatus { .store }

    package var problems: [Problem] { [problem] }

    private var problem: Problem {
        switch self {
        case .noUnlocker(let unlockers, let defaultKeyFile, let stray, let canAsk):
            Self.noUnlocker(unlockers, defaultKeyFile, stray, canAsk: canAsk)
        case .notAnUnlocker(let source, let id, let unlockers):
            Problem(
                code: "not-an-unlocker", "\(source) holds the key \(id), which opens another store",
                why: "this store has the unlockers \(Self.list(unlockers))",
                fix: "give the key of one of them, or unset the source")
        case .malformed(let source):
            Problem(
                code: "malformed-unlock-key", "\(source) does not hold an unlock key",
                why: "an unlock key is 32 bytes in base64: 44 characters on one line",
                fix: "copy the key file's whole content again, or unset the source")
        case .variableNamesNoKeyFile(let name, let error):
            Self.naming(name, error)
        case .keyAsFileName:
            Problem(
                code: "key-as-file-name", "that is an unlock key, not the name of a key file",
                fix: "give the file's path; a key itself goes into SLIPWAY_UNLOCK_KEY")
        case .wrongPassphrase(let id):
            Problem(
                code: "wrong-passphrase", "that is not the passphrase of unlocker \(id)",
                fix: "try again, or open the store with another unlocker")
        case .noSuchPassphrase(let id, let unlockers):
            Problem(
                code: "no-such-unlocker",
                id.map { "this store has no unlocker \($0)" }
                    ?? "this store has no passphrase",
                why: "this store has the unlockers \(Self.list(unlockers))",
                fix: "slipway store unlockers list")
        case .severalPassphrases(let unlockers):
            Problem(
                code: "several-passphrases", "this store has several passphrases",
                why: "they are \(Self.list(unlockers)); trying one after the other is not safe",
                fix: "say which with --unlocker ID")
        case .damagedUnlocker(let id):
            Problem(
                code: "damaged-unlocker", "the row of unlocker \(id) was changed",
                why: "its check value or its wrapped key does not belong to the key",
                fix: "slipway store unlockers remove \(id), opened with another, and add it anew")
        }
    }

    private static func naming(_ variable: String, _ error: PrivateFileError) -> Problem {
        var problem = error.problems[0]  // A file's error is always one problem.
        problem.message = "\(variable): \(problem.message)"
        return problem
    }

    private static func noUnlocker(
        _ unlockers: [Unlocker], _ defaultKeyFile: String, _ stray: UnlockerID?, canAsk: Bool
    ) -> Problem {
        var why = "it has the unlockers \(list(unlockers))"
        if let stray { why += "; the key file \(defaultKeyFile) holds another key, \(stray)" }
        var ways: [String] = []
        if unlockers.contains(where: { !$0.isPassphrase }) {
            ways.append("name the key file with SLIPWAY_UNLOCK_KEY_FILE")
            if stray == nil { ways.append("put it at \(defaultKeyFile)") }
        }
        if unlockers.contains(where: \.isPassphrase), !canAsk {
            ways.append("run it on a terminal, which can ask for the passphrase")
            ways.append("give the passphrase with --passphrase-fd")
        }
        let fix = ways.isEmpty ? "type the passphrase when asked" : ways.joined(separator: ", or ")
        return Problem(
            code: "no-unlocker", "no unlocker of this store is at hand", why: why, fix: fix)
    }

    private static func list(_ unlockers: [Unlocker]) -> String {
        guard !unlockers.isEmpty else { return "(none)" }
        return unlockers.map { "\($0.id) (\(UntrustedText($0.label)))" }.joined(separator: ", ")
    }
}
