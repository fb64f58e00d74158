/// The files of a revision: a folder, or the listing of an archive.
///
/// Paths are relative to the root, their parts joined by `/`; the root itself is the empty path.
package struct FileTree: Sendable {
    package enum Kind: Equatable, Sendable {
        case file
        case folder
        case link(to: String)
        /// A socket, a pipe, a device: never part of a revision.
        case other
    }

    package struct Entry: Equatable, Sendable {
        package let name: String
        package let kind: Kind

        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// What is at a path, links not followed; nil where there is nothing.
    package let kind: @Sendable (_ path: String) -> Kind?
    /// What is in a folder, in any order; empty where it cannot be read.
    package let entries: @Sendable (_ folder: String) -> [Entry]
    /// Whether a file may be executed by somebody.
    package let isExecutable: @Sendable (_ path: String) -> Bool
    /// The first bytes of a file, at most so many; nil where it cannot be read.
    package let head: @Sendable (_ path: String, _ byteCount: Int) -> [UInt8]?

    package init(
        kind: @escaping @Sendable (String) -> Kind?,
        entries: @escaping @Sendable (String) -> [Entry],
        isExecutable: @escaping @Sendable (String) -> Bool,
        head: @escaping @Sendable (String, Int) -> [UInt8]?
    ) {
        self.kind = kind
        self.entries = entries
        self.isExecutable = isExecutable
        self.head = head
    }

    /// No file at all.
    package static let empty = FileTree(
        kind: { _ in nil }, entries: { _ in [] }, isExecutable: { _ in false },
        head: { _, _ in nil })

    package enum Resolution: Equatable, Sendable {
        /// The path behind all links.
        case found(path: String, Kind)
        case missing
        /// The path, or a link on it, leaves the tree.
        case outside
    }

    /// What a path leads to, links followed; a leading `/` means the root.
    package func resolve(_ path: String) -> Resolution {
        var pending = Self.parts(path)[...]
        var resolved: [String] = []
        var linkCount = 0
        while let part = pending.popFirst() {
            if part == ".." {
                if resolved.popLast() == nil { return .outside }
                continue
            }
            resolved.append(part)
            switch kind(resolved.joined(separator: "/")) {
            case nil: return .missing
            case .link(let target):
                linkCount += 1
                if target.hasPrefix("/") { return .outside }
                // As many as Linux follows.
                if linkCount > 40 { return .missing }
                resolved.removeLast()
                pending = (Self.parts(target) + pending)[...]
            case .file, .other: if !pending.isEmpty { return .missing }
            case .folder: break
            }
        }
        let path = resolved.joined(separator: "/")
        return .found(path: path, resolved.isEmpty ? .folder : kind(path) ?? .other)
    }

    /// A path with other capitals that is there, or nil.
    package func otherCase(of path: String) -> String? {
        var found: [String] = []
        for part in Self.parts(path) {
            let names = entries(found.joined(separator: "/")).map(\.name)
            guard
                let name = names.contains(part)
                    ? part : names.first(where: { $0.lowercased() == part.lowercased() })
            else { return nil }
            found.append(name)
        }
        return found.joined(separator: "/")
    }

    /// The parts of a path, without what is empty or `.`.
    package static func parts(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." }
    }
}
