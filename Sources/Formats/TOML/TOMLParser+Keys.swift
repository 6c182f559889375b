extension TOMLParser {
    /// Reads `key = value` and sets it in a table, `depth` levels below the root.
    mutating func parseKeyValue(into table: Int, depth: Int) throws(TOMLError) {
        let path = try parsePath(depth: depth)
        guard take(TOMLByte.equals) else { throw unexpected(TOMLHint.afterKey(current)) }
        skipSpaces()
        let node = try parseValue(depth: depth + path.count)
        do {
            try builder.set(path, to: node, in: table)
        } catch {
            report(error)
        }
    }

    /// Reads `[path]` or `[[path]]`.
    mutating func readHeader() throws(TOMLError) -> (path: [TOMLKey], isArray: Bool) {
        offset += 1
        let isArray = take(TOMLByte.openBracket)
        skipSpaces()
        let path = try parsePath(depth: 0)
        guard take(TOMLByte.closeBracket) else {
            throw unexpected(
                TOMLHint.ofHeader(path, bytes[offset...])
                    ?? "\(isArray ? "']]'" : "']'") must end a table's header"
            )
        }
        guard !isArray || take(TOMLByte.closeBracket) else {
            throw unexpected("']]', without a space between, must end an array's header")
        }
        return (path, isArray)
    }

    /// Reads a key of one or more parts with the spaces after it.
    private mutating func parsePath(depth: Int) throws(TOMLError) -> [TOMLKey] {
        var path: [TOMLKey] = []
        repeat {
            skipSpaces()
            guard depth + path.count < TOML.maximumDepth else { throw tooDeep() }
            path.append(try parseKey())
            skipSpaces()
        } while take(TOMLByte.dot)
        return path
    }

    private mutating func parseKey() throws(TOMLError) -> TOMLKey {
        let position = position()
        switch current {
        case TOMLByte.quote:
            guard !startsMultiline(TOMLByte.quote) else { break }
            return TOMLKey(name: try parseString(openedAt: position), position: position)
        case TOMLByte.apostrophe:
            guard !startsMultiline(TOMLByte.apostrophe) else { break }
            return TOMLKey(name: try parseLiteral(openedAt: position), position: position)
        default:
            let first = offset
            while let byte = current, TOMLByte.isBareKey(byte) { offset += 1 }
            guard offset > first else {
                throw unexpected(
                    current == UInt8(ascii: ";") || current == UInt8(ascii: "/")
                        ? "a comment begins with #"
                        : TOMLHint.ofKey(bytes[offset...])
                            ?? "expected a key: A-Z a-z 0-9 _ and -, or in quotes"
                )
            }
            let name = String(decoding: bytes[first..<offset], as: UTF8.self)
            return TOMLKey(name: name, position: position)
        }
        throw TOMLError(
            position: position,
            message: "a key cannot be a string of several lines; put it in single quotes"
        )
    }

    /// Returns the error of nesting deeper than ``TOML/maximumDepth``.
    mutating func tooDeep() -> TOMLError {
        TOMLError(
            position: position(),
            message: "this is nested deeper than \(TOML.maximumDepth) levels, which is the limit"
        )
    }

    /// Whether the line at ``offset`` looks like a whole header or like a key with its value.
    ///
    /// Used only after an error, to find where to continue, not to decide validity.
    var startsExpression: Bool {
        var line = bytes[offset...].prefix { byte in byte != TOMLByte.lineFeed }
        line = line.drop(while: TOMLByte.isSpace)
        var brackets = 0
        while brackets < 2, line.first == TOMLByte.openBracket {
            brackets += 1
            line = line.dropFirst()
        }
        repeat {
            line = line.drop(while: TOMLByte.isSpace)
            guard let rest = Self.afterKey(line) else { return false }
            line = rest.drop(while: TOMLByte.isSpace)
            if line.first != TOMLByte.dot { break }
            line = line.dropFirst()
        } while true
        guard brackets > 0 else { return line.first == TOMLByte.equals }
        guard line.prefix(brackets).count == brackets,
            line.prefix(brackets).allSatisfy({ byte in byte == TOMLByte.closeBracket })
        else { return false }
        let end = line.dropFirst(brackets).drop(while: TOMLByte.isSpace).first
        return end == nil || end == TOMLByte.hash || end == TOMLByte.carriageReturn
    }

    /// Returns the byte after the key at the start of a line; nil if there is no key.
    private static func afterKey(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let quote = line.first, quote == TOMLByte.quote || quote == TOMLByte.apostrophe
        else {
            let rest = line.drop(while: TOMLByte.isBareKey)
            return rest.count < line.count ? rest : nil
        }
        guard let end = line.dropFirst().firstIndex(of: quote) else { return nil }
        return line[(end + 1)...]
    }
}
