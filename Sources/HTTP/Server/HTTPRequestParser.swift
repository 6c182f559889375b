/// Divides the bytes of one connection into requests, without sockets or time.
///
/// Bytes go in by `append`, requests come out by `next`, one at a time. After a refusal there is
/// nothing more to read, because the start of the next request is unknown.
struct HTTPRequestParser {
    /// The result of `next`.
    enum Step {
        /// The bytes so far are not a whole request.
        case needsMore
        case request(HTTPRequest)
        case refused(HTTPRefusal)
    }

    /// The progress of the current request.
    enum Phase {
        /// No byte of the request has arrived.
        case idle
        case head
        case body
    }

    private enum State {
        case head
        case body(HTTPRequest, length: Int)
        case refused(HTTPRefusal)
    }

    private let limits: HTTPLimits
    private let peer: HTTPPeer
    private var state = State.head
    /// The received bytes that are not dropped yet; the current request begins at `start`.
    private var bytes: [UInt8] = []
    private var start = 0
    /// The index up to which the current head has no end and no invalid byte.
    private var scanned = 0
    /// The start of the line at `scanned`.
    private var lineStart = 0
    private var isRequestLineComplete = false
    private var hasSkippedEmptyLine = false
    /// Whether the current request is known to be a HEAD, whose answer has no body.
    private(set) var isHead = false

    /// The size above which an empty buffer is freed.
    private static let keptCapacity = 4096

    init(limits: HTTPLimits, peer: HTTPPeer) {
        self.limits = limits
        self.peer = peer
    }

    /// The progress of the current request.
    var phase: Phase {
        switch state {
        case .head: start == bytes.count && !hasSkippedEmptyLine ? .idle : .head
        case .body, .refused: .body
        }
    }

    /// Takes bytes; to be called only when `next` needs more, which bounds the kept bytes.
    package mutating func append(_ new: some Collection<UInt8>) {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
            rebase()
        } else if start > 0 {
            bytes.removeSubrange(..<start)
            rebase()
        }
        bytes.append(contentsOf: new)
    }

    /// Returns the next whole request, or the reason why there is none.
    mutating func next() -> Step {
        do throws(HTTPRefusal) {
            return try step()
        } catch {
            state = .refused(error)
            bytes = []
            start = 0
            return .refused(error)
        }
    }

    private mutating func rebase() {
        scanned -= start
        lineStart -= start
        start = 0
    }

    private mutating func step() throws(HTTPRefusal) -> Step {
        switch state {
        case .head:
            guard let end = try headEnd() else { return .needsMore }
            return try begin(headEnd: end)
        case .body(var request, let length):
            guard bytes.count - start >= length else { return .needsMore }
            request.body = Array(bytes[start..<(start + length)])
            return complete(request, end: start + length)
        case .refused(let refusal): throw refusal
        }
    }

    /// Reads the head, and the received part of the body.
    private mutating func begin(headEnd end: Int) throws(HTTPRefusal) -> Step {
        let bytesOfHead = Array(bytes[start..<end])
        isHead = bytesOfHead.starts(with: "HEAD ".utf8)
        let head = try HTTPHead(bytesOfHead, limits: limits, peer: peer)
        start = end
        state = .body(head.request, length: head.bodyLength)
        return try step()
    }

    private mutating func complete(_ request: HTTPRequest, end: Int) -> Step {
        state = .head
        start = end
        scanned = end
        lineStart = end
        isRequestLineComplete = false
        hasSkippedEmptyLine = false
        isHead = false
        return .request(request)
    }

    /// Searches the end of the head, starting where the last search stopped.
    ///
    /// - Returns: the index after the empty line, or nil if that has not arrived yet.
    /// - Throws: 400 at the first byte that no head has, 414 or 431 over the bounds.
    private mutating func headEnd() throws(HTTPRefusal) -> Int? {
        let count = bytes.count
        var isComplete = false
        scan: while scanned < count {
            let byte = bytes[scanned]
            if !byte.isControl || byte == .tab {
                scanned += 1
                continue
            }
            guard byte == .carriageReturn else {
                throw byte == .lineFeed
                    ? HTTPRefusal(400, "A line ends with LF alone; it must end with CR LF.")
                    : HTTPRefusal(400, "There is a control character in the head.")
            }
            guard scanned + 1 < count else { break scan }
            guard bytes[scanned + 1] == .lineFeed else {
                throw HTTPRefusal(400, "There is a CR without LF in the head.")
            }
            let isEmptyLine = scanned == lineStart
            scanned += 2
            lineStart = scanned
            guard isEmptyLine else {
                isRequestLineComplete = true
                continue
            }
            if isRequestLineComplete {
                isComplete = true
                break scan
            }
            // RFC 9112 §2.2: an empty line before the request line is ignored; one, not many.
            guard !hasSkippedEmptyLine else {
                throw HTTPRefusal(400, "There are empty lines before the request line.")
            }
            hasSkippedEmptyLine = true
            start = scanned
        }
        try checkLength(isComplete: isComplete)
        return isComplete ? scanned : nil
    }

    private func checkLength(isComplete: Bool) throws(HTTPRefusal) {
        let length = scanned - start
        // The limit allows for the longest method and version with their spaces.
        if !isRequestLineComplete, length > limits.targetBytes + 64 {
            throw .targetTooLong(limits)
        }
        guard length < limits.headBytes || isComplete && length == limits.headBytes else {
            throw HTTPRefusal(431, "The head is longer than \(limits.headBytes) bytes.")
        }
    }
}
