/// The reason why the server itself answers a request; it then ends the connection.
struct HTTPRefusal: Error, Equatable {
    /// The status, 400 to 599.
    let status: Int
    /// The sentence for the client, without anything that the client sent.
    let detail: String

    init(_ status: Int, _ detail: String) {
        self.status = status
        self.detail = detail
    }
}

/// The checked request line and header lines, and the length of the body after them.
struct HTTPHead {
    /// The request, still without its body.
    var request: HTTPRequest
    let bodyLength: Int

    /// Reads a head that ends with its empty line and whose lines all end with CR LF.
    ///
    /// - Throws: the problem to send to the client.
    init(_ head: [UInt8], limits: HTTPLimits, peer: HTTPPeer) throws(HTTPRefusal) {
        let line = try HTTPRequestLine(head, limits: limits)
        let version = line.version
        let ranges = try HTTPTargetRanges(
            line.target,
            of: head,
            isOptions: head[line.method].elementsEqual("OPTIONS".utf8)
        )
        let fields = try HTTPHeaderFields(head, from: line.end, limit: limits.headerCount)

        switch (fields.host, version) {
        case (nil, .http11):
            throw HTTPRefusal(400, "An HTTP/1.1 request must have a Host header.")
        case (let host?, _) where !HTTPAuthority.isValid(head[host]):
            throw HTTPRefusal(400, "The Host header is not a host and an optional port.")
        default: break
        }
        bodyLength = try fields.bodyLength(limits)
        // RFC 9110 §10.1.1: an expectation means nothing in HTTP/1.0.
        guard !fields.hasExpectation || version == .http10 else {
            throw HTTPRefusal(417, "This server meets no expectation; send no Expect header.")
        }

        guard let path = HTTPPercentCoding.decoded(head[ranges.path]) else {
            throw HTTPRefusal(
                400,
                "The path has a broken escape, a control character, or is not UTF-8."
            )
        }
        guard let query = HTTPPercentCoding.pairs(of: ranges.query.map { head[$0] } ?? []) else {
            throw HTTPRefusal(400, "The query has a broken escape, NUL, or is not UTF-8.")
        }
        let keepsAlive =
            version == .http11 ? !fields.asksClose : fields.asksKeepAlive && !fields.asksClose
        request = HTTPRequest(
            method: String(decoding: head[line.method], as: UTF8.self),
            version: version,
            path: path.isEmpty ? "/" : path,
            query: query,
            body: [],
            peer: peer,
            keepsAlive: keepsAlive,
            head: head,
            ranges: ranges,
            hostRange: ranges.authority ?? fields.host,
            linesStart: line.end
        )
    }
}

/// The line `method SP target SP HTTP-version CR LF` (RFC 9112 §3).
struct HTTPRequestLine {
    let method: Range<Int>
    let target: Range<Int>
    let version: HTTPVersion
    /// The start of the first header line.
    let end: Int

    /// The longest method in the IANA registry has 17 bytes (`UPDATEREDIRECTREF`).
    private static let maximumMethodBytes = 32

    init(_ head: [UInt8], limits: HTTPLimits) throws(HTTPRefusal) {
        let lineEnd = head.firstIndex(of: .carriageReturn) ?? head.endIndex
        let line = head[..<lineEnd]
        guard let methodEnd = line.firstIndex(of: .space), methodEnd > 0,
            line[..<methodEnd].allSatisfy(\.isTokenCharacter)
        else { throw HTTPRefusal(400, "The request line does not begin with a method.") }
        let targetStart = methodEnd + 1
        guard let targetEnd = line[targetStart...].firstIndex(of: .space),
            targetEnd > targetStart
        else { throw HTTPRefusal(400, "The request line has no target and version.") }
        version = try Self.version(line[(targetEnd + 1)...])
        guard methodEnd <= Self.maximumMethodBytes else {
            throw HTTPRefusal(501, "The method name is too long.")
        }
        guard targetEnd - targetStart <= limits.targetBytes else { throw .targetTooLong(limits) }
        guard !line[..<methodEnd].elementsEqual("CONNECT".utf8) else {
            throw HTTPRefusal(501, "This server is not a proxy and does not support CONNECT.")
        }
        method = 0..<methodEnd
        target = targetStart..<targetEnd
        end = lineEnd + 2
    }

    private static func version(_ text: ArraySlice<UInt8>) throws(HTTPRefusal) -> HTTPVersion {
        let start = text.startIndex
        guard text.count == 8, text.prefix(5).elementsEqual("HTTP/".utf8),
            text[start + 5].isDigit, text[start + 6] == UInt8(ascii: "."), text[start + 7].isDigit
        else { throw HTTPRefusal(400, "The request line does not end with an HTTP version.") }
        guard text[start + 5] == UInt8(ascii: "1") else {
            throw HTTPRefusal(505, "This server supports only HTTP/1.1 and HTTP/1.0.")
        }
        return text[start + 7] == UInt8(ascii: "0") ? .http10 : .http11
    }
}

extension HTTPRefusal {
    /// Returns the 414 for a target over the bound.
    static func targetTooLong(_ limits: HTTPLimits) -> HTTPRefusal {
        HTTPRefusal(414, "The request target is longer than \(limits.targetBytes) bytes.")
    }
}
