extension AppSpec {
    /// An entry of `permissions:`: what to change on files that this deployment copies.
    package struct Permission: Equatable, Sendable {
        /// AppSpec key: `type`.
        package enum ObjectType: String, Sendable, CaseIterable { case file, directory }

        /// The pattern that matches at every depth, and the default.
        package static let everything = "**"

        /// A file that is copied, or a folder; never empty.
        package let object: String
        /// Matches names directly in the object, only `*` being special; ``everything`` matches at
        /// every depth.
        package let pattern: String
        /// Patterns of direct names that are left out.
        package let except: [String]
        /// Empty where the file says `[]`: the entry then applies to nothing.
        package let types: [ObjectType]
        package let owner: Account?
        package let group: Account?
        package let mode: FileMode?
        /// Nil leaves access control lists alone; an empty list does not.
        package let acls: [AccessControlEntry]?
        package let context: SELinuxContext?
        /// Where the object stands.
        package let place: Place

        package init(
            object: String, pattern: String = everything, except: [String] = [],
            types: [ObjectType] = ObjectType.allCases, owner: Account? = nil, group: Account? = nil,
            mode: FileMode? = nil, acls: [AccessControlEntry]? = nil,
            context: SELinuxContext? = nil, place: Place
        ) {
            self.object = object
            self.pattern = pattern
            self.except = except
            self.types = types
            self.owner = owner
            self.group = group
            self.mode = mode
            self.acls = acls
            self.context = context
            self.place = place
        }

        /// Whether a name directly in the object matches a pattern, in which only `*` is special.
        package static func name(_ name: String, matches pattern: String) -> Bool {
            let name = Array(name.unicodeScalars)
            let pattern = Array(pattern.unicodeScalars)
            var position = 0
            var index = 0
            // Where to go on when what follows the last star turns out not to match.
            var retry: (pattern: Int, name: Int)?
            while position < name.count {
                if index < pattern.count, pattern[index] == "*" {
                    retry = (index + 1, position)
                    index += 1
                } else if index < pattern.count, pattern[index] == name[position] {
                    index += 1
                    position += 1
                } else if let last = retry {
                    retry = (last.pattern, last.name + 1)
                    index = last.pattern
                    position = last.name + 1
                } else {
                    return false
                }
            }
            return pattern[index...].allSatisfy { $0 == "*" }
        }
    }

    /// A user or a group.
    package enum Account: Hashable, Sendable {
        case name(String)
        /// A number, on which agent 1.8 fails at Install once it applies to a file.
        case number(String)
    }

    /// AppSpec key: `context`.
    package struct SELinuxContext: Equatable, Sendable {
        /// The SELinux user. AppSpec key: `name`; the agent ignores `user`.
        package let name: String?
        package let type: String
        package let range: SELinuxRange?

        package init(name: String?, type: String, range: SELinuxRange?) {
            self.name = name
            self.type = type
            self.range = range
        }
    }
}

/// The mode of a file or a folder.
package struct FileMode: Hashable, Sendable, CustomStringConvertible {
    /// At most 0o7777.
    package let bits: UInt16

    package init(bits: UInt16) { self.bits = bits & 0o7777 }

    /// What an agent makes of digits: at most four, 0 to 7; fewer than three are padded with zeros.
    package init(agentDigits digits: String) throws(FileModeError) {
        let scalars = Array(digits.unicodeScalars)
        guard scalars.count <= 4 else { throw .tooLong }
        var bits: UInt16 = 0
        for scalar in scalars {
            guard ("0"..."7").contains(scalar) else { throw .character(scalar) }
            bits = bits << 3 | UInt16(scalar.value - 0x30)
        }
        self.bits = bits
    }

    /// Four octal digits, such as `0644`.
    package var description: String {
        let digits = String(bits, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// Why digits are no mode.
package enum FileModeError: Error, Equatable, Sendable {
    case tooLong
    case character(Unicode.Scalar)
}
