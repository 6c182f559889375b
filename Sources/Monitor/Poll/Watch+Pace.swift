import Alerting

/// Polls that are overdue.
extension Watch {
    /// Checks how far behind the polls are, at most every ten seconds while any waits.
    func checkPace(_ now: Now) {
        guard schedule.waiting > 0 || pace.isOpen, clock.doubt == nil else {
            nextPaceCheck = .never
            return
        }
        if nextPaceCheck == .never { nextPaceCheck = now.moment + PaceWatch.checkInterval }
        guard nextPaceCheck <= now.moment else { return }
        nextPaceCheck = now.moment + PaceWatch.checkInterval
        for number in roster.hosts.indices
        where schedule.hasReady(host: number) || pace.isOpen(roster.hosts[number]) {
            checkPace(of: number, now)
        }
        if pace.finishRound(at: now.moment) { judgePace() }
    }

    /// Takes over a configuration.
    func beginPace() {
        if !hasStarted, hasPaceAlert { pace.resume() }
        pace = PaceWatch(
            following: pace,
            hosts: roster.hosts,
            perHost: polling.perHost,
            concurrency: polling.concurrency
        )
        if !pace.isResumed { judgePace() }
    }

    private func checkPace(of number: Int, _ now: Now) {
        let name = roster.hosts[number]
        var lag = PaceWatch.Lag()
        lag.tokens = hosts.tokens(of: number)
        for slot in schedule.ready(host: number) {
            guard let due = schedule.due(of: slot) else { continue }
            let interval = roster.tokens[slot].settings.interval
            let since = pace.waitsSince(due, host: name, interval: interval)
            lag.note(due, since: since, interval: interval, at: now.moment)
        }
        pace.check(name, lag, inFlight: schedule.inFlight(host: number), at: now.moment)
    }

    private var hasPaceAlert: Bool {
        subjectAlerts[.daemon]?.contains { $0.condition == .fallingBehind } == true
    }

    private func judgePace() {
        let finding = pace.finding
        guard finding != nil || hasPaceAlert else { return }
        judge(.daemon, [.fallingBehind], finding.map { [$0] } ?? []) { _ in
            "no host falls behind any more"
        }
    }
}
