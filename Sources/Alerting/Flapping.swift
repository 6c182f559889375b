/// When a condition that comes and goes was raised.
package struct RecentRaise: Hashable, Sendable {
    package let condition: Condition
    package let at: Instant

    package init(_ condition: Condition, at: Instant) {
        self.condition = condition
        self.at = at
    }
}

/// Keeps a condition that comes and goes from being told each time.
///
/// What is raised for the fourth time within a day ends only once it has been clear for a minute, the
/// fifth time for two, then four, up to six hours: at most some fifteen times a day it is told, however
/// often it comes.
enum Flapping {
    /// So often within `window` everything is told at once.
    static let patience = 3
    static let window: Duration = .days(1)
    private static let shortest: Duration = .minutes(1)
    private static let longest: Duration = .hours(6)

    /// What is remembered of a token; more change nothing any more.
    private static let maximumRemembered = 32

    /// Whether a condition is of the network's making, and may come and go by itself.
    static func concerns(_ condition: Condition) -> Bool {
        condition == .unreachable || condition == .malformed
    }

    /// How long a condition must have been clear before its alert ends; nil where it ends at once.
    static func settling(
        _ condition: Condition,
        _ raises: [RecentRaise],
        at now: Instant
    ) -> Duration? {
        let count = raises.count { $0.condition == condition && now - $0.at < window }
        guard count > patience else { return nil }
        let doublings = min(count - patience - 1, 10)
        return min(.seconds(shortest.wholeSeconds << Int64(doublings)), longest)
    }

    /// The raises that still count, with those of `alerts` that are new.
    static func remembered(
        _ raises: [RecentRaise],
        raised alerts: some Sequence<Alert>,
        at now: Instant
    ) -> [RecentRaise] {
        let new = alerts.map { RecentRaise($0.condition, at: $0.since) }
        return (raises.filter { now - $0.at < window } + new).suffix(maximumRemembered)
    }
}
