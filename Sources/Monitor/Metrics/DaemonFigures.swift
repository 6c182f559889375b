package import Alerting

/// What the daemon counted of itself, asked of those who own it.
package struct DaemonFigures: Sendable {
    package var overview: StatusPorts.Overview
    package var deliveries: [DeliveryCount]
    package var channels: [ChannelReport]
    package var store: StoreFigures
    package var http: HTTPFigures
    package var process: ProcessFigures
    package var startedAt: Instant
}

/// What became of the transactions of the store since the start.
package struct StoreFigures: Hashable, Sendable {
    package private(set) var commits = 0
    package private(set) var failures = 0
    package private(set) var duration = Histogram()
    /// Bytes of the database and its log.
    package var size = 0

    mutating func note(succeeded: Bool, took duration: Duration) {
        if succeeded { commits += 1 } else { failures += 1 }
        self.duration.note(duration)
    }
}

/// What the status server answered since the start.
package struct HTTPFigures: Hashable, Sendable {
    /// By status, 200 to 599.
    package private(set) var answers: [Int: Int] = [:]
    package private(set) var duration = Histogram()
    /// Open now.
    package var connections = 0

    mutating func note(_ status: Int, took duration: Duration) {
        answers[status, default: 0] += 1
        self.duration.note(duration)
    }

    /// Notes a request that could not be understood, and so took no time.
    mutating func note(refused status: Int) {
        answers[status, default: 0] += 1
    }
}
