/// Finds symbolic links that lead out of a revision, or in a circle.
struct LinkCheck {
    private enum Destination: Equatable {
        /// An entry that is a folder, or nil for the root.
        case folder(Int?)
        /// A file, or nothing: a link may lead to what a hook makes.
        case other
        /// A link on the way is at fault, and is told of itself.
        case unknown
    }

    private struct Refusal: Error { let flaw: RevisionFlaw }

    /// As many as Linux follows.
    private static let linkLimit = 40

    private let table: EntryTable
    private(set) var flaws: [RevisionFlaw] = []
    /// Links to folders, in the order of the table.
    private var folderLinks: [(link: Int, folder: Int?)] = []

    /// The table must be sorted.
    init(_ table: EntryTable) { self.table = table }

    mutating func run() {
        for (index, entry) in table.entries.enumerated() where entry.kind == .link {
            do throws(Refusal) {
                if case .folder(let folder) = try destination(of: index) {
                    folderLinks.append((index, folder))
                }
            } catch {
                flaws.append(error.flaw)
            }
        }
        let circles = findCircles()
        flaws += circles.map { .linkCycle(path: text($0), target: target($0)) }
        if let first = folderLinks.first, circles.isEmpty {
            flaws.append(.linksToFolders(path: text(first.link), count: folderLinks.count))
        }
    }

    private func text(_ index: Int) -> String { table.text(table.entries[index]) }

    private func target(_ index: Int) -> String { shownName(table.target(table.entries[index])) }

    /// Where a link leads once all links on the way are followed.
    private func destination(of link: Int) throws(Refusal) -> Destination {
        let entry = table.entries[link]
        func refusal(_ make: (_ path: String, _ target: String) -> RevisionFlaw) -> Refusal {
            Refusal(flaw: make(text(link), target(link)))
        }
        guard String(validating: table.target(entry), as: UTF8.self) != nil else {
            throw Refusal(flaw: .linkNotUTF8(path: text(link)))
        }
        if table.target(entry).first == slash { throw refusal(RevisionFlaw.linkAbsolute) }
        var path = Array(table.name(entry).split(separator: slash).dropLast())
        var pending = parts(link)
        var linkCount = 1
        while let part = pending.popLast() {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                if path.popLast() == nil { throw refusal(RevisionFlaw.linkLeavesRoot) }
                continue
            }
            path.append(part)
            let name = Array(path.joined(separator: [slash]))
            guard let found = table.index(of: name), table.entries[found].kind == .link else {
                continue
            }
            linkCount += 1
            if found == link || linkCount > Self.linkLimit {
                throw refusal(RevisionFlaw.linkCycle)
            }
            if table.target(table.entries[found]).first == slash { return .unknown }
            path.removeLast()
            pending += parts(found)
        }
        if path.isEmpty { return .folder(nil) }
        let name = Array(path.joined(separator: [slash])) + [slash]
        return table.index(of: name).map { .folder($0) } ?? .other
    }

    /// The parts of a link's target, the first one last.
    private func parts(_ link: Int) -> [ArraySlice<UInt8>] {
        table.target(table.entries[link]).split(separator: slash).reversed()
    }

    /// Links to folders through which one comes to the same link again: who follows such a link
    /// finds, somewhere in the folder, a link that leads on.
    private func findCircles() -> [Int] {
        enum State { case open, done }
        var states: [Int?: State] = [:]
        var circles: [Int] = []
        for start in folderLinks.map(\.folder) where states[start] == nil {
            states[start] = .open
            var path = [(folder: start, links: links(in: start)[...])]
            while let (folder, links) = path.last {
                guard let next = links.first else {
                    states[folder] = .done
                    path.removeLast()
                    continue
                }
                path[path.count - 1].links = links.dropFirst()
                switch states[next.folder] {
                case .open: circles.append(next.link)
                case .done: break
                case nil:
                    states[next.folder] = .open
                    path.append((next.folder, self.links(in: next.folder)[...]))
                }
            }
        }
        return circles
    }

    /// The links to folders that are somewhere in a folder.
    private func links(in folder: Int?) -> ArraySlice<(link: Int, folder: Int?)> {
        guard let folder else { return folderLinks[...] }
        let name = table.name(table.entries[folder])
        let first = partition { $0 > folder }
        let end = partition { index in
            index > folder && !table.name(table.entries[index]).starts(with: name)
        }
        return folderLinks[first..<end]
    }

    /// The first of the links to folders for which the condition holds; it holds for all behind it.
    private func partition(_ holds: (Int) -> Bool) -> Int {
        var low = 0
        var high = folderLinks.count
        while low < high {
            let middle = (low + high) / 2
            if holds(folderLinks[middle].link) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

private let slash = UInt8(ascii: "/")
