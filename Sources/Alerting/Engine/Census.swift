/// The health of a token, by its worst alert.
extension TokenState {
    /// `ok` may have info alerts; `unknown` is before the first good answer.
    package var health: TokenHealth {
        // The start counts 100,000 healthy tokens here.
        if alerts.isEmpty { return known == nil ? .unknown : .ok }
        return switch shownAlerts.map(\.severity).max() {
        case .critical: .critical
        case .warning: .warning
        case .info, nil: known == nil ? .unknown : .ok
        }
    }
}

/// The state of a token in one word, the worst first.
package enum TokenHealth: String, Hashable, Sendable, CaseIterable {
    case critical
    case warning
    case unknown
    case ok
}

/// Counts of tokens by state, updated with each change.
package struct Census: Hashable, Sendable {
    package private(set) var tokens: [TokenHealth: Int] = [:]
    package private(set) var alerts: [Severity: Int] = [:]

    package init() {}

    mutating func add(_ state: TokenState) {
        count(state, 1)
    }

    mutating func remove(_ state: TokenState) {
        count(state, -1)
    }

    private mutating func count(_ state: TokenState, _ step: Int) {
        tokens[state.health, default: 0] += step
        guard !state.alerts.isEmpty else { return }
        for alert in state.shownAlerts { alerts[alert.severity, default: 0] += step }
    }
}

/// Counts of tokens by state, and of the outcomes of polls.
package struct Tally: Hashable, Sendable {
    package let tokens: [TokenHealth: Int]
    package let alerts: [Severity: Int]
    package let polls: PollFigures

    package init(_ census: Census = Census(), polls: PollFigures = PollFigures()) {
        tokens = census.tokens
        alerts = census.alerts
        self.polls = polls
    }
}
