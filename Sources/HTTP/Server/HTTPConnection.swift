import Glibc

/// One client: its socket, the bytes it has sent, and the bytes to send to it.
///
/// It belongs to its server, which makes all decisions; this type has the operations on one socket.
final class HTTPConnection {
    /// The next state when everything is sent.
    enum Ending {
        case nextRequest
        /// The sending side is shut down, and what the client still sends is read for a while and
        /// dropped: closing at once could destroy the answer on its way (RFC 9112 §9.6).
        case linger
    }

    enum Phase {
        /// No whole request is here yet.
        case receiving
        /// The handler has one.
        case answering
        /// The stream produces a piece, or a piece is being sent.
        case streaming
        /// The last bytes of an answer are being sent.
        case sending(Ending)
        /// Up to this many more bytes of the client are dropped.
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
    /// The user of its place.
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
    /// When it was opened, or bytes of an answer were last sent.
    ///
    /// Received bytes do not count: a request sent a byte at a time would look busy.
    var lastUsed: ContinuousClock.Instant
    /// The handler at work, or the stream.
    var task: Task<Void, Never>?
    /// The stream, waiting until its last piece is sent.
    var sender: CheckedContinuation<Void, Never>?
    /// Whether the stream was asked and has not answered.
    var awaitsPiece = false
    /// Whether the client has finished sending.
    var hasPeerFinished = false
    /// Whether reading may yield something: cleared when it did not, set when epoll says so.
    var isReadable = false
    /// Whether it is over the bound, and only waits for its 503 to be read.
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

    /// Whether it can make room for another: it waits for its client, or for something to report.
    ///
    /// A client that never sends the rest of its request, never takes its answer, or follows the
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
            // A short read is all there is (epoll(7)); an end after it is a new event.
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

    /// Ends it; cancels the task that works for it.
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
