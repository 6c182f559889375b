package import Alerting
import Glibc

/// The format in which a channel of type `stderr` writes an event.
package enum StderrFormat: String, CaseIterable, Hashable, Sendable {
    /// The event as one line for people.
    case text
    /// The event as JSON, one object a line.
    case json
}

/// Writes events to standard error: for a terminal, and for containers, whose runtime stores it.
package struct StderrChannel: Channel {
    package let name: String
    let format: StderrFormat
    /// The descriptor of standard error.
    var descriptor = STDERR_FILENO
    /// The clock for the time at the start of a line.
    let clock: @Sendable () -> Instant

    /// The longest wait for a pipe without an active reader, so that deliveries end in time.
    private static let longestWaitMilliseconds: Int32 = 2000

    package func deliver(_ delivery: Delivery) async -> DeliveryResult {
        var bytes = Array(line(of: delivery).utf8)[...]
        while !bytes.isEmpty {
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&ready, 1, Self.longestWaitMilliseconds) > 0 else {
                return .retry(error: "standard error is full; check the program that reads it")
            }
            // A ready pipe accepts this much without blocking (pipe(7), PIPE_BUF).
            let piece = bytes.prefix(4096)
            let count = piece.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR, errno != EAGAIN {
                let reason = String(cString: strerror(errno))
                return .retry(error: "standard error cannot be written: \(reason)")
            }
        }
        return .delivered
    }

    private func line(of delivery: Delivery) -> String {
        switch format {
        case .json: return delivery.body + "\n"
        case .text:
            let word = SyslogMessage.word(for: delivery)
            return "\(clock().rfc3339) \(word): "
                + delivery.summary.escapedForTerminal(maximumBytes: 4096)
                + " [\(SyslogMessage.facts(of: delivery))]\n"
        }
    }
}
