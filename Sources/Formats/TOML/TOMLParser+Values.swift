extension TOMLParser {
    /// Reads a value that is nested `depth` levels below the root.
    mutating func parseValue(depth: Int) throws(TOMLError) -> TOMLNode {
        guard depth <= TOML.maximumDepth else { throw tooDeep() }
        let position = position()
        let value: TOMLValue =
            switch current {
            case TOMLByte.quote where startsMultiline(TOMLByte.quote):
                .string(try parseMultiline(TOMLByte.quote, openedAt: position))
            case TOMLByte.quote:
                .string(try parseString(openedAt: position))
            case TOMLByte.apostrophe where startsMultiline(TOMLByte.apostrophe):
                .string(try parseMultiline(TOMLByte.apostrophe, openedAt: position))
            case TOMLByte.apostrophe:
                .string(try parseLiteral(openedAt: position))
            case TOMLByte.openBracket:
                .array(try parseArray(openedAt: position, depth: depth))
            case TOMLByte.openBrace:
                .table(try parseInlineTable(openedAt: position, depth: depth))
            default:
                try parseScalar(at: position)
            }
        return TOMLNode(value: value, position: position)
    }

    /// Reads a value without quotes or brackets; reports an invalid one, which becomes false.
    private mutating func parseScalar(at position: TOMLPosition) throws(TOMLError) -> TOMLValue {
        let token = takeScalar()
        guard !token.isEmpty else { throw unexpected("expected a value") }
        do {
            return try Self.scalar(token)
        } catch {
            let message = TOMLHint.ofValue(token) ?? error.message
            report(TOMLError(position: position, message: message))
            return .boolean(false)
        }
    }

    private mutating func takeScalar() -> ArraySlice<UInt8> {
        let first = offset
        while let byte = current, !TOMLByte.endsScalar(byte) { offset += 1 }
        // The one scalar with a space in it: YYYY-MM-DD HH:MM:SS.
        if offset - first == 10, bytes[first + 4] == TOMLByte.minus, current == TOMLByte.space,
            let digit = byte(after: 1), TOMLByte.isDigit(digit)
        {
            offset += 1
            while let byte = current, !TOMLByte.endsScalar(byte) { offset += 1 }
        }
        return bytes[first..<offset]
    }

    private static func scalar(_ token: ArraySlice<UInt8>) throws(TOMLFault) -> TOMLValue {
        if token.elementsEqual("true".utf8) { return .boolean(true) }
        if token.elementsEqual("false".utf8) { return .boolean(false) }
        if TOMLDateTimeReader.canRead(token) { return try TOMLDateTimeReader.read(token) }
        if TOMLNumberReader.canRead(token) { return try TOMLNumberReader.read(token) }
        throw TOMLFault(
            "the value is not a number, a date, true or false; a string must be in quotes"
        )
    }

    private mutating func parseArray(
        openedAt open: TOMLPosition,
        depth: Int
    ) throws(TOMLError) -> [TOMLNode] {
        offset += 1
        openBrackets += 1
        var elements: [TOMLNode] = []
        repeat {
            try skipLines(inArrayAt: open)
            if current == TOMLByte.closeBracket { break }
            elements.append(try parseValue(depth: depth + 1))
            try skipLines(inArrayAt: open)
        } while take(TOMLByte.comma)
        guard take(TOMLByte.closeBracket) else {
            throw unexpected("',' or ']' must follow a value in the array opened at \(open)")
        }
        openBrackets -= 1
        return elements
    }

    private mutating func skipLines(inArrayAt open: TOMLPosition) throws(TOMLError) {
        try skipLines(open, "the array is not closed; end it with a ']'")
    }

    private mutating func parseInlineTable(
        openedAt open: TOMLPosition,
        depth: Int
    ) throws(TOMLError) -> TOMLTable {
        offset += 1
        openBrackets += 1
        let table = builder.makeTable(position: open)
        repeat {
            try skipLines(inTableAt: open)
            if current == TOMLByte.closeBrace { break }
            try parseKeyValue(into: table, depth: depth)
            try skipLines(inTableAt: open)
        } while take(TOMLByte.comma)
        guard take(TOMLByte.closeBrace) else {
            throw unexpected("',' or '}' must follow a value in the inline table opened at \(open)")
        }
        openBrackets -= 1
        return builder.closeInline(table)
    }

    private mutating func skipLines(inTableAt open: TOMLPosition) throws(TOMLError) {
        try skipLines(open, "the inline table is not closed; end it with a '}'")
    }

    /// Skips spaces, line ends and comments, up to the next part of an array or inline table.
    private mutating func skipLines(
        _ open: TOMLPosition,
        _ unclosed: String
    ) throws(TOMLError) {
        repeat {
            skipSpaces()
            skipComment()
        } while skipLineEnd()
        guard current == nil else { return }
        throw TOMLError(position: open, message: unclosed)
    }
}
