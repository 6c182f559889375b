/// The outcomes of polls since the start.
package struct PollFigures: Hashable, Sendable {
    private var counts: [Outcome: Int] = [:]
    package private(set) var duration = Histogram()

    package init() {}

    mutating func note(_ outcome: Outcome, took duration: Duration) {
        counts[outcome, default: 0] += 1
        self.duration.note(duration)
    }

    package func count(_ outcome: Outcome) -> Int { counts[outcome] ?? 0 }

    package var done: Int { counts.values.reduce(0, +) }

    package var failed: Int { done - count(.ok) }
}
