/// The handling of a clock that may be wrong.
extension Engine {
    /// The evidence of an answer about the time.
    package struct TimeOfHost {
        let host: String
        let evidence: ClockEvidence

        package init(_ host: String, _ evidence: ClockEvidence) {
            self.host = host
            self.evidence = evidence
        }
    }

    /// The interval of polling a host only for its `Date` while the clock is doubted.
    private static let doubtPause: Duration = .minutes(1)

    /// The time that counts.
    package func now(at moment: Moment) -> Now {
        Now(instant: clock.base.instant(at: moment), moment: moment)
    }

    /// Detects that the machine's clock was set, and decides whose time counts.
    ///
    /// - Parameters:
    ///   - machine: the readings of the machine's clocks.
    ///   - answer: the evidence of an answer about the time; nil if none came.
    ///   - isSynchronised: whether the kernel holds the clock synchronised that shows an instant now.
    package mutating func keepTime(
        _ machine: Now,
        _ answer: TimeOfHost? = nil,
        isSynchronised: (Instant) -> Bool
    ) {
        let before = clock
        if clock.read(machine) { askTheTime(at: now(at: machine.moment)) }
        if let answer { clock.note(answer.host, answer.evidence, at: machine.moment) }
        clock.decide(at: machine.moment, isSynchronised: isSynchronised)
        guard clock != before else { return }
        let (moved, now) = (clock.base - before.base, now(at: machine.moment))
        if moved != .zero { moveTimes(by: moved, to: now) }
        if before.doubt != nil, clock.doubt == nil {
            // Only polls for the time were planned.
            for slot in states.indices { schedule.plan(slot, poll: .never) }
            return beginJudging(machine.moment, isSynchronised: isSynchronised)
        }
        judgeClock(at: now)
        if moved != .zero || clock.belief != before.belief { begin(.time) }
    }

    /// Evaluates everything again after the wall clock was set, or the machine was suspended.
    package mutating func clockWasSet() {
        if clock.doubt == nil { begin(.time) }
    }

    /// Judges by the clock from now on, unless it is doubted: then some tokens are polled for the time.
    package mutating func beginJudging(_ moment: Moment, isSynchronised: (Instant) -> Bool) {
        clock.decide(at: moment, isSynchronised: isSynchronised)
        let now = now(at: moment)
        // A configuration may have other channels.
        reportedClock = nil
        judgeClock(at: now)
        if clock.doubt != nil || clock.stepEndsAt != nil { askTheTime(at: now) }
        begin(.configuration)
    }

    /// Converts times that another clock stamped: a silence keeps its length, and no use in the
    /// future is uncertain.
    private mutating func moveTimes(by moved: Duration, to now: Now) {
        for slot in states.indices {
            learn(slot, at: now)
            var state = states[slot]
            if let verdictAt = state.verdictAt { state.verdictAt = verdictAt + moved }
            if let until = state.use.uncertainUntil, until > now.instant + clockTolerance {
                state.use.uncertainUntil = now.instant + clockTolerance
            }
            set(state, of: slot)
        }
    }

    /// Ends a poll made while the clock was doubted: only the date of its answer counts.
    package mutating func concludeInDoubt(_ slot: Int, askedAt: Moment, at now: Now) {
        noteDoubtedPoll(of: slot, askedAt: askedAt)
        schedule.finished(slot, next: now.moment + Self.doubtPause)
    }

    /// Remembers a poll that may have counted as use, until its time is known.
    package mutating func noteDoubtedPoll(of slot: Int, askedAt: Moment) {
        doubtedPolls.append((roster.settings[slot].id, askedAt))
    }

    /// Polls one token of each host for the time, preferably one that is not rejected.
    private mutating func askTheTime(at now: Now) {
        var asked: Set<Int> = []
        let polled = 0..<roster.polled
        let sound = polled.filter {
            refusals[$0] == nil && states[$0].secretProblem == nil
        }
        for slot in sound + polled where asked.insert(roster.hostOfSlot[slot]).inserted {
            schedule.plan(slot, poll: now.moment)
        }
    }

    /// Raises or ends `clock_wrong` if the report has changed.
    private mutating func judgeClock(at now: Now) {
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

    /// Starts with the machine's clocks and with what the last run stored about them.
    ///
    /// - Parameters:
    ///   - machine: what they show.
    ///   - build: no time before it is evidence.
    ///   - stored: what the last run left.
    package mutating func beginClock(
        _ machine: Now,
        build: Instant? = nil,
        stored: StoredRun
    ) {
        clock = ClockWatch(
            at: machine,
            limits: ClockEvidence.Limits(build: build, newestStored: stored.newestInstant),
            dispute: stored.dispute
        )
        toldBelief = stored.dispute?.belief
    }
}
