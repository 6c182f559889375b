/// The head of an answer, and its decisions about the bytes after it.
struct HTTPResponseHead {
    /// The way in which the client finds the end of the body.
    enum Framing {
        /// The body is empty, or its length is in the head.
        case length
        case chunked
        /// The connection ends after the body: a stream to an HTTP/1.0 client.
        case close
    }

    /// The bytes from the status line to the empty line.
    private(set) var bytes: [UInt8] = []
    let framing: Framing
    /// Whether to omit the body.
    let omitsBody: Bool
    /// Whether another request may follow.
    private(set) var keepsAlive: Bool

    /// Writes the head; nil if the response may not be sent unchanged.
    ///
    /// - Parameters:
    ///   - response: the handler's answer; its body is not verbatim.
    ///   - request: the answered request.
    ///   - dateLine: `Date` with its line end.
    init?(
        _ response: HTTPResponse,
        to request: HTTPRequest.Answering,
        dateLine: [UInt8]
    ) {
        guard (200..<600).contains(response.status) else { return nil }
        let hasNoContent = response.status == 204 || response.status == 304
        omitsBody = hasNoContent || request.isHead
        keepsAlive = request.keepsAlive
        var length: Int?
        switch response.body {
        case .bytes(let body), .verbatim(let body):
            framing = .length
            length = hasNoContent ? nil : body.count
        case .stream where hasNoContent: framing = .length
        case .stream where request.version == .http10:
            framing = .close
            keepsAlive = keepsAlive && omitsBody
        case .stream: framing = .chunked
        }

        bytes.reserveCapacity(256)
        bytes.append("HTTP/1.1 ")
        bytes.append(decimal: response.status)
        bytes.append(.space)
        bytes.append(contentsOf: HTTPStatus.reason(response.status).utf8)
        bytes.append("\r\n")
        let hasOwnDate = response.headers.contains { name, _ in
            name.utf8.count == 4 && Array(name.utf8).isCaseInsensitively("date")
        }
        if !hasOwnDate { bytes.append(contentsOf: dateLine) }
        for (name, value) in response.headers {
            guard append(name: name, value: value) else { return nil }
        }
        if let length {
            bytes.append("Content-Length: ")
            bytes.append(decimal: length)
            bytes.append("\r\n")
        }
        if case .chunked = framing { bytes.append("Transfer-Encoding: chunked\r\n") }
        if !keepsAlive {
            bytes.append("Connection: close\r\n")
        } else if request.version == .http10 {
            bytes.append("Connection: keep-alive\r\n")
        }
        bytes.append("\r\n")
    }

    /// Appends one line, unless its name is one of the server's.
    ///
    /// - Returns: false for a name or a value that no header has.
    private mutating func append(name: String, value: String) -> Bool {
        let start = bytes.count
        bytes.append(contentsOf: name.utf8)
        guard bytes.count > start, bytes[start...].allSatisfy(\.isTokenCharacter) else {
            return false
        }
        if isServersOwn(bytes[start...]) {
            if bytes[start...].isCaseInsensitively("connection"),
                value.utf8.count == 5, Array(value.utf8).isCaseInsensitively("close")
            {
                keepsAlive = false
            }
            bytes.removeSubrange(start...)
            return true
        }
        bytes.append(": ")
        let valueStart = bytes.count
        bytes.append(contentsOf: value.utf8)
        guard bytes[valueStart...].allSatisfy({ !$0.isControl || $0 == .tab }) else {
            return false
        }
        bytes.append("\r\n")
        return true
    }

    private func isServersOwn(_ name: ArraySlice<UInt8>) -> Bool {
        switch name.count {
        case 10: name.isCaseInsensitively("connection")
        case 14: name.isCaseInsensitively("content-length")
        case 17: name.isCaseInsensitively("transfer-encoding")
        default: false
        }
    }
}

extension HTTPRequest {
    /// The parts of a request that decide the framing of its answer.
    struct Answering {
        var version: HTTPVersion
        var isHead: Bool
        var keepsAlive: Bool
    }

    var answering: Answering {
        Answering(version: version, isHead: isHead, keepsAlive: keepsAlive)
    }
}
