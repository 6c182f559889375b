package import Alerting

/// How a channel fares.
package struct ChannelReport: Hashable, Sendable {
    package let name: String
    /// What became of deliveries and attempts since the start.
    package let counts: ChannelQueue.Counts
    /// How long attempts took since the start.
    package let duration: Histogram
    /// Deliveries in memory that wait or are under way.
    package let waiting: Int
    /// Whether the outbox may hold more than those.
    package let mayHaveMore: Bool
    /// When the oldest of those in memory was made.
    package let oldestWaiting: Instant?
    package let lastError: String?
    package let lastErrorAt: Instant?
    /// Whether the last attempt failed, and one at a time is tried until one succeeds.
    package let isFailing: Bool
    package let nextAttemptAt: Instant?

    init(name: String, queue: ChannelQueue, duration: Histogram = Histogram()) {
        self.name = name
        counts = queue.counts
        self.duration = duration
        waiting = queue.waiting
        mayHaveMore = queue.mayHaveMore
        oldestWaiting = queue.oldestWaiting
        lastError = queue.lastError
        lastErrorAt = queue.lastErrorAt
        isFailing = queue.failures > 0
        nextAttemptAt = queue.nextStart()
    }
}

/// What a channel answered to a test event.
package struct ChannelTest: Hashable, Sendable {
    package let channel: String
    package let result: DeliveryResult
}
