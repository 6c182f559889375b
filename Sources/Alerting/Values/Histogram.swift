/// A histogram of durations since the start.
package struct Histogram: Hashable, Sendable {
    /// The upper bounds of all buckets but the last, which takes everything, as in Prometheus.
    ///
    /// They range from a request on loopback to a poll that uses up its timeout.
    package static let bounds: [(duration: Duration, text: String)] = [
        (.milliseconds(1), "0.001"), (.milliseconds(5), "0.005"), (.milliseconds(25), "0.025"),
        (.milliseconds(100), "0.1"), (.milliseconds(250), "0.25"), (.milliseconds(500), "0.5"),
        (.seconds(1), "1"), (.milliseconds(2500), "2.5"), (.seconds(5), "5"), (.seconds(10), "10"),
        (.seconds(30), "30"),
    ]

    /// The counts, one for each bound and one for longer durations.
    package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// The sum of all durations.
    package private(set) var sum = Duration.zero

    package init() {}

    /// The number of recorded durations.
    package var count: Int { counts.reduce(0, +) }

    /// Records a duration; after a clock was set back, the least duration is zero.
    package mutating func note(_ duration: Duration) {
        let duration = max(.zero, duration)
        let bucket = Self.bounds.firstIndex { duration <= $0.duration } ?? Self.bounds.count
        counts[bucket] += 1
        sum += duration
    }
}
