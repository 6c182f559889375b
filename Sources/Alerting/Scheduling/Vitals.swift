/// What the daemon has before it and since when: by this one sees whether it gets on with its work.
package struct Vitals: Hashable, Sendable {
    /// When the timer is to run next; `.never` where nothing is planned.
    package var timerDue: Moment
    /// When the oldest of the polls under way began; nil if there is none.
    package var oldestPoll: Moment?
    /// The longest that a poll may take.
    package var pollTimeout: Duration
    /// Since when something is decided and not yet written; nil if nothing is.
    package var unwrittenSince: Moment?
    /// The error of the last commit; nil if it succeeded.
    package var storeProblem: String?
    /// What this machine lacks for polls; nil while they are made.
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

    /// How late anything may be on a busy machine before it is taken for stuck.
    package static let patience = Duration.minutes(1)

    /// What keeps the daemon from doing its work; empty while all is well.
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
    /// Progress alone clears each of them: a timer that runs is armed again, a poll that ends is
    /// no longer the oldest, a commit leaves nothing unwritten. A commit that fails has ended: a disk
    /// that is full is still so after a new start, which would lose what is kept in memory meanwhile.
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
