/// The daemon's pending work, and since when it is pending: shows whether the daemon progresses.
package struct Vitals: Hashable, Sendable {
    /// The time at which the timer runs next; `.never` if nothing is planned.
    package var timerDue: Moment
    /// The start of the oldest poll in flight; nil if there is none.
    package var oldestPoll: Moment?
    /// The longest that a poll may take.
    package var pollTimeout: Duration
    /// The time of the oldest decision that is not yet written; nil if there is none.
    package var unwrittenSince: Moment?
    /// The error of the last commit; nil if it succeeded.
    package var storeProblem: String?
    /// The machine's shortage that prevents polls; nil while they are made.
    package var shortage: String?

    package init(
        timerDue: Moment,
        oldestPoll: Moment?,
        pollTimeout: Duration,
        unwrittenSince: Moment?,
        storeProblem: String?,
        shortage: String? = nil
    ) {
        self.timerDue = timerDue
        self.oldestPoll = oldestPoll
        self.pollTimeout = pollTimeout
        self.unwrittenSince = unwrittenSince
        self.storeProblem = storeProblem
        self.shortage = shortage
    }

    /// The longest delay on a busy machine that does not count as stuck.
    package static let patience = Duration.minutes(1)

    /// The problems that keep the daemon from its work; empty if there are none.
    package func problems(at now: Moment) -> [String] {
        stuck(at: now) + failing
    }

    /// Work that continues without success; empty if all succeed.
    package var failing: [String] {
        [
            storeProblem.map { "the state cannot be written: \($0)" },
            shortage.map { "no token can be polled: \($0)" },
        ].compactMap(\.self)
    }

    /// Work that stalled, so that only a restart helps; empty if everything runs.
    ///
    /// Progress alone clears each of them: a timer that runs is armed again, a poll that ends is no
    /// longer the oldest, a commit leaves nothing unwritten. A failed commit has ended, too: a full
    /// disk is still full after a restart, which would only lose the values in memory.
    package func stuck(at now: Moment) -> [String] {
        var problems: [String] = []
        if timerDue < .never, now - timerDue >= Self.patience {
            problems.append("the timer is \((now - timerDue).forPeople) late")
        }
        if let oldestPoll, now - oldestPoll >= pollTimeout + Self.patience {
            problems.append(
                "a poll has not ended for \((now - oldestPoll).forPeople), with a timeout of "
                    + pollTimeout.forPeople
            )
        }
        if storeProblem == nil, let unwrittenSince, now - unwrittenSince >= Self.patience {
            problems.append("nothing was written for \((now - unwrittenSince).forPeople)")
        }
        return problems
    }
}
