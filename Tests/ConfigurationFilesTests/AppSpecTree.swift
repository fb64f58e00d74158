import SlipwayCore

extension FileTree {
    /// Files in memory. A path that ends with `/` is a folder, `a -> b` a link, `a*` an executable
    /// file; contents are found by path.
    static func listing(_ lines: [String], contents: [String: String] = [:]) -> FileTree {
        var kinds: [String: Kind] = ["": .folder]
        var executables: Set<String> = []
        for line in lines {
            var path = line
            var kind = Kind.file
            if let arrow = line.firstRange(of: " -> ") {
                path = String(line[..<arrow.lowerBound])
                kind = .link(to: String(line[arrow.upperBound...]))
            } else if line.hasSuffix("/") {
                path.removeLast()
                kind = .folder
            } else if line.hasSuffix("*") {
                path.removeLast()
                executables.insert(path)
            }
            var parent = ""
            for part in path.split(separator: "/").dropLast() {
                parent += parent.isEmpty ? String(part) : "/" + part
                kinds[parent] = .folder
            }
            kinds[path] = kind
        }
        let all = kinds
        let executable = executables
        return FileTree(
            kind: { all[$0] },
            entries: { folder in
                all.compactMap { path, kind in
                    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
                    guard !path.isEmpty, parent == folder else { return nil }
                    return Entry(name: String(path.split(separator: "/").last!), kind: kind)
                }
            },
            isExecutable: { executable.contains($0) },
            head: { path, count in
                guard all[path] == .file else { return nil }
                return Array((contents[path] ?? "#!/bin/sh\n").utf8.prefix(count))
            })
    }
}

extension AppSpecFinding {
    /// `error script-missing 5:17`, for comparing.
    var summary: String {
        let position = place.map { " \($0.line):\($0.column)" } ?? ""
        return "\(severity.rawValue) \(flaw.code)\(position)"
    }
}
