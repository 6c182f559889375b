import Glibc

/// One client: its socket, the received bytes, and the bytes to send.
///
/// It belongs to its server, which makes all decisions; this type has the operations on one socket.
final class HTTPConnection {
    /// The state after everything is sent.
    enum Ending {
        case nextRequest
        /// The sending side is shut down, and further bytes of the client are dropped for a while.
        ///
        /// Closing at once could destroy the answer on its way (RFC 9112 §9.6).
        case linger
    }

    enum Phase {
        /// The server has not received a whole request yet.
        case receiving
        /// The handler works on a request.
        case answering
        /// The stream produces a piece, or a piece is being sent.
        case streaming
        /// The last bytes of an answer are being sent.
        case sending(Ending)
        /// The server drops up to this many further bytes of the client.
        case lingering(bytesLeft: Int)
        case closed
    }

    /// The result of reading.
    enum Reading {
        case bytes(Int)
        case nothingYet
        case end
        case failed
    }

    let id: UInt64
    let socket: Int32
    /// The party that uses its place.
    let party: HTTPParty
    var parser: HTTPRequestParser
    var phase = Phase.receiving
    var output = HTTPOutput()
    /// Whether it waits for room to send.
    var awaitsRoom = false
    /// The deadline of the next step; nil without one.
    var deadline: ContinuousClock.Instant?
    /// The part of a request that `deadline` limits.
    var timedPhase: HTTPRequestParser.Phase?
    /// The time at which it was opened, or bytes of an answer were last sent.
    ///
    /// Received bytes do not count: a request sent a byte at a time would look busy.
    var lastUsed: ContinuousClock.Instant
    /// The running handler or stream.
    var task: Task<Void, Never>?
    /// The stream, which waits until its last piece is sent.
    var sender: CheckedContinuation<Void, Never>?
    /// Whether the stream was requested to produce a piece and has not done so.
    var awaitsPiece = false
    /// Whether the client has finished sending.
    var hasPeerFinished = false
    /// Whether reading may return bytes: cleared when it did not, set when epoll reports it.
    var isReadable = false
    /// Whether it is over the bound, and only waits until its client has read the 503.
    var isSurplus = false

    init(
        id: UInt64,
        socket: Int32,
        party: HTTPParty,
        parser: HTTPRequestParser,
        now: ContinuousClock.Instant
    ) {
        self.id = id
        self.socket = socket
        self.party = party
        self.parser = parser
        lastUsed = now
    }

    deinit { close() }

    var isClosed: Bool {
        if case .closed = phase { true } else { false }
    }

    /// Whether it can make room for another: it waits for its client, or for events.
    ///
    /// A client that never sends the rest of its request, never reads its answer, or follows the
    /// events would otherwise keep its place without limit.
    var yields: Bool {
        switch phase {
        case .receiving, .sending, .lingering: true
        case .streaming: awaitsPiece || awaitsRoom
        case .answering, .closed: false
        }
    }

    /// Reads once, as much as there is room for.
    func read(into buffer: inout [UInt8]) -> Reading {
        let capacity = buffer.count
        let count = buffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, capacity, 0) }
        if count > 0 {
            // A short read is everything (epoll(7)); an end after it is a new event.
            if count < capacity, !hasPeerFinished { isReadable = false }
            return .bytes(count)
        }
        if count == 0 { return .end }
        switch errno {
        case EAGAIN:
            isReadable = false
            return .nothingYet
        case EINTR: return .nothingYet
        default: return .failed
        }
    }

    /// Shuts the sending side down.
    func finishSending() {
        shutdown(socket, Int32(SHUT_WR))
    }

    /// Closes the connection, and cancels its task.
    func close() {
        guard !isClosed else { return }
        phase = .closed
        deadline = nil
        task?.cancel()
        task = nil
        sender?.resume()
        sender = nil
        Glibc.close(socket)
    }
}
