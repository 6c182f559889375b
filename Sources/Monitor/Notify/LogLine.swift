/// Text of elsewhere, made fit for one line of a log.
enum LogLine {
    /// The text with control characters spelled out, cut to a number of bytes.
    ///
    /// Line separators and the characters that turn the direction of writing are spelled out too: a
    /// terminal or a viewer of logs would show them as something that was not written. What is cut
    /// off is marked by `…`.
    static func escaped(_ text: String, maximumBytes: Int) -> String {
        var line: [UInt8] = []
        // How much of the line stays if the mark has to follow.
        var kept = 0
        let mark = "…"
        for scalar in text.unicodeScalars {
            line.append(contentsOf: spelled(scalar).utf8)
            guard line.count <= maximumBytes else {
                return String(decoding: line[..<kept], as: UTF8.self) + mark
            }
            if line.count + mark.utf8.count <= maximumBytes { kept = line.count }
        }
        return String(decoding: line, as: UTF8.self)
    }

    private static func spelled(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x0a: "\\n"
        case 0x0d: "\\r"
        case 0x09: "\\t"
        case 0..<0x20, 0x7f..<0xa0: "\\x" + hex(scalar, to: 2)
        case 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: "\\u" + hex(scalar, to: 4)
        default: String(scalar)
        }
    }

    private static func hex(_ scalar: Unicode.Scalar, to width: Int) -> String {
        let digits = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
