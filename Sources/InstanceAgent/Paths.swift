/// What Ruby's `File` makes of paths, by their text alone.
enum Paths {
    /// The parts of a path, without what is empty or `.`.
    static func parts(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." }
    }

    /// `File.expand_path`, where the agent's own folder is `/`.
    static func expanded(_ path: String) -> String {
        var kept: [String] = []
        for part in parts(path) {
            if part == ".." { _ = kept.popLast() } else { kept.append(part) }
        }
        return "/" + kept.joined(separator: "/")
    }

    /// `File.join`: one slash between the two.
    static func joined(_ folder: String, _ name: String) -> String {
        var folder = Substring(folder)
        while folder.last == "/" { folder.removeLast() }
        return folder + "/" + name.drop { $0 == "/" }
    }

    /// `File.dirname`.
    static func folder(of path: String) -> String {
        var rest = Substring(path)
        while rest.count > 1, rest.last == "/" { rest.removeLast() }
        guard let slash = rest.lastIndex(of: "/") else { return "." }
        rest = rest[..<slash]
        while rest.last == "/" { rest.removeLast() }
        return rest.isEmpty ? "/" : String(rest)
    }

    /// `File.basename`.
    static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? (path.isEmpty ? "" : "/")
    }
}
