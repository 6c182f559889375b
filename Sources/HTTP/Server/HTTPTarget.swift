/// The places of a request target's parts in the head.
struct HTTPTargetRanges: Sendable {
    /// The whole target, as sent.
    var target: Range<Int>
    /// The path, still percent-encoded; empty for an absolute-form target without one.
    package var path: Range<Int>
    /// The query after the first question mark; nil if there is none.
    var query: Range<Int>?
    /// The authority of an absolute-form target.
    var authority: Range<Int>?

    /// Finds the parts of a target (RFC 9112 §3.2).
    ///
    /// - Throws: 400 for a shape that this method may not have, or a byte that no target has.
    init(_ target: Range<Int>, of head: [UInt8], isOptions: Bool) throws(HTTPRefusal) {
        self.target = target
        path = target
        if target.count == 1, head[target.lowerBound] == UInt8(ascii: "*") {
            guard isOptions else {
                throw HTTPRefusal(400, "The target * is only valid with OPTIONS.")
            }
            return
        }
        if head[target.lowerBound] != .slash {
            let authority = try Self.authority(of: target, in: head)
            self.authority = authority
            path = authority.upperBound..<target.upperBound
        }
        guard head[path].allSatisfy(\.isPathOrQuery) else {
            throw HTTPRefusal(
                400,
                "The request target has a character that must be percent-encoded."
            )
        }
        if let mark = head[path].firstIndex(of: UInt8(ascii: "?")) {
            query = (mark + 1)..<path.upperBound
            path = path.lowerBound..<mark
        }
        guard path.isEmpty || head[path.lowerBound] == .slash else {
            throw HTTPRefusal(400, "The path of the request target does not begin with a slash.")
        }
    }

    /// Returns the authority of `http://authority/path?query`.
    private static func authority(
        of target: Range<Int>,
        in head: [UInt8]
    ) throws(HTTPRefusal) -> Range<Int> {
        let bytes = head[target]
        let start: Int
        if bytes.prefix(7).isCaseInsensitively("http://") {
            start = target.lowerBound + 7
        } else if bytes.prefix(8).isCaseInsensitively("https://") {
            start = target.lowerBound + 8
        } else {
            throw HTTPRefusal(400, "The request target is neither a path nor an http URL.")
        }
        let end = head[start..<target.upperBound].firstIndex {
            $0 == .slash || $0 == UInt8(ascii: "?")
        }
        let authority = start..<(end ?? target.upperBound)
        guard HTTPAuthority.isValid(head[authority]) else {
            throw HTTPRefusal(400, "The request target names no valid host.")
        }
        return authority
    }
}

/// The host and port that a client addresses.
enum HTTPAuthority {
    /// Whether this is a non-empty host with at most a port after it, and no user name.
    ///
    /// RFC 3986 §3.2.2, RFC 9110 §7.2.
    static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        if rest.first == UInt8(ascii: "[") {
            guard let close = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let literal = rest[(rest.startIndex + 1)..<close]
            guard literal.contains(.colon), literal.allSatisfy(isIPv6Byte) else { return false }
            rest = rest[(close + 1)...]
        } else {
            let end = rest.firstIndex(of: .colon) ?? rest.endIndex
            guard isName(rest[..<end]) else { return false }
            rest = rest[end...]
        }
        guard let first = rest.first else { return true }
        let port = rest.dropFirst()
        guard first == .colon, port.count <= 5, port.allSatisfy(\.isDigit) else { return false }
        return port.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 65535
    }

    private static func isIPv6Byte(_ byte: UInt8) -> Bool {
        byte.hexValue != nil || byte == .colon || byte == UInt8(ascii: ".")
    }

    private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
        guard !name.isEmpty else { return false }
        if name.allSatisfy(\.isHostName) { return true }
        return name.allSatisfy { $0.isHostName || $0 == UInt8(ascii: "%") }
            && HTTPPercentCoding.decoded(name) != nil
    }
}
