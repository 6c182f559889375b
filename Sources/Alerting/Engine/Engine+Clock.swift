/// A clock that may be wrong.
extension Engine {
    /// How often a host is polled for its `Date` alone while the clock is doubted.
    private static let doubtPause: Duration = .minutes(1)

    /// Takes over what was noted by another time: a silence lasts as long as it did, and no use that is
    /// still to come is uncertain.
    package mutating func moveTimes(by moved: Duration, to now: Instant) {
        for slot in states.indices {
            var state = states[slot]
            if state.pollsWithoutVerdict > 0, let verdictAt = state.verdictAt {
                state.verdictAt = verdictAt + moved
            }
            if let until = state.use.uncertainUntil, until > now + clockTolerance {
                state.use.uncertainUntil = now + clockTolerance
            }
            set(state, of: slot)
        }
    }

    /// Ends a poll that was made while the clock was doubted: nothing of its answer counts but its date.
    package mutating func concludeInDoubt(_ slot: Int, askedAt: Moment, at now: Now) {
        noteDoubtedPoll(of: slot, askedAt: askedAt)
        schedule.finished(slot, next: now.moment + Self.doubtPause)
    }

    /// Remembers a poll that may have counted as use until the time of it is known.
    package mutating func noteDoubtedPoll(of slot: Int, askedAt: Moment) {
        doubtedPolls.append((roster.settings[slot].id, askedAt))
    }

    /// Forgets the polls that were planned to find out the time.
    package mutating func unplanPolls() {
        for slot in states.indices { schedule.plan(slot, poll: .never) }
    }

    /// Polls one token of each host for the time: one that is not rejected, where there is one.
    package mutating func askTheTime(at now: Now) {
        var asked: Set<Int> = []
        let polled = 0..<roster.polled
        let sound = polled.filter {
            refusals[$0] == nil && states[$0].secretProblem == nil
        }
        for slot in sound + polled where asked.insert(roster.hostOfSlot[slot]).inserted {
            schedule.plan(slot, poll: now.moment)
        }
    }

    /// Raises or ends `clock_wrong` if the report changed.
    package mutating func judgeClock(at now: Now) {
        guard clock.report != reportedClock else { return }
        reportedClock = clock.report
        let finding = clock.finding
        let isOpen = subjects.isOpen(.clockWrong, of: .daemon)
        guard finding != nil || (isOpen && clock.isDisproved) else { return }
        // Whose time counts is news, also while the alert is active.
        let isNews = isOpen && finding != nil && clock.doubt == nil && clock.belief != toldBelief
        if isNews || (finding != nil && !isOpen) {
            toldBelief = clock.doubt == nil ? clock.belief : ClockWatch.Belief.none
        }
        judge(.daemon, [.clockWrong], finding.map { [$0] } ?? [], isNews: isNews, at: now) { _ in
            "the clocks agree"
        }
    }

    /// Begins with a clock, and with whose time was reported to count.
    package mutating func begin(_ clock: ClockWatch, told belief: ClockWatch.Belief?) {
        self.clock = clock
        toldBelief = belief
    }

    /// Judges the clock in any case: a configuration may have other channels.
    package mutating func judgeClockAgain(at now: Now) {
        reportedClock = nil
        judgeClock(at: now)
    }
}
