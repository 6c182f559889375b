import Alerting

/// Polls that this machine cannot make.
extension Watch {
    /// Polls later, for want of something that this machine has to give: no token is judged by it.
    ///
    /// Until a poll is made the daemon is unhealthy, which `/healthz` and the heartbeat show: with no
    /// descriptor left it may not reach any channel.
    func putOff(_ slot: Int, _ problem: String, _ now: Now) {
        if let flight = flights.removeValue(forKey: slot) {
            apply(slot, .cancelled(askedAt: flight.askedAt(now)), now)
        }
        let wait = min(Duration.seconds(10), roster.tokens[slot].settings.interval)
        schedule.finished(slot, next: now.moment + wait)
        judge(.daemon, [.outOfResources], [resources.lacked(problem, at: now.moment)]) { _ in "" }
    }

    /// Takes up what an earlier run raised.
    func beginResources(_ now: Now) {
        guard !hasStarted,
            subjectAlerts[.daemon]?.contains(where: { $0.condition == .outOfResources }) == true
        else { return }
        resources.resume(at: now.moment)
    }

    /// Ends the alert once polls have been made for a while.
    func checkResources(_ now: Now) {
        guard resources.hasEnded(at: now.moment) else { return }
        judge(.daemon, [.outOfResources], []) { _ in "no poll has failed for a minute" }
    }
}
