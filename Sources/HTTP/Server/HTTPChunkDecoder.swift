/// Decodes a request's chunked body; framing is read a byte at a time.
///
/// RFC 9112 §7.1. Chunk extensions and trailers are checked, bounded and dropped.
struct HTTPChunkDecoder {
    private enum State {
        case size(digits: Int)
        case extensions
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case lastLineFeed
        case complete
    }

    /// The decoded part.
    package private(set) var body: [UInt8] = []
    private let limits: HTTPLimits
    private var state = State.size(digits: 0)
    /// The bytes that the current chunk still needs.
    private var remaining = 0
    /// Bytes of extensions and trailers so far; a head's bound applies to them.
    private var droppedBytes = 0

    /// Eight hexadecimal digits are 4 GiB, above every sensible bound, and cannot overflow.
    private static let maximumSizeDigits = 8

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Takes the bytes from `index` on, and moves `index` past them.
    ///
    /// - Returns: whether the body is complete; what is behind `index` is the next request then.
    /// - Throws: 400 for broken coding, 413 over the bound of the body, 431 over the bound of
    ///   extensions and trailers.
    mutating func take(_ bytes: [UInt8], from index: inout Int) throws(HTTPRefusal) -> Bool {
        while index < bytes.count {
            if case .data = state {
                let end = min(bytes.count, index + remaining)
                body.append(contentsOf: bytes[index..<end])
                remaining -= end - index
                index = end
                if remaining == 0 { state = .dataReturn }
                continue
            }
            try take(bytes[index])
            index += 1
            if case .complete = state { return true }
        }
        return false
    }

    private mutating func take(_ byte: UInt8) throws(HTTPRefusal) {
        switch state {
        case .size(let digits): try takeSize(byte, digits: digits)
        case .extensions:
            if byte == .carriageReturn {
                state = .sizeLineFeed
            } else {
                try drop(byte)
            }
        case .sizeLineFeed:
            try require(byte, .lineFeed)
            state = remaining == 0 ? .trailerStart : .data
        case .dataReturn:
            try require(byte, .carriageReturn)
            state = .dataLineFeed
        case .dataLineFeed:
            try require(byte, .lineFeed)
            state = .size(digits: 0)
        case .trailerStart where byte == .carriageReturn: state = .lastLineFeed
        case .trailerName where byte == .colon: state = .trailerValue
        case .trailerStart, .trailerName:
            guard byte.isTokenCharacter else { throw .brokenChunk }
            try drop(byte)
            state = .trailerName
        case .trailerValue:
            if byte == .carriageReturn {
                state = .trailerLineFeed
            } else {
                try drop(byte)
            }
        case .trailerLineFeed:
            try require(byte, .lineFeed)
            state = .trailerStart
        case .lastLineFeed:
            try require(byte, .lineFeed)
            state = .complete
        case .data, .complete: break
        }
    }

    private mutating func takeSize(_ byte: UInt8, digits: Int) throws(HTTPRefusal) {
        if let value = byte.hexValue {
            guard digits < Self.maximumSizeDigits else { throw .brokenChunk }
            remaining = (digits == 0 ? 0 : remaining) * 16 + Int(value)
            state = .size(digits: digits + 1)
            return
        }
        guard digits > 0 else { throw .brokenChunk }
        guard remaining <= limits.bodyBytes - body.count else { throw .bodyTooLong(limits) }
        switch byte {
        case .carriageReturn: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .extensions
        default: throw .brokenChunk
        }
    }

    private mutating func drop(_ byte: UInt8) throws(HTTPRefusal) {
        guard !byte.isControl || byte == .tab else { throw .brokenChunk }
        droppedBytes += 1
        guard droppedBytes <= limits.headBytes else {
            throw HTTPRefusal(
                431,
                "Chunk extensions and trailers are over \(limits.headBytes) bytes."
            )
        }
    }

    private func require(_ byte: UInt8, _ expected: UInt8) throws(HTTPRefusal) {
        guard byte == expected else { throw .brokenChunk }
    }
}

extension HTTPRefusal {
    fileprivate static let brokenChunk = HTTPRefusal(400, "The chunked coding is broken.")
}
