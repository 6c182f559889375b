package import Alerting

/// Counts of what all tokens are in, and of what became of their polls.
package struct Tally: Hashable, Sendable {
    package private(set) var tokens: [TokenHealth: Int] = [:]
    package private(set) var alerts: [Severity: Int] = [:]
    package var polls = PollFigures()

    init() {}

    init(_ census: Census, polls: PollFigures) {
        tokens = census.tokens
        alerts = census.alerts
        self.polls = polls
    }
}
