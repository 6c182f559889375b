/// One part of a key or of a header.
struct TOMLKey {
    let name: String
    let position: TOMLPosition
}

extension Collection<TOMLKey> {
    /// The parts as a person would write them, for a message: `tokens.deploy`.
    package var path: String { map { key in key.name.shownAsKey }.joined(separator: ".") }
}

extension String {
    /// The key, shortened and with quotes if needed, without anything a terminal might obey.
    fileprivate var shownAsKey: String {
        // Enough to find the key; a message must stay one line.
        let limit = 64
        let isBare = !isEmpty && utf8.allSatisfy(TOMLByte.isBareKey)
        var shown = ""
        for scalar in unicodeScalars.prefix(limit) {
            shown += scalar.isPlain ? String(scalar) : "\\u{\(scalar.hexadecimal)}"
        }
        if unicodeScalars.dropFirst(limit).first != nil { shown += "…" }
        return isBare ? shown : "'\(shown)'"
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is visible everywhere: no control, no invisible character.
    var isPlain: Bool { isASCII ? (0x20..<0x7F).contains(value) : properties.isAlphabetic }

    /// The number of the scalar as in `U+00A0`.
    var hexadecimal: String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
