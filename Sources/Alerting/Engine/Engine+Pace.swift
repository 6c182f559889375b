/// The handling of overdue polls.
extension Engine {
    /// Tokens overdue by more than twice their interval.
    package var overdue: Int { pace.overdue }

    /// Takes over a configuration.
    package mutating func beginPace(perHost: Int, concurrency: Int, isStart: Bool, at now: Now) {
        if isStart, hasPaceAlert { pace.resume() }
        pace = PaceWatch(
            following: pace,
            hosts: roster.hosts,
            perHost: perHost,
            concurrency: concurrency
        )
        if !pace.isResumed { judgePace(at: now) }
    }

    /// Checks how late the polls are, at most every ten seconds while any is due.
    mutating func checkPace(at now: Now) {
        guard schedule.waiting > 0 || pace.isOpen, clock.doubt == nil else {
            nextPaceCheck = .never
            return
        }
        if nextPaceCheck == .never { nextPaceCheck = now.moment + PaceWatch.checkInterval }
        guard nextPaceCheck <= now.moment else { return }
        nextPaceCheck = now.moment + PaceWatch.checkInterval
        for number in roster.hosts.indices
        where schedule.hasReady(host: number) || pace.isOpen(roster.hosts[number]) {
            checkPace(of: number, at: now)
        }
        if pace.finishRound(at: now.moment) { judgePace(at: now) }
    }

    private mutating func checkPace(of number: Int, at now: Now) {
        let name = roster.hosts[number]
        var lag = PaceWatch.Lag()
        lag.tokens = hosts.tokens(of: number)
        for slot in schedule.ready(host: number) {
            guard let due = schedule.due(of: slot) else { continue }
            let interval = roster.settings[slot].interval
            let since = pace.waitsSince(due, host: name, interval: interval)
            lag.note(due, since: since, interval: interval, at: now.moment)
        }
        pace.check(name, lag, inFlight: schedule.inFlight(host: number), at: now.moment)
    }

    private var hasPaceAlert: Bool { subjects.isOpen(.fallingBehind, of: .daemon) }

    private mutating func judgePace(at now: Now) {
        let finding = pace.finding
        guard finding != nil || hasPaceAlert else { return }
        judge(.daemon, [.fallingBehind], finding.map { [$0] } ?? [], at: now) { _ in
            "no host falls behind"
        }
    }
}
