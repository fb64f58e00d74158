import SlipwayCore

/// A whole access control list, made from what an AppSpec says and a mode.
struct AccessControlList: Equatable, CustomStringConvertible {
    let entries: [AccessControlEntry]

    /// Adds what the AppSpec leaves out: the base entries from the mode, a mask from the group's
    /// bits where an entry needs one, and the same for new files where there is a default entry.
    init(_ given: [AccessControlEntry], mode: UInt32) {
        func access(_ shift: UInt32) -> AccessControlEntry.Access {
            AccessControlEntry.Access(rawValue: UInt8(mode >> shift & 7))
        }
        let (owner, group, other) = (access(6), access(3), access(0))
        func entry(
            _ kind: AccessControlEntry.Kind, _ access: AccessControlEntry.Access,
            isDefault: Bool = false
        ) -> AccessControlEntry {
            AccessControlEntry(isDefault: isDefault, kind: kind, name: "", access: access)
        }
        var entries = given
        entries += [entry(.user, owner), entry(.group, group), entry(.other, other)]
        func has(_ kind: AccessControlEntry.Kind, isDefault: Bool) -> Bool {
            entries.contains { $0.isDefault == isDefault && $0.kind == kind && $0.name.isEmpty }
        }
        func hasNamed(isDefault: Bool) -> Bool {
            entries.contains { $0.isDefault == isDefault && !$0.name.isEmpty }
        }
        if hasNamed(isDefault: false), !has(.mask, isDefault: false) {
            entries.append(entry(.mask, group))
        }
        if entries.contains(where: \.isDefault) {
            if !has(.user, isDefault: true) {
                entries.append(entry(.user, owner, isDefault: true))
            }
            if !has(.group, isDefault: true) {
                entries.append(entry(.group, group, isDefault: true))
            }
            if !has(.other, isDefault: true) {
                entries.append(entry(.other, other, isDefault: true))
            }
            if hasNamed(isDefault: true), !has(.mask, isDefault: true) {
                let ofGroup = entries.first {
                    $0.isDefault && $0.kind == .group && $0.name.isEmpty
                }
                entries.append(entry(.mask, ofGroup?.access ?? group, isDefault: true))
            }
        }
        self.entries = entries
    }

    /// As `setfacl --set` takes it.
    var description: String { entries.map(\.description).joined(separator: ",") }
}
