/// An entry of a POSIX access control list, such as `user:deploy:rwx`. AppSpec key: `acls`.
package struct AccessControlEntry: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable { case user, group, mask, other }

    package struct Access: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let read = Access(rawValue: 4)
        package static let write = Access(rawValue: 2)
        package static let execute = Access(rawValue: 1)
    }

    /// For what is made in a folder later; a file cannot have one.
    package let isDefault: Bool
    package let kind: Kind
    /// Empty for a mask, for others, and for the owner in a default entry.
    package let name: String
    package let access: Access

    package init(isDefault: Bool, kind: Kind, name: String, access: Access) {
        self.isDefault = isDefault
        self.kind = kind
        self.name = name
        self.access = access
    }

    /// Parses an entry as an agent of a generation does: 1.8 takes two to four parts, of which a
    /// name alone means a user; 2.0 takes `[default:]type:name:access`.
    package init(
        _ text: String, agent: AgentGeneration
    ) throws(AccessControlEntryError) {
        switch agent {
        case .v18: try self.init(parts: Self.parts(text), text)
        case .v20: try self.init(strictParts: Self.parts(text), text)
        }
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }

    private init(parts: [String], _ text: String) throws(AccessControlEntryError) {
        guard (2...4).contains(parts.count) else { throw .partCount(parts.count) }
        var isDefault = false
        var kind: Kind?
        if parts.count == 4 {
            guard Self.meansDefault(parts[0]) else { throw .firstPart(parts[0]) }
            isDefault = true
        }
        if parts.count >= 3 {
            let word = parts[parts.count - 3]
            if Self.meansDefault(word) {
                if isDefault { throw .firstPart(word) }
                isDefault = true
            } else {
                guard let found = Self.kind(word) else { throw .kind(word) }
                kind = found
            }
        }
        // Where no type stands before it, a lone `m` or `o` is the type and not a name.
        let word = parts[parts.count - 2]
        let wordKind = Self.kind(word).flatMap { $0 == .mask || $0 == .other ? $0 : nil }
        if let wordKind, kind == nil {
            self.kind = wordKind
            name = ""
        } else {
            self.kind = kind ?? .user
            name = wordKind?.rawValue ?? word
        }
        self.isDefault = isDefault
        if self.kind == .mask || self.kind == .other, !name.isEmpty {
            throw .nameOnNameless(self.kind)
        }
        if !isDefault, self.kind != .mask, name.isEmpty { throw .baseEntry(self.kind) }
        access = try Self.access(parts[parts.count - 1])
    }

    private init(strictParts parts: [String], _ text: String) throws(AccessControlEntryError) {
        guard (3...4).contains(parts.count) else { throw .partCount(parts.count) }
        isDefault = Self.meansDefault(parts[0])
        let start = isDefault ? 1 : 0
        guard parts.count - start >= 3 else { throw .partCount(parts.count) }
        access = try Self.access(parts[start + 2])
        guard let kind = Self.kind(parts[start]) else { throw .kind(parts[start]) }
        self.kind = kind
        name = parts[start + 1]
        switch kind {
        case .user, .group: if !isDefault, name.isEmpty { throw .baseEntry(kind) }
        case .mask, .other: if !name.isEmpty { throw .nameOnNameless(kind) }
        }
    }

    private static func meansDefault(_ word: String) -> Bool { word == "d" || word == "default" }

    private static func kind(_ word: String) -> Kind? {
        switch word {
        case "u", "user": .user
        case "g", "group": .group
        case "m", "mask": .mask
        case "o", "other": .other
        default: nil
        }
    }

    /// One digit of 0 to 7, or any of `rwx-` in any order and number.
    private static func access(_ text: String) throws(AccessControlEntryError) -> Access {
        let scalars = Array(text.unicodeScalars)
        if scalars.count == 1, ("0"..."7").contains(scalars[0]) {
            return Access(rawValue: UInt8(scalars[0].value - 0x30))
        }
        var access: Access = []
        for scalar in scalars {
            switch scalar {
            case "r": access.insert(.read)
            case "w": access.insert(.write)
            case "x": access.insert(.execute)
            case "-": break
            default: throw .access(scalar)
            }
        }
        return access
    }

    /// As `setfacl` takes it: `default:user:deploy:rw-`.
    package var description: String {
        let letters = [
            access.contains(.read) ? "r" : "-", access.contains(.write) ? "w" : "-",
            access.contains(.execute) ? "x" : "-",
        ]
        return (isDefault ? "default:" : "") + "\(kind.rawValue):\(name):\(letters.joined())"
    }
}

/// Why a text is no entry of an access control list.
package enum AccessControlEntryError: Error, Equatable, Sendable {
    case partCount(Int)
    /// The first of four parts is not `d` or `default`, or it stands twice.
    case firstPart(String)
    case kind(String)
    /// A mask and others have no name.
    case nameOnNameless(AccessControlEntry.Kind)
    /// The owner's, the group's and others' own access is the mode's business.
    case baseEntry(AccessControlEntry.Kind)
    case access(Unicode.Scalar)
}
