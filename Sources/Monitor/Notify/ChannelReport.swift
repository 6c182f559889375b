package import Alerting

/// The health and counts of a channel.
package struct ChannelReport: Hashable, Sendable {
    package let name: String
    /// The counts of deliveries and attempts since the start, by result.
    package let counts: ChannelQueue.Counts
    /// The durations of attempts since the start.
    package let duration: Histogram
    /// The deliveries in memory that are pending or in flight.
    package let waiting: Int
    /// Whether the outbox may hold more deliveries than memory.
    package let mayHaveMore: Bool
    /// The time since when the oldest pending delivery in memory waits, by the steady clock.
    package let oldestWaiting: Moment?
    /// The state of quiet hours and their last end: deliveries in quiet hours are not stuck.
    package let isQuiet: Bool
    package let quietEndedAt: Instant?
    package let lastError: String?
    package let lastErrorAt: Instant?
    /// Whether the last attempt failed.
    package let isFailing: Bool
    package let nextAttemptAt: Instant?

    init(name: String, queue: ChannelQueue, duration: Histogram = Histogram(), at now: Now) {
        self.name = name
        counts = queue.counts
        self.duration = duration
        waiting = queue.waiting
        mayHaveMore = queue.mayHaveMore
        oldestWaiting = queue.oldestWaiting
        isQuiet = queue.quietUntil != nil
        quietEndedAt = queue.quietEndedAt
        lastError = queue.lastError
        lastErrorAt = queue.lastErrorAt
        isFailing = queue.failures > 0
        nextAttemptAt = queue.nextStart().map(now.instant(of:))
    }
}

/// The result of a test event at a channel.
package struct ChannelTest: Hashable, Sendable {
    package let channel: String
    package let result: DeliveryResult

    /// The name of the heartbeat in tests of channels.
    package static let heartbeat = "heartbeat"
}

extension [ChannelReport] {
    /// The reasons why notifications are stuck; empty if they are not.
    ///
    /// `outboxProblem` is the error of reading or writing deliveries, or nil.
    func stuck(at now: Moment, outboxProblem: String?) -> [String] {
        var problems: [String] = []
        if let outboxProblem {
            problems.append("deliveries cannot be read or written: \(outboxProblem)")
        }
        for report in self {
            guard let since = report.oldestWaiting, now - since >= ChannelTrouble.longestWait else {
                continue
            }
            let error = report.lastError.map { ": \($0)" } ?? ""
            problems.append(
                "a delivery to channels.\(report.name) has waited for "
                    + (now - since).forPeople + error
            )
        }
        return problems
    }
}
