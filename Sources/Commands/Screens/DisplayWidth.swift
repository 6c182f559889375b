/// The width of text in columns of a terminal.
package enum DisplayWidth {
    package static func of(_ text: String) -> Int {
        // Nearly every text is ASCII, which is detected fastest in place.
        let isASCII = text.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.allSatisfy { $0 < 0x80 }
        }
        if isASCII == true { return text.utf8.count }
        var width = 0
        for scalar in text.unicodeScalars { width += of(scalar) }
        return width
    }

    /// Returns the text padded with spaces up to a width.
    static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - of(text)))
    }

    /// Returns the text if it fits, otherwise its beginning and an ellipsis.
    static func cut(_ text: String, to width: Int) -> String {
        guard of(text) > width else { return text }
        var kept = String.UnicodeScalarView()
        var left = width - 1
        for scalar in text.unicodeScalars {
            left -= of(scalar)
            if left < 0 { break }
            kept.append(scalar)
        }
        while kept.last == " " { kept.removeLast() }
        return String(kept) + "…"
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        // The wide blocks of https://www.unicode.org/reports/tr11/, and emoji.
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3,
            0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6,
            0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
            return 2
        default:
            return 1
        }
    }
}

/// The wrapping of text at spaces.
enum TextWrap {
    /// Returns lines after a beginning; all but the first are indented by its width.
    static func lines(_ text: String, after start: String, width: Int?) -> [String] {
        let column = DisplayWidth.of(start)
        let indent = String(repeating: " ", count: column)
        return lines(text, width: width.map { max(20, $0 - column) } ?? .max).enumerated().map {
            ($0.offset == 0 ? start : indent) + $0.element
        }
    }

    /// Returns at least one line; a word that is too long has a line of its own, uncut.
    ///
    /// - Parameters:
    ///   - text: the words, separated by spaces.
    ///   - width: the columns of a line.
    ///   - first: the width of the first line, if it differs.
    /// - Returns: the lines.
    static func lines(_ text: String, width: Int, first: Int? = nil) -> [String] {
        var lines: [String] = []
        var line = ""
        var taken = 0
        for word in text.split(separator: " ") {
            let wordWidth = DisplayWidth.of(String(word))
            let room = lines.isEmpty ? first ?? width : width
            if taken > 0, taken + 1 + wordWidth > room {
                lines.append(line)
                line = ""
                taken = 0
            }
            if taken > 0 {
                line += " "
                taken += 1
            }
            line += word
            taken += wordWidth
        }
        return lines + [line]
    }
}
