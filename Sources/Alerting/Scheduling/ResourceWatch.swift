/// Whether this machine has what polls need: file descriptors and memory.
///
/// A poll that lacks one says nothing about its token. It is one alert of the daemon, which ends a
/// minute after the last such poll: while descriptors are scarce, some polls succeed.
package struct ResourceWatch: Hashable, Sendable {
    /// What was lacking last, in words; nil once a poll was made.
    package private(set) var problem: String?
    private var lastAt = Moment.never

    /// When the alert may end; `.never` without one.
    package private(set) var endsAt = Moment.never

    private static let endsAfter = Duration.minutes(1)

    package init() {}

    /// Takes up an alert that an earlier run raised.
    package mutating func resume(at now: Moment) {
        endsAt = now + Self.endsAfter
    }

    /// A poll lacked something.
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

    /// A poll was answered.
    package mutating func polled() {
        problem = nil
    }

    /// Whether the alert ends now.
    package mutating func hasEnded(at now: Moment) -> Bool {
        guard endsAt <= now else { return false }
        endsAt = .never
        return true
    }

    /// What is lacking now: a poll that is put off is tried again well within this time.
    package func recentProblem(at now: Moment) -> String? {
        guard lastAt != .never, now - lastAt < Self.endsAfter else { return nil }
        return problem
    }
}
