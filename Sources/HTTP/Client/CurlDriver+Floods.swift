import Alerting
import CCurl
import CLinux

// Bounds the bytes of a connection that are not part of the answer.
extension CurlDriver {
    /// The wake-ups between checks: libcurl reads some KB in each, so few answers are checked.
    private static let wakesBetweenChecks = 8

    /// Whether to check this wake-up's connections.
    var checksFloods: Bool { uncheckedWakes + 1 >= Self.wakesBetweenChecks }

    /// Ends the calls whose connections received many times the largest answer.
    ///
    /// libcurl drops the extensions of chunks (RFC 9112 §7.1.1), so no limit on the body ends
    /// them. With HTTP/2, calls share a connection, and there are no chunks.
    ///
    /// - Parameter ready: the sockets with readable bytes.
    func abandonFloods(_ ready: [Int32]) {
        uncheckedWakes = ready.isEmpty ? uncheckedWakes + 1 : 0
        guard !ready.isEmpty else { return }
        var received: [Int: UInt64] = [:]
        for socket in ready where sockets.isOpen(socket) {
            received[Int(clinux_local_port(socket))] = clinux_bytes_received(socket)
        }
        var floods: [HTTPCallID] = []
        for (id, call) in inFlight where call.transfer.isFlooded(by: call.call, received) {
            floods.append(id)
        }
        for id in floods.sorted() {
            guard let call = inFlight[id]?.call else { continue }
            abandon(id, .framingTooLarge(of: call))
        }
    }
}

extension CurlTransfer {
    /// Whether the call's connection is among those that `received` bytes, and has too many.
    fileprivate func isFlooded(by call: HTTPCall, _ received: [Int: UInt64]) -> Bool {
        // During a call, libcurl (7.88) reports its connection's port, but not its socket.
        guard collector.ownsConnection, let now = received[long(CURLINFO_LOCAL_PORT)] else {
            return false
        }
        guard let before = receivedBefore else {
            receivedBefore = now
            return false
        }
        return now > before && now - before > UInt64(call.maximumConnectionBytes)
    }
}

extension HTTPCall {
    /// The maximum of a connection's bytes for the answer, including framing and TLS.
    fileprivate var maximumConnectionBytes: Int {
        8 * (AnswerCollector.maximumHeadBytes + maximumBodyBytes)
    }
}

extension HTTPFailure {
    fileprivate static func framingTooLarge(of call: HTTPCall) -> HTTPFailure {
        HTTPFailure(
            kind: .tooLarge,
            message: "\(call.place) sent over \(call.maximumConnectionBytes) bytes for an answer of"
                + " at most \(call.maximumBodyBytes)"
        )
    }
}
