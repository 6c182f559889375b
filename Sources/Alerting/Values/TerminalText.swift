extension String {
    /// The text with every invisible or reordering character written out as `\u{…}`.
    ///
    /// These are control characters, which a terminal would obey; line and paragraph separators;
    /// marks that turn the direction of text; and characters without width that hide other text.
    /// Every place that shows text from elsewhere uses this: terminals, logs, messages, the page,
    /// metrics, calendars.
    package var escapedForTerminal: String {
        // Nearly every text is printable ASCII, which is detected fastest in place.
        let isPlain = utf8.withContiguousStorageIfAvailable { bytes in
            bytes.allSatisfy { 0x20..<0x7f ~= $0 }
        }
        if isPlain == true { return self }
        guard unicodeScalars.contains(where: \.isUnsafeToShow) else { return self }
        var text = ""
        for scalar in unicodeScalars { text += scalar.escapedForTerminal }
        return text
    }

    /// The same text, cut to a number of bytes, with the mark `…`.
    package func escapedForTerminal(maximumBytes: Int) -> String {
        let mark = "…"
        var text: [UInt8] = []
        // The length of the text that stays if the mark has to follow.
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
    /// The character itself, or `\u{…}` for one that must not be shown.
    package var escapedForTerminal: String {
        isUnsafeToShow ? "\\u{\(String(value, radix: 16))}" : String(self)
    }

    /// Whether it is invisible, or changes how other characters are shown.
    package var isUnsafeToShow: Bool {
        switch value {
        case 0..<0x20, 0x7f...0x9f: true
        case ..<0x61c: false
        // https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
        case 0x61c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
        case 0x2028, 0x2029: true
        // Characters without width. The joiners U+200C and U+200D stay: scripts and emoji need
        // them.
        case 0x200b, 0x2060...0x2064, 0x206a...0x206f, 0xfeff, 0xfff9...0xfffb: true
        // Tags: a hidden text that no screen shows.
        case 0xe0000...0xe007f: true
        default: false
        }
    }
}
