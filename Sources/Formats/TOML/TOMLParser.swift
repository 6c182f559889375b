/// The parser of a document that is known to be UTF-8, expression by expression.
///
/// The parts of the grammar are extensions in files of their own: keys and headers, values,
/// strings. Errors that reading cannot continue after are thrown. Others (a bad escape, a key set
/// twice) are reported, and reading continues, so that the reader does not lose its place.
struct TOMLParser {
    let bytes: [UInt8]

    /// The next byte to read.
    var offset = 0

    var builder = TOMLBuilder()

    /// The number of open brackets and braces around ``offset``.
    var openBrackets = 0

    /// The number of the table whose header was last read.
    private var table = TOMLBuilder.root

    /// The number of parts in that header.
    private var tableDepth = 0

    private var errors: [TOMLError] = []

    /// Whether the current expression has an error: more errors of its line would mostly be echoes.
    private(set) var isBroken = false

    /// The last requested place, from which the next one is counted: they come in order.
    private var mark: (offset: Int, position: TOMLPosition)

    private let start: Int

    init(bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark is ignored, and takes no column.
        start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        mark = (start, .start)
        offset = start
    }

    mutating func parseDocument() -> TOMLDocument {
        while offset < bytes.count, errors.count < TOML.maximumErrors {
            let start = offset
            isBroken = false
            openBrackets = 0
            do {
                try parseExpression()
            } catch {
                report(error)
                recover(from: start)
            }
        }
        if let first = errors.first, let hint = TOMLHint.ofDocument(bytes[self.start...]) {
            // One error is enough; those of each line would bury it.
            errors = [TOMLError(position: first.position, message: hint)]
        }
        return TOMLDocument(root: builder.close(TOMLBuilder.root), errors: errors)
    }

    /// Reads one line, or several if a value spans several, with its end.
    private mutating func parseExpression() throws(TOMLError) {
        skipSpaces()
        switch current {
        case nil, TOMLByte.hash, TOMLByte.lineFeed, TOMLByte.carriageReturn: break
        case TOMLByte.openBracket:
            try parseHeader()
            try parseLineEnd(after: "the table's header")
            return
        default:
            try parseKeyValue(into: table, depth: tableDepth)
            try parseLineEnd(after: "the value")
            return
        }
        try parseLineEnd(after: "this")
    }

    /// Reads a header; the keys after it belong to its table.
    private mutating func parseHeader() throws(TOMLError) {
        let position = position()
        do {
            let header = try readHeader()
            table = try builder.openTable(
                header.path,
                inArray: header.isArray,
                position: position
            )
            tableDepth = header.path.count
        } catch {
            // The keys that follow are checked, but kept out of tables that they are not meant for.
            table = builder.makeTable(position: position)
            tableDepth = 1
            throw error
        }
    }

    /// Reads the rest of a line: spaces, a comment, the line's end.
    private mutating func parseLineEnd(after what: String) throws(TOMLError) {
        skipSpaces()
        skipComment()
        guard offset < bytes.count else { return }
        guard skipLineEnd() else {
            throw unexpected("only a comment or the end of the line may follow \(what)")
        }
    }

    // MARK: Errors

    /// Records an error of the current expression, unless it has one already.
    mutating func report(_ error: TOMLError) {
        guard !isBroken else { return }
        isBroken = true
        errors.append(error)
    }

    /// Returns an error at the next byte, with the text there and the allowed text.
    mutating func unexpected(_ allowed: String) -> TOMLError {
        TOMLError(position: position(), message: "found \(found); \(allowed)")
    }

    /// The next character in words.
    private var found: String {
        guard let byte = current else { return "the end of the file" }
        if byte == TOMLByte.lineFeed || isAtLineEnd { return "the end of the line" }
        if byte == TOMLByte.carriageReturn { return "a carriage return without a line feed" }
        // No scalar has more than 4 bytes in UTF-8.
        let text = String(decoding: bytes[offset...].prefix(4), as: UTF8.self)
        guard let scalar = text.unicodeScalars.first else { return "nothing" }
        return scalar.isPlain ? "'\(scalar)'" : "the character U+\(scalar.hexadecimal)"
    }

    /// Continues at the next line that can start an expression.
    ///
    /// Open brackets may be the error themselves, and contain lines that were not meant to be
    /// inside. Reading then continues at the first further line of this expression that looks like
    /// a whole header or the start of a key with a value.
    private mutating func recover(from start: Int) {
        guard openBrackets > 0 else { return skipLine() }
        offset = start
        repeat { skipLine() } while offset < bytes.count && !startsExpression
    }

    private mutating func skipLine() {
        while let byte = current, byte != TOMLByte.lineFeed { offset += 1 }
        if offset < bytes.count { offset += 1 }
    }

    // MARK: Bytes

    /// The next byte; nil at the end.
    var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    func byte(after distance: Int) -> UInt8? {
        offset + distance < bytes.count ? bytes[offset + distance] : nil
    }

    /// Whether a line feed, or a carriage return with one, comes next.
    var isAtLineEnd: Bool {
        switch current {
        case TOMLByte.lineFeed: true
        case TOMLByte.carriageReturn: byte(after: 1) == TOMLByte.lineFeed
        default: false
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        offset += 1
        return true
    }

    mutating func skipSpaces() {
        while let byte = current, TOMLByte.isSpace(byte) { offset += 1 }
    }

    /// Skips the end of a line; false if there is none here.
    mutating func skipLineEnd() -> Bool {
        guard isAtLineEnd else { return false }
        offset += current == TOMLByte.lineFeed ? 1 : 2
        return true
    }

    /// Skips a comment up to the end of its line.
    mutating func skipComment() {
        guard current == TOMLByte.hash else { return }
        while let byte = current, !isAtLineEnd {
            if TOMLByte.isControl(byte), !isBroken {
                report(unexpected("a comment must not contain control characters other than tab"))
            }
            offset += 1
        }
    }

    /// The place of the next byte.
    mutating func position() -> TOMLPosition {
        if offset < mark.offset {
            // The reader steps back only after an error, so rarely that it can count from the
            // start.
            mark = (start, .start)
        }
        mark = (offset, mark.position.advanced(over: bytes[mark.offset..<offset]))
        return mark.position
    }
}
