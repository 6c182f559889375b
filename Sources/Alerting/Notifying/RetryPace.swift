/// How long to wait after failed attempts.
package struct RetryPace: Hashable, Sendable {
    /// After the first failure; 5 s.
    package var first: Duration
    /// Doubling ends here; 15 min.
    package var longest: Duration
    /// A receiver's `Retry-After` is believed up to this; 24 h.
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
    /// receiver do not come back to it in step. The receiver's `Retry-After` is a lower bound.
    package func wait(failures: Int, spread: Int64, asked: Duration?) -> Duration {
        // 2^20 times any sensible first wait is beyond the longest.
        let doublings = min(max(failures - 1, 0), 20)
        let plain = min(first.milliseconds << doublings, longest.milliseconds)
        let own = plain + plain * spread / 1000
        let heeded = min(asked ?? .zero, longestAsked).milliseconds
        return .milliseconds(max(own, heeded))
    }

    /// What so many failed attempts of one delivery take at least, with the shortest waits.
    package func leastWait(attempts: Int) -> Duration {
        // Beyond 2^20 times the first wait, and beyond 1,000 attempts, nothing more is to be learned.
        let attempts = min(max(attempts, 0), 1000)
        let waits = (0..<attempts).map {
            min(first.milliseconds << min($0, 20), longest.milliseconds)
        }
        return .milliseconds(waits.reduce(0, +) / 5 * 4)
    }
}
