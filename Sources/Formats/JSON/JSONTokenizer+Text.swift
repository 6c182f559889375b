// Names and strings, and their escapes and characters.
extension JSONTokenizer {
    mutating func text() throws(JSONError) -> Text {
        let start = index + 1
        var position = start
        var hasEscapes = false
        while true {
            position = bytes.withUnsafeBufferPointer { Self.endOfPlain($0, from: position) }
            guard position < bytes.count else { break }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                index = position + 1
                return Text(start: start, end: position, hasEscapes: hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                position = try endOfEscape(at: position)
            } else if byte < 0x20 {
                throw JSONError(.controlCharacter, at: position)
            } else {
                position = try endOfCharacter(at: position)
            }
        }
        throw JSONError(.cutOff, at: bytes.count)
    }

    /// Returns the end of the ASCII characters that need no unescaping.
    private static func endOfPlain(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        while position < bytes.count, 0x20..<0x80 ~= bytes[position],
            bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\")
        {
            position += 1
        }
        return position
    }

    private func byte(_ position: Int) throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw JSONError(.cutOff, at: bytes.count) }
        return bytes[position]
    }

    private func endOfEscape(at position: Int) throws(JSONError) -> Int {
        switch try byte(position + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return position + 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit(at: position + 2)
            if unit & 0xfc00 == 0xdc00 { throw JSONError(.loneSurrogate, at: position) }
            guard unit & 0xfc00 == 0xd800 else { return position + 6 }
            guard try byte(position + 6) == UInt8(ascii: "\\"),
                try byte(position + 7) == UInt8(ascii: "u"),
                try codeUnit(at: position + 8) & 0xfc00 == 0xdc00
            else { throw JSONError(.loneSurrogate, at: position) }
            return position + 12
        default:
            throw JSONError(.invalidEscape, at: position)
        }
    }

    /// Reads the value of four hexadecimal digits.
    private func codeUnit(at position: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for place in position..<position + 4 {
            let byte = try byte(place)
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw JSONError(.invalidEscape, at: place)
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// Returns the end of a character of two to four bytes, by the table in RFC 3629 §4.
    private func endOfCharacter(at position: Int) throws(JSONError) -> Int {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch bytes[position] {
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: length = 4
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: throw JSONError(.invalidUTF8, at: position)
        }
        guard second.contains(try byte(position + 1)) else {
            throw JSONError(.invalidUTF8, at: position)
        }
        for place in position + 2..<position + length {
            guard try byte(place) & 0xc0 == 0x80 else {
                throw JSONError(.invalidUTF8, at: position)
            }
        }
        return position + length
    }
}
