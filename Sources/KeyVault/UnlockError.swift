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

    private static func noUnlocker(
        _ unlockers: [Unlocker], _ defaultKeyFile: String, _ stray: UnlockerID?, canAsk: Bool
    ) -> Problem {
        var why = "it has the unlockers \(list(unlockers))"
        if let stray { why += "; the key file \(defaultKeyFile) holds \(stray), of another store" }
        var fix = "put the key file at \(defaultKeyFile), or set SLIPWAY_UNLOCK_KEY_FILE"
        if unlockers.contains(where: \.isPassphrase), !canAsk {
            fix += ", or run it on a terminal, which can ask for the passphrase"
        }
        return Problem(
            code: "no-unlocker", "no unlocker of this store is at hand", why: why, fix: fix)
    }

    private static func list(_ unlockers: [Unlocker]) -> String {
        guard !unlockers.isEmpty else { return "(none)" }
        return unlockers.map { "\($0.id) (\(UntrustedText($0.label)))" }.joined(separator: ", ")
    }
}
