/// What one or two columns of a terminal show: a character with the marks upon it.
package struct Glyph: Equatable, Sendable {
    /// At most five scalars, none of which a terminal acts upon: curses takes no more in a cell.
    package let text: String
    /// Columns: 1 or 2.
    package let width: Int

    /// The most scalars of a glyph: `CCHARW_MAX` of curses.
    package static let scalarLimit = 5

    static let space = Glyph(text: " ", width: 1)

    fileprivate static let ascii: [Glyph] = (0x20...0x7E).map {
        Glyph(text: String(Unicode.Scalar($0)), width: 1)
    }
}

/// Hands over a text glyph by glyph until the body returns false.
///
/// What a terminal could act upon is handed over as a visible escape: `\e`, `\n`, `\u{202E}`.
/// Joiners, variation selectors and skin tones, about whose width terminals disagree, are left out;
/// regional indicators are the letters they stand for. The result depends on no locale.
package func forEachGlyph(in text: String, _ body: (Glyph) -> Bool) {
    var text = text
    let isPlain = text.withUTF8 { bytes in bytes.allSatisfy { (0x20...0x7E).contains($0) } }
    if isPlain {
        for byte in text.utf8 where !body(Glyph.ascii[Int(byte) - 0x20]) { return }
        return
    }
    var pending: (text: String, count: Int, width: Int)?
    func flush() -> Bool {
        guard let glyph = pending else { return true }
        pending = nil
        return body(Glyph(text: glyph.text, width: glyph.width))
    }
    for scalar in text.unicodeScalars {
        switch scalar.display {
        case .character(let width):
            guard flush() else { return }
            pending = (String(scalar), 1, width)
        case .letter(let letter):
            guard flush(), body(Glyph.ascii[Int(letter) - 0x20]) else { return }
        case .mark:
            if let base = pending {
                guard base.count < Glyph.scalarLimit else { continue }
                pending = (base.text + String(scalar), base.count + 1, base.width)
            } else {
                pending = (" " + String(scalar), 2, 1)
            }
        case .skinTone:
            if let base = pending, base.width == 2 { continue }
            guard flush() else { return }
            pending = (String(scalar), 1, 2)
        case .nothing: continue
        case .escape:
            guard flush() else { return }
            for byte in escape(scalar).utf8 where !body(Glyph.ascii[Int(byte) - 0x20]) { return }
        }
    }
    _ = flush()
}

/// The columns that a text takes on one line.
package func displayWidth(_ text: String) -> Int {
    var width = 0
    forEachGlyph(in: text) { glyph in
        width += glyph.width
        return true
    }
    return width
}

/// The beginning of a text that fits into some columns; `…` stands for what was cut off.
package func clipped(_ text: String, to width: Int) -> String {
    guard width > 0 else { return "" }
    var result = ""
    var (used, fitting) = (0, 0)
    var beforeEllipsis = result
    var isCut = false
    forEachGlyph(in: text) { glyph in
        if used + glyph.width > width {
            isCut = true
            return false
        }
        result += glyph.text
        used += glyph.width
        if used <= width - 1 { (beforeEllipsis, fitting) = (result, used) }
        return true
    }
    guard isCut else { return result }
    return beforeEllipsis + String(repeating: " ", count: width - 1 - fitting) + "…"
}

/// A text made as wide as some columns: clipped, or with spaces behind it.
package func padded(_ text: String, to width: Int) -> String {
    let clip = clipped(text, to: width)
    return clip + String(repeating: " ", count: max(0, width - displayWidth(clip)))
}

/// The lines of a text, each at most so many columns wide, broken at spaces where there are some.
/// A line break in the text is one in the result; nothing is left out but the space at a break.
package func wrapped(_ text: String, to width: Int) -> [String] {
    guard width > 0 else { return [] }
    return text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
        wrappedLine(String($0), to: width)
    }
}

private func wrappedLine(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    // Nil where a line begins: then no space stands before the word.
    var line: String?
    var lineWidth = 0
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
        let wordWidth = displayWidth(String(word))
        if let begun = line {
            if lineWidth + 1 + wordWidth <= width {
                line = begun + " " + word
                lineWidth += 1 + wordWidth
                continue
            }
            lines.append(begun)
        }
        var rest = ""
        lineWidth = 0
        forEachGlyph(in: String(word)) { glyph in
            if lineWidth + glyph.width > width, !rest.isEmpty {
                lines.append(rest)
                (rest, lineWidth) = ("", 0)
            }
            if glyph.width <= width {
                rest += glyph.text
                lineWidth += glyph.width
            }
            return true
        }
        line = rest
    }
    if let line { lines.append(line) }
    return lines
}

/// What a scalar is on a terminal.
private enum ScalarDisplay {
    case character(width: Int)
    /// An ASCII letter in its place.
    case letter(UInt8)
    /// It goes onto the character before it.
    case mark
    case skinTone
    case nothing
    case escape
}

extension Unicode.Scalar {
    fileprivate var display: ScalarDisplay {
        switch value {
        case 0x20...0x7E: return .character(width: 1)
        case 0x00...0x1F, 0x7F...0x9F: return .escape
        case 0x200C, 0x200D, 0xFE00...0xFE0F: return .nothing
        case 0x1F1E6...0x1F1FF: return .letter(UInt8(0x41 + value - 0x1F1E6))
        case 0x1F3FB...0x1F3FF: return .skinTone
        case 0x115F, 0x1160, 0x180B...0x180F, 0x3164, 0xFFA0, 0xE0000...0xE0FFF: return .escape
        // Vowels and final consonants of old Hangul go onto the first.
        case 0x1161...0x11FF, 0xD7B0...0xD7FF: return .mark
        case 0xA0...0x2FF: return value == 0xAD ? .escape : .character(width: 1)
        default: break
        }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return .mark
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned:
            return .escape
        default: return .character(width: isWide ? 2 : 1)
        }
    }
}

private func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    case "\u{1B}": "\\e"
    default: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    }
}
