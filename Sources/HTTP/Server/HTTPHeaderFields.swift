/// The header lines of a head that decide how it is read.
struct HTTPHeaderFields {
    /// The value of `Host`.
    private(set) var host: Range<Int>?
    private(set) var asksClose = false
    private(set) var asksKeepAlive = false
    private(set) var hasExpectation = false
    private var hasTransferEncoding = false
    private var contentLength: Range<Int>?
    private let head: [UInt8]

    /// Reads the lines from `start` to the empty line (RFC 9112 §5).
    ///
    /// - Throws: 400 for a line that is not `name: value`, or a repeated name that frames or
    ///   routes the request; 431 for more lines than `limit`.
    init(_ head: [UInt8], from start: Int, limit: Int) throws(HTTPRefusal) {
        self.head = head
        var index = start
        var count = 0
        while head[index] != .carriageReturn {
            count += 1
            guard count <= limit else {
                throw HTTPRefusal(431, "There are more than \(limit) header lines.")
            }
            try readLine(at: &index)
        }
    }

    private mutating func readLine(at index: inout Int) throws(HTTPRefusal) {
        let nameStart = index
        while head[index].isTokenCharacter { index += 1 }
        guard head[index] == .colon, index > nameStart else {
            // This is also where a folded line and a space before the colon end (§5.1, §5.2).
            throw HTTPRefusal(400, "A header line is not a name, a colon and a value.")
        }
        let nameEnd = index
        index += 1
        while head[index] == .space || head[index] == .tab { index += 1 }
        let valueStart = index
        while head[index] != .carriageReturn { index += 1 }
        var valueEnd = index
        while valueEnd > valueStart, head[valueEnd - 1] == .space || head[valueEnd - 1] == .tab {
            valueEnd -= 1
        }
        index += 2
        try note(head[nameStart..<nameEnd], valueStart..<valueEnd)
    }

    /// Records the line if its name is one of those that matter here.
    private mutating func note(
        _ name: ArraySlice<UInt8>,
        _ value: Range<Int>
    ) throws(HTTPRefusal) {
        switch name.count {
        case 4 where name.isCaseInsensitively("host"):
            guard host == nil else {
                throw HTTPRefusal(400, "There is more than one Host header.")
            }
            host = value
        case 6 where name.isCaseInsensitively("expect"): hasExpectation = true
        case 10 where name.isCaseInsensitively("connection"):
            for option in head[value].split(separator: UInt8(ascii: ",")) {
                let option = option.trimmed
                asksClose = asksClose || option.isCaseInsensitively("close")
                asksKeepAlive = asksKeepAlive || option.isCaseInsensitively("keep-alive")
            }
        case 14 where name.isCaseInsensitively("content-length"):
            guard contentLength == nil else {
                throw HTTPRefusal(400, "There is more than one Content-Length header.")
            }
            contentLength = value
        case 17 where name.isCaseInsensitively("transfer-encoding"): hasTransferEncoding = true
        default: break
        }
    }

    /// Returns the length of the body; 0 if there is none.
    ///
    /// - Throws: 400, 411 or 413 (RFC 9112 §6).
    func bodyLength(_ limits: HTTPLimits) throws(HTTPRefusal) -> Int {
        // Both ends of the connection must agree on the end of the body: only one way is allowed.
        guard !hasTransferEncoding else {
            throw HTTPRefusal(411, "Send the body with Content-Length, not Transfer-Encoding.")
        }
        guard let contentLength else { return 0 }
        let digits = head[contentLength]
        guard !digits.isEmpty, digits.allSatisfy(\.isDigit) else {
            throw HTTPRefusal(400, "Content-Length is not a number.")
        }
        var length = 0
        for digit in digits {
            length = length * 10 + Int(digit - UInt8(ascii: "0"))
            // This also keeps the number from overflowing, regardless of its digits.
            guard length <= limits.bodyBytes else {
                throw HTTPRefusal(413, "The body is longer than \(limits.bodyBytes) bytes.")
            }
        }
        return length
    }
}

extension ArraySlice<UInt8> {
    /// The bytes without the spaces and tabs around them.
    fileprivate var trimmed: ArraySlice<UInt8> {
        var slice = self
        while let first = slice.first, first == .space || first == .tab { slice.removeFirst() }
        while let last = slice.last, last == .space || last == .tab { slice.removeLast() }
        return slice
    }
}
