import Alerting
import Dispatch

/// A clock that may be wrong.
extension Watch {
    /// How often a host is polled for its `Date` alone while the clock is doubted.
    private static let doubtPause: Duration = .minutes(1)

    /// Judges by the clock from now on, unless it is doubted: then some tokens are polled for the time.
    func begin(_ now: Now) {
        clock.decide(at: now.moment, isSynchronised: ports.isSynchronised)
        ports.credible.move(to: clock.base)
        judgeClock()
        if clock.doubt != nil || clock.stepEndsAt != nil { askTheTime(ports.clock()) }
        begin(.configuration)
    }

    /// Takes in what an answer says about the time.
    func note(_ evidence: ClockEvidence?, of host: String, _ now: Now) {
        let before = clock
        readMachineClock(now)
        if let evidence { clock.note(host, evidence, at: now.moment) }
        decideTime(now, from: before)
    }

    /// Notices a clock that was set, and what has come to be known about it since.
    func keepTime() {
        let now = ports.clock()
        let before = clock
        readMachineClock(now)
        decideTime(now, from: before)
    }

    private func readMachineClock(_ now: Now) {
        if clock.read(ports.machineClock()) { askTheTime(now) }
    }

    private func decideTime(_ now: Now, from before: ClockWatch) {
        clock.decide(at: now.moment, isSynchronised: ports.isSynchronised)
        guard clock != before else { return }
        ports.credible.move(to: clock.base)
        let moved = clock.base - before.base
        if moved != .zero { moveTimes(by: moved, ports.clock().instant) }
        if before.doubt != nil, clock.doubt == nil {
            // What was planned was to find out the time.
            for slot in states.indices { schedule.plan(slot, poll: .never) }
            return begin(ports.clock())
        }
        if clock.report != lastClockReport { judgeClock() }
        if moved != .zero || clock.belief != before.belief { lookAgain() }
    }

    /// Takes over what was noted by another time: a silence lasts as long as it did, and no use that is
    /// still to come is uncertain.
    private func moveTimes(by moved: Duration, _ now: Instant) {
        for slot in states.indices {
            let old = states[slot]
            if old.pollsWithoutVerdict > 0, let verdictAt = old.verdictAt {
                states[slot].verdictAt = verdictAt + moved
            }
            if let until = old.use.uncertainUntil, until > now + clockTolerance {
                states[slot].use.uncertainUntil = now + clockTolerance
            }
            guard states[slot] != old else { continue }
            pending.note(roster.tokens[slot].settings.id, from: old, startsSpan: false)
        }
    }

    /// An answer while the clock is doubted: nothing of it counts but its date.
    ///
    /// - Returns: whether it is doubted still.
    func isDoubted(_ slot: Int, _ now: Now) -> Bool {
        guard clock.doubt != nil else { return false }
        if let flight = flights.removeValue(forKey: slot) { noteDoubtedPoll(of: slot, flight) }
        schedule.finished(slot, next: now.moment + Self.doubtPause)
        return true
    }

    /// Remembers a poll that may have counted as use until the time of it is known.
    func noteDoubtedPoll(of slot: Int, _ flight: Flight) {
        doubtedPolls.append((roster.tokens[slot].settings.id, flight.startedAt))
    }

    /// Evaluates everything again after the wall clock was set, or the machine was suspended.
    package func clockWasSet() {
        guard hasStarted else { return }
        keepTime()
        guard clock.doubt == nil else { return }
        lookAgain()
        pump()
    }

    private func lookAgain() {
        begin(.time)
        armAnew()
    }

    /// Polls one token of each host for the time: one that is not rejected, where there is one.
    private func askTheTime(_ now: Now) {
        var asked: Set<Int> = []
        let slots = roster.tokens.indices
        let sound = slots.filter { refusals[$0] == nil && states[$0].secretProblem == nil }
        for slot in sound + slots where asked.insert(roster.hostOfSlot[slot]).inserted {
            schedule.plan(slot, poll: now.moment)
        }
    }

    private func judgeClock() {
        lastClockReport = clock.report
        let finding = clock.finding
        let isOpen = subjectAlerts[.daemon]?.contains { $0.condition == .clockWrong } == true
        guard finding != nil || (isOpen && clock.isDisproved) else { return }
        // Whose time counts is news, also while the alert is active.
        let isNews = isOpen && finding != nil && clock.doubt == nil && clock.belief != toldBelief
        if isNews || (finding != nil && !isOpen) {
            toldBelief = clock.doubt == nil ? clock.belief : ClockWatch.Belief.none
        }
        judge(.daemon, [.clockWrong], finding.map { [$0] } ?? [], saysAgain: isNews) { _ in
            "the clocks agree"
        }
    }

    /// Takes note of events that are to be written, and notified.
    ///
    /// While this machine's clock is wrong, that is the first sentence of every notification.
    func record(_ events: [Event]) {
        guard let lead = clock.lead else { return pending.add(events) }
        pending.add(
            events.map { event in
                guard !event.channels.isEmpty, event.kind != .condition(.clockWrong) else {
                    return event
                }
                var event = event
                event.summary = "\(lead) \(event.summary)"
                return event
            }
        )
    }
}
