import Glibc

/// The unsent bytes of one connection, without a copy of a large body.
struct HTTPOutput {
    /// The result of an attempt to send.
    enum Outcome {
        case finished
        /// The socket is full for now; the value is whether it took anything.
        case blocked(hasProgressed: Bool)
        /// The client has left.
        case failed
    }

    /// The body size up to which a copy after the head is cheaper than a second vector.
    private static let copiedBodyBytes = 8 * 1024

    /// The size above which a buffer is freed when all is sent.
    private static let keptCapacity = 2 * copiedBodyBytes

    private var head: [UInt8] = []
    private var body: [UInt8] = []
    /// The number of sent bytes of head and body.
    private var sent = 0

    /// Whether all bytes are sent.
    var isEmpty: Bool { sent == head.count + body.count }

    /// Appends bytes to the unsent ones.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        if !body.isEmpty {
            head.append(contentsOf: body)
            body = []
        }
        head.append(contentsOf: bytes)
    }

    /// Appends a body to the unsent bytes.
    package mutating func append(body bytes: [UInt8]) {
        guard bytes.count > Self.copiedBodyBytes, body.isEmpty else {
            append(bytes)
            return
        }
        body = bytes
    }

    /// Appends one chunk of the chunked coding to the unsent bytes (RFC 9112 §7.1).
    package mutating func append(chunk: [UInt8]) {
        append(String(chunk.count, radix: 16).utf8)
        head.append("\r\n")
        append(chunk)
        head.append("\r\n")
    }

    /// Appends the end of the chunked coding to the unsent bytes.
    mutating func appendLastChunk() {
        append("0\r\n\r\n".utf8)
    }

    /// Sends as many bytes as the socket takes without waiting.
    mutating func send(to socket: Int32) -> Outcome {
        var hasProgressed = false
        while !isEmpty {
            let count = sendOnce(to: socket)
            if count >= 0 {
                sent += count
                hasProgressed = hasProgressed || count > 0
            } else if errno == EAGAIN {
                return .blocked(hasProgressed: hasProgressed)
            } else if errno != EINTR {
                return .failed
            }
        }
        head.removeAll(keepingCapacity: head.capacity <= Self.keptCapacity)
        body = []
        sent = 0
        return .finished
    }

    private func sendOnce(to socket: Int32) -> Int {
        let flags = Int32(MSG_NOSIGNAL)
        if body.isEmpty {
            return head.withUnsafeBytes { head in
                Glibc.send(socket, head.baseAddress?.advanced(by: sent), head.count - sent, flags)
            }
        }
        return head.withUnsafeBytes { head in
            body.withUnsafeBytes { body in
                let sentOfHead = min(sent, head.count)
                let sentOfBody = sent - sentOfHead
                var vectors = (
                    iovec(
                        iov_base: UnsafeMutableRawPointer(
                            mutating: head.baseAddress?.advanced(by: sentOfHead)
                        ),
                        iov_len: head.count - sentOfHead
                    ),
                    iovec(
                        iov_base: UnsafeMutableRawPointer(
                            mutating: body.baseAddress?.advanced(by: sentOfBody)
                        ),
                        iov_len: body.count - sentOfBody
                    )
                )
                return withUnsafeMutableBytes(of: &vectors) { vectors in
                    var message = msghdr()
                    message.msg_iov = vectors.assumingMemoryBound(to: iovec.self).baseAddress
                    message.msg_iovlen = 2
                    return sendmsg(socket, &message, flags)
                }
            }
        }
    }
}
