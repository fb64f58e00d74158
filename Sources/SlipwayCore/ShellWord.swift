/// A text as one word of a shell's command line, quoted only where it must be.
package func shellWord(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy {
        $0.isASCIILetterOrDigit || "._/-@=+,:%".unicodeScalars.contains($0)
    }
    return isPlain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
}
