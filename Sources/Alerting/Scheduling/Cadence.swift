/// The times at which a token is polled.
package enum Cadence {
    /// The longest wait between two polls of a rejected token, unless its interval is longer.
    package static let longestRejectedWait: Duration = .hours(6)

    /// The next instant of the token's own phase after `now`.
    ///
    /// Phases are spread over the interval by the hash of the id, and the same after a restart.
    package static func nextPhase(
        of hash: UInt64,
        interval: Duration,
        after now: Instant
    ) -> Instant {
        let length = max(1, interval.milliseconds)
        let phase = Int64(hash % UInt64(length))
        let sincePhase = now.milliseconds - phase
        let passed = sincePhase >= 0 ? sincePhase / length : (sincePhase - length + 1) / length
        return Instant(milliseconds: (passed + 1) * length + phase)
    }

    /// The wait after a poll that failed `failures` times in a row, at most `interval`.
    ///
    /// 1, 2, 4 … minutes; `jitter` of 0 to 1 makes it up to a fifth shorter or longer.
    package static func retryWait(
        failures: Int,
        interval: Duration,
        jitter: Double
    ) -> Duration {
        let doublings = Int64(min(max(failures - 1, 0), 16))
        let wait = min(Duration.minutes(1 << doublings), interval)
        let spread = Double(wait.milliseconds) * (0.8 + 0.4 * jitter)
        return min(.milliseconds(Int64(spread)), interval)
    }

    /// The wait after `failures` rejections in a row: the interval times 2, 4, ….
    package static func rejectedWait(failures: Int, interval: Duration) -> Duration {
        let doublings = Int64(min(max(failures, 1), 20))
        let longest = max(interval, longestRejectedWait)
        return .milliseconds(min(interval.milliseconds << doublings, longest.milliseconds))
    }
}
