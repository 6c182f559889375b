import Glibc

/// The handling of one connection from its bytes to its answers.
extension HTTPServer {
    /// The maximum of a client's bytes while the server ends the connection.
    private static let lingeringBytes = 256 * 1024

    /// Handles the events of a connection.
    func note(_ readiness: HTTPPoller.Readiness, of connection: HTTPConnection) {
        if readiness.isPeerGone {
            // The client has left: there is nobody to answer.
            end(connection)
            return
        }
        if readiness.isReadable { connection.isReadable = true }
        if readiness.hasPeerFinished, !connection.hasPeerFinished {
            connection.hasPeerFinished = true
            timeHalfClosedStream(connection)
        }
        if readiness.isWritable, !connection.output.isEmpty { flush(connection) }
        receive(connection)
    }

    /// Ends a connection whose deadline has passed.
    func expire(_ connection: HTTPConnection) {
        switch connection.phase {
        case .receiving where connection.parser.phase != .idle:
            refuse(connection, HTTPRefusal(408, "The request timed out."))
            receive(connection)
        case .receiving, .answering, .streaming, .sending, .lingering, .closed: end(connection)
        }
    }

    /// Answers in place of the handler, and ends the connection with that.
    func refuse(_ connection: HTTPConnection, _ refusal: HTTPRefusal) {
        figures.note(refused: refusal.status)
        let answering = HTTPRequest.Answering(
            version: .http11,
            isHead: connection.parser.isHead,
            keepsAlive: false
        )
        send(.problem(refusal.status, refusal.detail), answering, on: connection)
    }

    /// Advances a connection as far as its bytes and its phase allow.
    private func receive(_ connection: HTTPConnection) {
        while true {
            switch connection.phase {
            case .receiving:
                guard receiveStep(connection) else { return }
            case .lingering(let bytesLeft):
                guard lingerStep(connection, bytesLeft: bytesLeft) else { return }
            case .answering, .streaming, .sending, .closed: return
            }
        }
    }

    /// - Returns: whether there may be more to do at once.
    private func receiveStep(_ connection: HTTPConnection) -> Bool {
        switch connection.parser.next() {
        case .request(let request):
            begin(request, on: connection)
            return false
        case .refused(let refusal):
            refuse(connection, refusal)
            return true
        case .needsMore: break
        }
        guard connection.isReadable else {
            timeReceiving(connection)
            return false
        }
        switch connection.read(into: &readBuffer) {
        case .bytes(let count): connection.parser.append(readBuffer[..<count])
        case .nothingYet: break
        case .end where connection.parser.phase != .idle:
            refuse(connection, HTTPRefusal(400, "The request ends before it is complete."))
        case .end, .failed:
            end(connection)
            return false
        }
        return true
    }

    private func timeReceiving(_ connection: HTTPConnection) {
        let phase = connection.parser.phase
        guard connection.timedPhase != phase else { return }
        connection.timedPhase = phase
        switch phase {
        case .idle: setDeadline(of: connection, after: limits.idleTime)
        case .head: setDeadline(of: connection, after: limits.headTime)
        case .body: setDeadline(of: connection, after: limits.bodyTime)
        }
    }

    private func lingerStep(_ connection: HTTPConnection, bytesLeft: Int) -> Bool {
        guard connection.isReadable else { return false }
        switch connection.read(into: &readBuffer) {
        case .bytes(let count) where count < bytesLeft:
            connection.phase = .lingering(bytesLeft: bytesLeft - count)
        case .nothingYet: break
        case .bytes, .end, .failed:
            end(connection)
            return false
        }
        return true
    }

    private func begin(_ request: HTTPRequest, on connection: HTTPConnection) {
        connection.phase = .answering
        connection.deadline = nil
        connection.timedPhase = nil
        let start = now
        connection.task = Task {
            let response = await handler(request)
            figures.note(response.status, took: ContinuousClock.now - start)
            await answer(response, request.answering, on: connection)
        }
    }

    private func answer(
        _ response: HTTPResponse,
        _ answering: HTTPRequest.Answering,
        on connection: HTTPConnection
    ) async {
        guard !connection.isClosed else { return }
        now = .now
        send(response, answering, on: connection)
        guard case .streaming = connection.phase, case .stream(let next) = response.body else {
            receive(connection)
            return
        }
        let isChunked = answering.version == .http11
        while let piece = await nextPiece(next, of: connection) {
            guard !connection.isClosed else { return }
            now = .now
            guard !piece.isEmpty else { continue }
            if isChunked {
                connection.output.append(chunk: piece)
            } else {
                connection.output.append(body: piece)
            }
            flush(connection)
        }
        guard !connection.isClosed else { return }
        now = .now
        connection.deadline = nil
        if isChunked { connection.output.appendLastChunk() }
        let persists = isChunked && answering.keepsAlive
        connection.phase = .sending(persists ? .nextRequest : .linger)
        flush(connection)
        receive(connection)
    }

    /// Requests the next piece of a stream, once the one before it is sent.
    private func nextPiece(
        _ next: @Sendable () async -> [UInt8]?,
        of connection: HTTPConnection
    ) async -> [UInt8]? {
        // A stream that never waits would otherwise block the queue.
        await Task.yield()
        if !connection.isClosed, !connection.output.isEmpty {
            await withCheckedContinuation { connection.sender = $0 }
        }
        guard !connection.isClosed else { return nil }
        now = .now
        connection.deadline = nil
        connection.awaitsPiece = true
        timeHalfClosedStream(connection)
        defer { connection.awaitsPiece = false }
        return await next()
    }

    /// Limits the silence of a stream to a client that may have left.
    private func timeHalfClosedStream(_ connection: HTTPConnection) {
        guard connection.hasPeerFinished, connection.awaitsPiece else { return }
        setDeadline(of: connection, after: limits.halfClosedStreamTime)
    }

    /// Sends an answer; for a stream, its head.
    private func send(
        _ response: HTTPResponse,
        _ answering: HTTPRequest.Answering,
        on connection: HTTPConnection
    ) {
        if case .verbatim(let bytes) = response.body {
            guard !bytes.isEmpty else {
                end(connection)
                return
            }
            connection.phase = .sending(.linger)
            connection.output.append(body: bytes)
            flush(connection)
            return
        }
        let dateLine = date.line(at: time(nil))
        guard let head = HTTPResponseHead(response, to: answering, dateLine: dateLine) else {
            let problem = HTTPResponse.problem(500, "The answer could not be sent.")
            send(problem, answering, on: connection)
            return
        }
        connection.output.append(head.bytes)
        connection.phase = .sending(head.keepsAlive ? .nextRequest : .linger)
        if !head.omitsBody {
            switch response.body {
            case .bytes(let bytes), .verbatim(let bytes): connection.output.append(body: bytes)
            case .stream: connection.phase = .streaming
            }
        }
        flush(connection)
    }

    /// Sends as much as the client takes, and continues once everything is sent.
    private func flush(_ connection: HTTPConnection) {
        switch connection.output.send(to: connection.socket) {
        case .finished: break
        case .blocked(let hasProgressed):
            if hasProgressed { connection.lastUsed = now }
            awaitRoom(connection, hasProgressed: hasProgressed)
            return
        case .failed:
            end(connection)
            return
        }
        connection.lastUsed = now
        if connection.awaitsRoom {
            connection.awaitsRoom = false
            poller?.change(connection.socket, id: connection.id, .reading)
        }
        switch connection.phase {
        case .sending(.nextRequest):
            connection.phase = .receiving
            connection.deadline = nil
        case .sending(.linger):
            connection.finishSending()
            connection.phase = .lingering(bytesLeft: Self.lingeringBytes)
            setDeadline(of: connection, after: limits.lingerTime)
        case .streaming:
            connection.deadline = nil
            connection.sender?.resume()
            connection.sender = nil
            timeHalfClosedStream(connection)
        case .receiving, .answering, .lingering, .closed: break
        }
    }

    private func awaitRoom(_ connection: HTTPConnection, hasProgressed: Bool) {
        let isFirst = !connection.awaitsRoom
        if isFirst {
            connection.awaitsRoom = true
            poller?.change(connection.socket, id: connection.id, .readingAndWriting)
        }
        switch connection.phase {
        case .streaming, .sending:
            guard isFirst || hasProgressed || connection.deadline == nil else { return }
            setDeadline(of: connection, after: limits.writeStallTime)
        case .receiving, .answering, .lingering, .closed: break
        }
    }
}
