extension TOMLParser {
    /// Whether three of the quote come next.
    func startsMultiline(_ quote: UInt8) -> Bool {
        current == quote && byte(after: 1) == quote && byte(after: 2) == quote
    }

    /// Reads a string in single quotes, where nothing is escaped.
    mutating func parseLiteral(openedAt open: TOMLPosition) throws(TOMLError) -> String {
        offset += 1
        let first = offset
        while let byte = current, !isAtLineEnd {
            if byte == TOMLByte.apostrophe {
                offset += 1
                return String(decoding: bytes[first..<(offset - 1)], as: UTF8.self)
            }
            skipText(byte)
        }
        throw notClosed(at: open, "a single quote (') on the same line")
    }

    /// Reads a string in double quotes.
    mutating func parseString(openedAt open: TOMLPosition) throws(TOMLError) -> String {
        offset += 1
        var text: [UInt8] = []
        var first = offset
        while let byte = current, !isAtLineEnd {
            switch byte {
            case TOMLByte.quote:
                let rest = bytes[first..<offset]
                offset += 1
                return String(decoding: text.isEmpty ? rest : text + rest, as: UTF8.self)
            case TOMLByte.backslash:
                text += bytes[first..<offset]
                takeEscape(into: &text)
                first = offset
            default:
                skipText(byte)
            }
        }
        throw notClosed(at: open, "a '\"' on the same line")
    }

    /// Reads a string of several lines between three quotes, single or double.
    ///
    /// Each line end in it is one line feed in the value, regardless of its form in the file.
    mutating func parseMultiline(
        _ quote: UInt8,
        openedAt open: TOMLPosition
    ) throws(TOMLError) -> String {
        offset += 3
        _ = skipLineEnd()
        var text: [UInt8] = []
        var first = offset
        while let byte = current {
            switch byte {
            case quote:
                // Two quotes may come right before the three that close.
                let count = bytes[offset...].prefix(5).prefix { byte in byte == quote }.count
                offset += count
                guard count >= 3 else { continue }
                text += bytes[first..<(offset - 3)]
                return String(decoding: text, as: UTF8.self)
            case TOMLByte.backslash where quote == TOMLByte.quote:
                text += bytes[first..<offset]
                if !skipLineContinuation() { takeEscape(into: &text) }
                first = offset
            case TOMLByte.carriageReturn where isAtLineEnd:
                text += bytes[first..<offset]
                offset += 1
                first = offset
                offset += 1
            case TOMLByte.lineFeed:
                offset += 1
            default:
                skipText(byte)
            }
        }
        let quotes = quote == TOMLByte.quote ? "\"\"\"" : "'''"
        throw notClosed(at: open, "\(quotes), which may be on a later line")
    }

    /// Skips a backslash at the end of a line with the white space that follows it.
    private mutating func skipLineContinuation() -> Bool {
        let backslash = offset
        offset += 1
        skipSpaces()
        guard isAtLineEnd else {
            offset = backslash
            return false
        }
        repeat { skipSpaces() } while skipLineEnd()
        return true
    }

    /// Skips a byte of a string that needs no unescaping.
    private mutating func skipText(_ byte: UInt8) {
        if TOMLByte.isControl(byte), !isBroken {
            report(
                unexpected(
                    "a string must not contain control characters other than tab; write \\uXXXX"
                )
            )
        }
        offset += 1
    }

    /// Takes an escape sequence, from its backslash on; reports and omits an invalid one.
    private mutating func takeEscape(into text: inout [UInt8]) {
        let backslash = offset
        offset += 1
        let digits: Int
        switch current {
        case UInt8(ascii: "b"): digits = simpleEscape(0x08, into: &text)
        case UInt8(ascii: "t"): digits = simpleEscape(TOMLByte.tab, into: &text)
        case UInt8(ascii: "n"): digits = simpleEscape(TOMLByte.lineFeed, into: &text)
        case UInt8(ascii: "f"): digits = simpleEscape(0x0C, into: &text)
        case UInt8(ascii: "r"): digits = simpleEscape(TOMLByte.carriageReturn, into: &text)
        case TOMLByte.quote: digits = simpleEscape(TOMLByte.quote, into: &text)
        case TOMLByte.backslash: digits = simpleEscape(TOMLByte.backslash, into: &text)
        case UInt8(ascii: "e"): digits = simpleEscape(0x1B, into: &text)
        case UInt8(ascii: "x"): digits = 2
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        default:
            return reportEscape(
                at: backslash,
                "unknown escape; known after '\\' are b t n f r e \" \\ xXX uXXXX UXXXXXXXX; "
                    + "write '\\\\' for a backslash, or the string in single quotes"
            )
        }
        offset += 1
        guard digits > 0 else { return }
        let hexadecimal = bytes[offset...].prefix(digits)
        // The digits are ASCII; signs, which Swift's initializer accepts, are not digits.
        guard hexadecimal.count == digits,
            hexadecimal.allSatisfy({ byte in TOMLByte.isLetter(byte) || TOMLByte.isDigit(byte) }),
            let number = UInt32(String(decoding: hexadecimal, as: UTF8.self), radix: 16)
        else {
            return reportEscape(at: backslash, "\(digits) hexadecimal digits must follow here")
        }
        guard let scalar = Unicode.Scalar(number) else {
            return reportEscape(at: backslash, "this escape is not a Unicode character")
        }
        text += UTF8.encode(scalar).map(Array.init) ?? []
        offset += digits
    }

    /// Appends the byte of an escape of one letter; no digits follow it.
    private func simpleEscape(_ byte: UInt8, into text: inout [UInt8]) -> Int {
        text.append(byte)
        return 0
    }

    private mutating func reportEscape(at backslash: Int, _ message: String) {
        let next = offset
        offset = backslash
        report(TOMLError(position: position(), message: message))
        offset = next
    }

    private mutating func notClosed(at open: TOMLPosition, _ end: String) -> TOMLError {
        let problem =
            TOMLHint.endsWithTypographicQuote(bytes[..<offset])
            ? "the string ends with a typographic quote" : "the string is not closed"
        return TOMLError(position: open, message: "\(problem); end it with \(end)")
    }
}
