import PrivateFiles
package import SlipwayCore

/// A way to open a store: what its row says. Holds no secret in the clear.
package struct Unlocker: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// 32 random bytes, wherever they are kept.
        case key
        case passphrase(cost: ScryptCost, salt: [UInt8])
    }

    package let id: UnlockerID
    package let kind: Kind
    /// What its maker called it, for lists.
    package let label: String
    package let publicKey: [UInt8]
    package let checkValue: [UInt8]

    package init(
        id: UnlockerID, kind: Kind, label: String, publicKey: [UInt8], checkValue: [UInt8]
    ) {
        self.id = id
        self.kind = kind
        self.label = label
        self.publicKey = publicKey
        self.checkValue = checkValue
    }

    package var isPassphrase: Bool { kind != .key }
}

/// Where unlock keys are looked for: the environment and the disk of one machine.
package struct UnlockSources: Sendable, CustomStringConvertible, CustomReflectable {
    private let environment: [String: String]
    private let defaultKeyFile: String
    /// The id of the unlocker to use, where a store has several passphrases.
    private let preferred: UnlockerID?
    /// A passphrase given by a file descriptor rather than on the terminal.
    private let givenPassphrase: SecretBytes?
    /// Asks on the terminal; nil where there is none.
    private let askPassphrase: (@Sendable (_ prompt: String) throws -> SecretBytes)?

    package static let keyVariable = "SLIPWAY_UNLOCK_KEY"
    package static let keyFileVariable = "SLIPWAY_UNLOCK_KEY_FILE"
    package static let credentialName = "slipway-unlock-key"

    package init(
        environment: [String: String], defaultKeyFile: String, preferred: UnlockerID? = nil,
        givenPassphrase: SecretBytes? = nil,
        askPassphrase: (@Sendable (_ prompt: String) throws -> SecretBytes)? = nil
    ) {
        self.environment = environment
        self.defaultKeyFile = defaultKeyFile
        self.preferred = preferred
        self.givenPassphrase = givenPassphrase
        self.askPassphrase = askPassphrase
    }

    package var description: String { "[redacted]" }
    /// The environment may hold the key: it is not for a dump.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// An unlock key and where it came from.
    package struct Found: Sendable {
        package let key: UnlockKey
        package let source: UnlockSource
    }

    /// The key that opens a store with these unlockers.
    ///
    /// A source that is set is used or is an error: the variables and the systemd credential must
    /// each hold the key of one of the unlockers, and the first of them is used, unless the command
    /// line gave a passphrase or named an unlocker. Without them the default key file is used where
    /// its key is one of the store's, then a passphrase.
    package func key(for unlockers: [Unlocker], store: StoreID) throws -> Found {
        let explicit = try explicitKeys()
        for found in explicit { try check(found, among: unlockers, store: store) }
        // What the command line says wins over the environment.
        if let givenPassphrase {
            return try passphraseKey(among: unlockers, store: store) { _ in givenPassphrase }
        }
        if let preferred { return try preferredKey(preferred, explicit, unlockers, store) }
        if let first = explicit.first { return first }
        let atDefault = try defaultKey()
        if let atDefault, unlockers.contains(where: { $0.id == atDefault.key.id }) {
            try check(atDefault, among: unlockers, store: store)
            return atDefault
        }
        if unlockers.contains(where: \.isPassphrase), let askPassphrase {
            return try passphraseKey(among: unlockers, store: store, ask: askPassphrase)
        }
        throw UnlockError.noUnlocker(
            store: unlockers, defaultKeyFile: defaultKeyFile, strayDefault: atDefault?.key.id,
            canAsk: askPassphrase != nil)
    }

    /// The keys for a store that is about to be made: those that are set, else that of the default
    /// key file, which is made where there is none.
    package func keyForNewStore() throws -> Found {
        guard givenPassphrase == nil, preferred == nil else {
            throw UnlockError.noSuchPassphrase(preferred, store: [])
        }
        if let first = try explicitKeys().first { return first }
        let key = try KeyFile.readOrCreate(at: defaultKeyFile).key
        return Found(key: key, source: .keyFile(defaultKeyFile))
    }

    /// The unlocker that the command line names, from wherever its key is.
    private func preferredKey(
        _ id: UnlockerID, _ explicit: [Found], _ unlockers: [Unlocker], _ store: StoreID
    ) throws -> Found {
        guard let unlocker = unlockers.first(where: { $0.id == id }) else {
            throw UnlockError.noSuchPassphrase(id, store: unlockers)
        }
        if unlocker.isPassphrase, let askPassphrase {
            return try passphraseKey(among: unlockers, store: store, ask: askPassphrase)
        }
        let atDefault = try defaultKey()
        guard
            let found = (explicit + [atDefault].compactMap(\.self)).first(where: { $0.key.id == id }
            )
        else {
            throw UnlockError.noUnlocker(
                store: [unlocker], defaultKeyFile: defaultKeyFile, strayDefault: atDefault?.key.id,
                canAsk: askPassphrase != nil)
        }
        try check(found, among: unlockers, store: store)
        return found
    }

    private func explicitKeys() throws -> [Found] {
        var found: [Found] = []
        if let text = environment[Self.keyVariable] {
            guard let key = KeyFile.parse(SecretBytes(copying: Array(text.utf8))) else {
                throw UnlockError.malformed(.variable(Self.keyVariable))
            }
            found.append(Found(key: key, source: .variable(Self.keyVariable)))
        }
        if let path = environment[Self.keyFileVariable] {
            do {
                found.append(Found(key: try KeyFile.read(path), source: .keyFile(path)))
            } catch let error as PrivateFileError {
                throw UnlockError.variableNamesNoKeyFile(Self.keyFileVariable, error)
            }
        }
        if let folder = environment["CREDENTIALS_DIRECTORY"] {
            let path = folder + "/" + Self.credentialName
            if try PrivateFile.exists(path) {
                let key = try KeyFile.read(path, trust: .credential)
                found.append(Found(key: key, source: .credential(path)))
            }
        }
        return found
    }

    private func defaultKey() throws -> Found? {
        guard try PrivateFile.exists(defaultKeyFile) else { return nil }
        return Found(key: try KeyFile.read(defaultKeyFile), source: .keyFile(defaultKeyFile))
    }

    private func check(_ found: Found, among unlockers: [Unlocker], store: StoreID) throws {
        guard let unlocker = unlockers.first(where: { $0.id == found.key.id }) else {
            throw UnlockError.notAnUnlocker(found.source, id: found.key.id, store: unlockers)
        }
        guard found.key.checkValue(store: store) == unlocker.checkValue,
            found.key.publicHalf.publicKey == unlocker.publicKey
        else { throw UnlockError.damagedUnlocker(unlocker.id) }
    }

    private func passphraseKey(
        among unlockers: [Unlocker], store: StoreID, ask: (String) throws -> SecretBytes
    ) throws -> Found {
        let candidates = unlockers.filter {
            $0.isPassphrase && (preferred == nil || $0.id == preferred)
        }
        guard let unlocker = candidates.first,
            case .passphrase(let cost, let salt) = unlocker.kind
        else {
            throw UnlockError.noSuchPassphrase(preferred, store: unlockers)
        }
        guard candidates.count == 1 else { throw UnlockError.severalPassphrases(candidates) }
        let passphrase = try ask("Passphrase of unlocker \(unlocker.id) (\(unlocker.label)): ")
        let key = UnlockKey(passphrase: passphrase, cost: cost, salt: salt)
        guard key.checkValue(store: store) == unlocker.checkValue else {
            throw UnlockError.wrongPassphrase(unlocker.id)
        }
        return Found(key: key, source: .passphrase(unlocker.id))
    }
}

/// Where an unlock key came from.
package enum UnlockSource: Equatable, Sendable, CustomStringConvertible {
    case variable(String)
    case keyFile(String)
    case credential(String)
    case passphrase(UnlockerID)

    package var description: String {
        switch self {
        case .variable(let name): "the variable \(name)"
        case .keyFile(let path): "the key file \(path)"
        case .credential(let path): "the systemd credential \(path)"
        case .passphrase(let id): "the passphrase of unlocker \(id)"
        }
    }
}
