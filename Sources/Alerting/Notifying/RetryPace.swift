/// The waits after failed attempts.
package struct RetryPace: Hashable, Sendable {
    /// The wait after the first failure; 5 s.
    package var first: Duration
    /// The wait at which doubling ends; 15 min.
    package var longest: Duration
    /// The longest `Retry-After` of a receiver that is honoured; 24 h.
    package var longestAsked: Duration

    package init(
        first: Duration = .seconds(5),
        longest: Duration = .minutes(15),
        longestAsked: Duration = .hours(24)
    ) {
        self.first = first
        self.longest = longest
        self.longestAsked = longestAsked
    }

    /// The wait after a number of failures in a row, 1 or more.
    ///
    /// `spread` is the jitter in thousandths, -200 to 200, so that many daemons that lost one
    /// receiver do not return to it at the same time. The receiver's `Retry-After` is a lower
    /// bound.
    package func wait(failures: Int, spread: Int64, asked: Duration?) -> Duration {
        // 2^20 times any sensible first wait is longer than the longest.
        let doublings = min(max(failures - 1, 0), 20)
        let plain = min(first.milliseconds << doublings, longest.milliseconds)
        let own = plain + plain * spread / 1000
        let heeded = min(asked ?? .zero, longestAsked).milliseconds
        return .milliseconds(max(own, heeded))
    }

    /// The least time that a number of failed attempts of one delivery takes.
    package func leastWait(attempts: Int) -> Duration {
        // 2^20 times the first wait, or 1,000 attempts, is enough: more changes nothing.
        let attempts = min(max(attempts, 0), 1000)
        let waits = (0..<attempts).map {
            min(first.milliseconds << min($0, 20), longest.milliseconds)
        }
        return .milliseconds(waits.reduce(0, +) / 5 * 4)
    }
}
