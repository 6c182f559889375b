extension String {
    /// The text with every control character written out as `\u{…}`.
    ///
    /// A terminal or a log then shows it and does not obey it. So are line and paragraph separators
    /// and what turns the direction of text, which would show what was not written.
    package var escapedForTerminal: String {
        guard unicodeScalars.contains(where: \.isUnsafeOnTerminal) else { return self }
        var text = ""
        for scalar in unicodeScalars { text += scalar.escapedForTerminal }
        return text
    }

    /// The same cut to a number of bytes, which is marked by `…`.
    package func escapedForTerminal(maximumBytes: Int) -> String {
        let mark = "…"
        var text: [UInt8] = []
        // How much of the text stays if the mark has to follow.
        var kept = 0
        for scalar in unicodeScalars {
            text.append(contentsOf: scalar.escapedForTerminal.utf8)
            guard text.count <= maximumBytes else {
                return String(decoding: text[..<kept], as: UTF8.self) + mark
            }
            if text.count + mark.utf8.count <= maximumBytes { kept = text.count }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension Unicode.Scalar {
    fileprivate var escapedForTerminal: String {
        isUnsafeOnTerminal ? "\\u{\(String(value, radix: 16))}" : String(self)
    }

    fileprivate var isUnsafeOnTerminal: Bool {
        switch value {
        case 0..<0x20, 0x7f...0x9f: true
        // https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
        case 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
        default: false
        }
    }
}
