import Alerting
import Dispatch

/// A clock that may be wrong.
extension Watch {
    /// While the clock is doubted a host is asked so often, for its `Date` alone.
    private static let doubtPause: Duration = .minutes(1)

    /// Judges by the clock from now on, unless it is doubted: then some tokens are asked for the time.
    func begin(_ now: Now) {
        judgeClock()
        guard clock.doubt == nil else { return askTheTime(now) }
        for slot in roster.tokens.indices { planFirstPoll(slot, now) }
        // Later, for it may have others of a host polled now.
        for slot in roster.tokens.indices { apply(slot, .configured, now) }
        for (token, asked) in doubtedPolls {
            guard let slot = roster.slot(of: token) else { continue }
            // They may have counted as use, at a time that nobody knows exactly.
            apply(slot, .cancelled(askedAt: now.instant - (now.moment - asked)), now)
        }
        doubtedPolls = []
        beginHosts(now)
        verifySecrets(from: 0, of: roster.tokens.count)
    }

    /// Takes in the time of an answer; with an `Age` the date is that of a copy, and is not used.
    func note(date: Instant?, age: String?, of host: String, _ now: Now) {
        guard let date, age == nil else { return }
        let wasDoubted = clock.doubt != nil
        let wasSet = clock.read(now)
        guard clock.note(host, says: date, at: now.instant) || wasSet else { return }
        if wasDoubted, clock.doubt == nil { begin(now) } else { judgeClock() }
    }

    /// An answer while the clock is doubted: nothing of it counts but its date.
    ///
    /// - Returns: whether it is doubted still.
    func isDoubted(_ slot: Int, _ now: Now) -> Bool {
        guard clock.doubt != nil else { return false }
        if let flight = flights.removeValue(forKey: slot) {
            noteDoubtedPoll(of: slot, flight, now)
        }
        schedule.finished(slot, next: now.moment + Self.doubtPause)
        return true
    }

    /// Remembers a poll that may have counted as use until the time of it can be told.
    func noteDoubtedPoll(of slot: Int, _ flight: Flight, _ now: Now) {
        let waited = now.instant - flight.askedAt
        doubtedPolls.append((roster.tokens[slot].settings.id, now.moment - max(.zero, waited)))
    }

    /// Believes the clock of this machine once it was doubted for long enough.
    func endDoubt(_ now: Now) {
        guard clock.endDoubt(at: now.moment) else { return }
        // Which clock is believed is not what was said before.
        judgeClock(saysAgain: true)
        begin(now)
    }

    /// Judges the clock by what providers said last, if it was set since.
    func noticeClockStep(_ now: Now) {
        if clock.read(now), clock.doubt == nil { judgeClock() }
    }

    /// Looks at everything anew after the wall clock was set, or the machine was suspended.
    package func clockWasSet() {
        guard hasStarted, clock.doubt == nil else { return }
        lookAgain(from: 0, of: roster.tokens.count)
        armAnew()
        pump()
    }

    /// Some at a time, so that others get their turn on the queue.
    private func lookAgain(from start: Int, of count: Int) {
        guard start < count, count == roster.tokens.count else { return }
        let now = ports.clock()
        let end = min(count, start + 256)
        for slot in start..<end { apply(slot, .timePassed, now) }
        executor.queue.async { [weak self] in
            self?.assumeIsolated { $0.lookAgain(from: end, of: count) }
        }
    }

    private func askTheTime(_ now: Now) {
        var asked: Set<Int> = []
        for slot in roster.tokens.indices where asked.insert(roster.hostOfSlot[slot]).inserted {
            schedule.plan(slot, poll: now.moment)
        }
    }

    private func judgeClock(saysAgain: Bool = false) {
        let finding = clock.finding(at: ports.clock().instant)
        judge(.daemon, [.clockWrong], finding.map { [$0] } ?? [], saysAgain: saysAgain) { _ in
            "this machine's clock is believed, and no other disagrees"
        }
    }
}

extension Moment {
    fileprivate static func - (moment: Moment, duration: Duration) -> Moment {
        moment + (.zero - duration)
    }
}
