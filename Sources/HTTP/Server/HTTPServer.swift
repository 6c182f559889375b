import Glibc
package import System

/// A small, strict HTTP/1.1 server (RFC 9110, RFC 9112) on Unix and TCP sockets.
///
/// Everything runs on one queue: reading, the handler up to where it waits, and sending. A client
/// that is slow to send or to read delays nobody. A handler that computes does, unless it is
/// `@concurrent`. The requests of one connection are answered in order, one at a time; later bytes
/// of the client stay in the kernel. With no connection open, nothing ever wakes up.
package actor HTTPServer {
    /// The maximum of clients of one rank that get a 503 at the same time while the server is full.
    ///
    /// Further ones are closed without an answer, because those behind them in the kernel's queue
    /// may get a place.
    static let maximumSurplus = 8
    /// The number of clients accepted in one turn of the queue.
    private static let acceptedInOneTurn = 64
    /// The pause of accepting when there are no descriptors left.
    private static let exhaustionPause: Duration = .milliseconds(250)
    private static let readBytes = 16 * 1024

    package nonisolated let executor = QueueExecutor(label: "tokenwatchd.http")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    let limits: HTTPLimits
    let handler: @Sendable (HTTPRequest) async -> HTTPResponse
    private let accept: @Sendable (ListeningSocket) -> HTTPAcceptor.Outcome
    private let isOwner: @Sendable (UInt32) -> Bool

    private(set) var poller: HTTPPoller?
    private var ticker: HTTPTicker?
    private var listeners: [UInt64: ListeningSocket] = [:]
    private var connections: [UInt64: HTTPConnection] = [:]
    private var lastID: UInt64 = 0
    /// The next try to accept; nil unless accepting is paused for lack of descriptors.
    private var acceptsAgain: ContinuousClock.Instant?
    private var isAcceptingPaused = false
    private var isStopped = false

    /// The answers since the start.
    var figures = HTTPFigures()
    /// The instant of the current event.
    var now = ContinuousClock.now
    var date = HTTPDate()
    /// The buffer through which every connection's bytes go to its parser.
    var readBuffer = [UInt8](repeating: 0, count: readBytes)

    /// Creates a server that serves nothing yet.
    ///
    /// - Parameters:
    ///   - limits: the limits for clients.
    ///   - handler: answers each request; its task is cancelled when the client has left.
    package init(
        limits: HTTPLimits = HTTPLimits(),
        handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) {
        let own = geteuid()
        self.init(
            limits: limits,
            accept: { HTTPAcceptor.accept($0) },
            isOwner: { $0 == 0 || $0 == own },
            handler: handler
        )
    }

    /// Creates a server with another way to accept clients, and to identify its owner.
    init(
        limits: HTTPLimits,
        accept: @escaping @Sendable (ListeningSocket) -> HTTPAcceptor.Outcome,
        isOwner: @escaping @Sendable (UInt32) -> Bool = { $0 == 0 },
        handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) {
        self.limits = limits
        self.accept = accept
        self.isOwner = isOwner
        self.handler = handler
    }

    /// Returns the answers since the start, and the current connections.
    package func figuresNow() -> HTTPFigures {
        var figures = figures
        figures.connections = connections.count
        return figures
    }

    /// Serves the clients of a socket until `stop`; it may be called for several sockets.
    ///
    /// - Throws: `ListeningError` if the system has no descriptors left.
    package func serve(listener: ListeningSocket) throws(ListeningError) {
        guard !isStopped else {
            listener.close()
            return
        }
        let poller = try runningPoller()
        lastID += 1
        guard poller.add(listener.descriptor, id: lastID, .clients) else {
            throw .system(
                place: "HTTP server",
                call: "epoll_ctl",
                error: String(cString: strerror(errno))
            )
        }
        listeners[lastID] = listener
    }

    /// Ends every connection and closes every listening socket, immediately and finally.
    package func stop() {
        isStopped = true
        for connection in connections.values { connection.close() }
        connections = [:]
        for listener in listeners.values {
            poller?.remove(listener.descriptor)
            listener.close()
        }
        listeners = [:]
        ticker = nil
        poller = nil
    }

    private func runningPoller() throws(ListeningError) -> HTTPPoller {
        if let poller { return poller }
        let poller = HTTPPoller(queue: executor.queue) { [weak self] in
            self?.assumeIsolated { $0.poll() }
        }
        guard let poller else {
            throw .system(
                place: "HTTP server",
                call: "epoll_create1",
                error: String(cString: strerror(errno))
            )
        }
        self.poller = poller
        // A deadline is missed by at most two ticks, including the timer's leeway.
        let tick = min(.seconds(1), limits.shortestTime / 4)
        ticker = HTTPTicker(every: tick, queue: executor.queue) { [weak self] in
            self?.assumeIsolated { $0.tick() }
        }
        return poller
    }

    private func poll() {
        guard let poller else { return }
        now = .now
        let ready = poller.ready()
        // Clients that have left make room for new ones.
        for readiness in ready {
            if let connection = connections[readiness.id] { note(readiness, of: connection) }
        }
        for readiness in ready {
            if let listener = listeners[readiness.id] { acceptClients(of: listener) }
        }
    }

    private func tick() {
        now = .now
        var timed = 0
        for connection in Array(connections.values) {
            guard let deadline = connection.deadline else { continue }
            timed += 1
            if deadline <= now { expire(connection) }
        }
        if let instant = acceptsAgain {
            timed += 1
            if instant <= now { resumeAccepting() }
        }
        if timed == 0 { ticker?.stop() }
    }

    /// Sets the time within which a connection must reach its next step.
    func setDeadline(of connection: HTTPConnection, after duration: Duration) {
        connection.deadline = now.advanced(by: duration)
        ticker?.start()
    }

    /// Ends a connection, and forgets it.
    func end(_ connection: HTTPConnection) {
        connection.close()
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        if isAcceptingPaused { resumeAccepting() }
    }

    private func acceptClients(of listener: ListeningSocket) {
        for _ in 0..<Self.acceptedInOneTurn {
            switch accept(listener) {
            case .client(let socket, let peer):
                // Some clients with a 503 may have left: the next turn handles that first.
                if open(socket, peer) { return }
            case .lost: continue
            case .none: return
            case .exhausted:
                pauseAccepting()
                acceptsAgain = now.advanced(by: Self.exhaustionPause)
                ticker?.start()
                return
            }
        }
    }

    /// - Returns: whether it took the last place of those who are answered 503.
    private func open(_ socket: Int32, _ peer: HTTPPeer) -> Bool {
        let party = HTTPParty(peer, isOwner: isOwner)
        let decision = HTTPAdmission(limits: limits).decide(party, beside: holders)
        if case .full = decision, surplus(of: party.rank) >= Self.maximumSurplus {
            Glibc.close(socket)
            return false
        }
        if case .replaces(let id) = decision, let connection = connections[id] { end(connection) }
        lastID += 1
        let connection = HTTPConnection(
            id: lastID,
            socket: socket,
            party: party,
            parser: HTTPRequestParser(limits: limits, peer: peer),
            now: now
        )
        guard poller?.add(socket, id: lastID, .reading) == true else {
            connection.close()
            return false
        }
        connections[lastID] = connection
        guard case .full(let places) = decision else {
            connection.timedPhase = .idle
            setDeadline(of: connection, after: limits.idleTime)
            return false
        }
        connection.isSurplus = true
        refuse(
            connection,
            HTTPRefusal(503, "All \(places) connections are in use; try again later.")
        )
        return surplus(of: party.rank) == Self.maximumSurplus
    }

    /// The connections that hold a place.
    private var holders: [HTTPAdmission.Holder] {
        connections.values.lazy.filter { !$0.isSurplus }.map {
            HTTPAdmission.Holder(
                id: $0.id,
                party: $0.party,
                yields: $0.yields,
                lastUsed: $0.lastUsed
            )
        }
    }

    private func surplus(of rank: HTTPRank) -> Int {
        connections.values.lazy.filter { $0.isSurplus && $0.party.rank == rank }.count
    }

    private func pauseAccepting() {
        isAcceptingPaused = true
        for (id, listener) in listeners { poller?.change(listener.descriptor, id: id, .none) }
    }

    private func resumeAccepting() {
        isAcceptingPaused = false
        acceptsAgain = nil
        for (id, listener) in listeners { poller?.change(listener.descriptor, id: id, .clients) }
    }
}
