/// The bytes with a meaning in TOML.
enum TOMLByte {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let apostrophe = UInt8(ascii: "'")
    static let hash = UInt8(ascii: "#")
    static let plus = UInt8(ascii: "+")
    static let comma = UInt8(ascii: ",")
    static let minus = UInt8(ascii: "-")
    static let dot = UInt8(ascii: ".")
    static let zero = UInt8(ascii: "0")
    static let colon = UInt8(ascii: ":")
    static let equals = UInt8(ascii: "=")
    static let openBracket = UInt8(ascii: "[")
    static let backslash = UInt8(ascii: "\\")
    static let closeBracket = UInt8(ascii: "]")
    static let underscore = UInt8(ascii: "_")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")

    static func isSpace(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    package static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    static func isBareKey(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == underscore || byte == minus
    }

    /// Whether strings and comments may not contain the byte; they handle line ends themselves.
    static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != tab || byte == 0x7F }

    /// Whether the byte ends a value that has no quotes or brackets.
    static func endsScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x7F, comma, closeBracket, closeBrace, hash, equals, quote, apostrophe,
            openBracket, openBrace:
            true
        default: false
        }
    }
}

/// The reason why a value's text is invalid; the caller adds the place in a ``TOMLError``.
struct TOMLFault: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
