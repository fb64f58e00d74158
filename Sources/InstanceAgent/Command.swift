/// A command line as Ruby runs it: through a shell only where something in it means something to
/// one.
struct Command: Equatable {
    let words: [String]
    let usesShell: Bool

    init(_ line: String) {
        let characters = Array(line)
        let syntax = Set<Character>("*?{}[]<>()~&|\\$;'`\"\n#")
        var isInFirstWord = true
        var hasSlash = false
        var usesShell = false
        for character in characters {
            if syntax.contains(character) { usesShell = true }
            if character == " " || character == "\t" { isInFirstWord = false }
            if character == "/" { hasSlash = true }
            if character == "=", isInFirstWord, !hasSlash { usesShell = true }
        }
        self.usesShell = usesShell
        words =
            usesShell
            ? ["sh", "-c", line]
            : line.split { $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init)
    }
}
