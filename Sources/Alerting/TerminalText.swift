extension String {
    /// The text with every control character written out, so that a terminal or a log shows it
    /// and does not obey it.
    ///
    /// C0, DEL and C1 controls, line and paragraph separators, and what turns the direction of
    /// text become `\u{…}`.
    package var escapedForTerminal: String {
        guard unicodeScalars.contains(where: \.isUnsafeOnTerminal) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isUnsafeOnTerminal {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    fileprivate var isUnsafeOnTerminal: Bool {
        switch value {
        case 0..<0x20, 0x7f...0x9f: true
        // https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
        case 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
