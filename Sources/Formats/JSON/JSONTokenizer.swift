/// Reads a JSON document (RFC 8259) token by token, and rejects anything else.
///
/// It is strict: valid UTF-8, no byte order mark, no half surrogate pairs, nothing after the
/// document. Each open container is one bit of a word, so that no depth can overflow the stack.
package struct JSONTokenizer {
    package enum Token {
        case beginObject
        case endObject
        case beginArray
        case endArray
        /// The name of a member; its colon is read.
        case key(Text)
        case string(Text)
        case number(Number)
        case bool(Bool)
        case null
    }

    /// The text between the quotes, validated.
    package struct Text {
        let start: Int
        let end: Int
        let hasEscapes: Bool
    }

    package struct Number {
        let start: Int
        let end: Int
        /// Whether neither a fraction nor an exponent is written.
        let isInteger: Bool
    }

    private enum Expecting {
        case value
        case keyOrEnd
        case valueOrEnd
        case commaOrEnd
        case nothing
    }

    /// The maximum depth, one bit of a word per level; no documented answer is deeper than six.
    static let maximumDepth = 64

    let bytes: [UInt8]
    var index = 0
    /// The number of open containers.
    package private(set) var depth = 0
    /// The kinds of the open containers: bit n is set if the one at depth n is an object.
    private var objects: UInt64 = 0
    private var expecting = Expecting.value

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Returns the next token, or nil after the last one of a whole document.
    package mutating func next() throws(JSONError) -> Token? {
        skipSpace()
        guard index < bytes.count else {
            if expecting == .nothing { return nil }
            throw JSONError(expecting == .value && depth == 0 ? .empty : .cutOff, at: index)
        }
        switch expecting {
        case .value:
            return try value()
        case .valueOrEnd:
            return bytes[index] == UInt8(ascii: "]") ? close() : try value()
        case .keyOrEnd:
            return bytes[index] == UInt8(ascii: "}") ? close() : try key()
        case .commaOrEnd:
            return try afterElement()
        case .nothing:
            throw JSONError(.trailing, at: index)
        }
    }

    /// Returns the next token of a document that cannot end here.
    package mutating func some() throws(JSONError) -> Token {
        guard let token = try next() else { throw JSONError(.cutOff, at: index) }
        return token
    }

    /// Reads to the end of the value that this token begins.
    mutating func skip(_ token: Token) throws(JSONError) {
        switch token {
        case .beginObject, .beginArray:
            let outside = depth - 1
            while depth > outside { _ = try next() }
        default:
            return
        }
    }

    /// Throws if something follows the document.
    mutating func finish() throws(JSONError) {
        _ = try next()
    }

    /// The earliest start of the token after this one, for errors.
    var offset: Int { index }

    private var isInObject: Bool { objects & (1 << UInt64(depth - 1)) != 0 }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index += 1
            default: return
            }
        }
    }

    private mutating func afterElement() throws(JSONError) -> Token {
        let inObject = isInObject
        switch bytes[index] {
        case UInt8(ascii: ","):
            index += 1
            skipSpace()
            return inObject ? try key() : try value()
        case UInt8(ascii: "}") where inObject, UInt8(ascii: "]") where !inObject:
            return close()
        default:
            throw JSONError(.unexpectedByte, at: index)
        }
    }

    private mutating func value() throws(JSONError) -> Token {
        guard index < bytes.count else { throw JSONError(.cutOff, at: index) }
        switch bytes[index] {
        case UInt8(ascii: "\""):
            let text = try text()
            valueEnded()
            return .string(text)
        case UInt8(ascii: "{"):
            try open(isObject: true)
            return .beginObject
        case UInt8(ascii: "["):
            try open(isObject: false)
            return .beginArray
        case UInt8(ascii: "t"):
            try take("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try take("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try take("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let number = try number()
            valueEnded()
            return .number(number)
        default:
            throw JSONError(.unexpectedByte, at: index)
        }
    }

    private mutating func key() throws(JSONError) -> Token {
        guard index < bytes.count else { throw JSONError(.cutOff, at: index) }
        guard bytes[index] == UInt8(ascii: "\"") else {
            throw JSONError(.unexpectedByte, at: index)
        }
        let text = try text()
        skipSpace()
        guard index < bytes.count else { throw JSONError(.cutOff, at: index) }
        guard bytes[index] == UInt8(ascii: ":") else {
            throw JSONError(.unexpectedByte, at: index)
        }
        index += 1
        expecting = .value
        return .key(text)
    }

    private mutating func open(isObject: Bool) throws(JSONError) {
        guard depth < Self.maximumDepth else { throw JSONError(.tooDeep, at: index) }
        let bit: UInt64 = 1 << UInt64(depth)
        objects = isObject ? objects | bit : objects & ~bit
        depth += 1
        index += 1
        expecting = isObject ? .keyOrEnd : .valueOrEnd
    }

    private mutating func close() -> Token {
        let wasObject = isInObject
        depth -= 1
        index += 1
        valueEnded()
        return wasObject ? .endObject : .endArray
    }

    private mutating func valueEnded() {
        expecting = depth == 0 ? .nothing : .commaOrEnd
    }

    private mutating func take(_ word: StaticString) throws(JSONError) {
        for position in 0..<word.utf8CodeUnitCount {
            guard index + position < bytes.count else { throw JSONError(.cutOff, at: bytes.count) }
            guard bytes[index + position] == word.utf8Start[position] else {
                throw JSONError(.unexpectedByte, at: index + position)
            }
        }
        index += word.utf8CodeUnitCount
        valueEnded()
    }

    private mutating func number() throws(JSONError) -> Number {
        let start = index
        var isInteger = true
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        if index < bytes.count, bytes[index] == UInt8(ascii: "0") {
            index += 1
        } else {
            try digits()
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            try digits()
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            index += 1
            if index < bytes.count,
                bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
            {
                index += 1
            }
            try digits()
        }
        return Number(start: start, end: index, isInteger: isInteger)
    }

    /// Reads one digit or more.
    private mutating func digits() throws(JSONError) {
        guard index < bytes.count else { throw JSONError(.cutOff, at: index) }
        guard isDigit(bytes[index]) else { throw JSONError(.invalidNumber, at: index) }
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }
}
