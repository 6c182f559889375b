/// Watches whether this machine has what polls need: file descriptors and memory.
///
/// A poll that lacks one says nothing about its token. The daemon has one alert for all of them,
/// which ends a minute after the last such poll: while descriptors are scarce, some polls succeed.
package struct ResourceWatch: Hashable, Sendable {
    /// The last shortage, in words; nil once a poll was made.
    package private(set) var problem: String?
    private var lastAt = Moment.never

    /// The earliest end of the alert; `.never` without one.
    package private(set) var endsAt = Moment.never

    private static let endsAfter = Duration.minutes(1)

    package init() {}

    /// Takes over an alert that an earlier run raised.
    package mutating func resume(at now: Moment) {
        endsAt = now + Self.endsAfter
    }

    /// Records that a poll lacked something.
    ///
    /// - Returns: the alert.
    package mutating func lacked(_ problem: String, at now: Moment) -> Finding {
        self.problem = problem
        lastAt = now
        endsAt = now + Self.endsAfter
        return Finding(
            .outOfResources,
            .critical,
            "tokenwatchd cannot poll: \(problem)",
            details: [Detail("problem", problem)]
        )
    }

    /// Records that a poll was answered.
    package mutating func polled() {
        problem = nil
    }

    /// Whether the alert ends now.
    package mutating func hasEnded(at now: Moment) -> Bool {
        guard endsAt <= now else { return false }
        endsAt = .never
        return true
    }

    /// The current shortage: a postponed poll is retried well within this time.
    package func recentProblem(at now: Moment) -> String? {
        guard lastAt != .never, now - lastAt < Self.endsAfter else { return nil }
        return problem
    }
}
