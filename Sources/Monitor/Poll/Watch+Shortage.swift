import Alerting

extension Watch {
    /// Polls later, for want of something that this machine has to give: no token is judged by it.
    ///
    /// Until a poll is made the daemon is unhealthy, which `/healthz` and a heartbeat tell: with no
    /// descriptor left it may not reach any channel.
    func putOff(_ slot: Int, _ problem: String, _ now: Now) {
        if let flight = flights.removeValue(forKey: slot) {
            apply(slot, .cancelled(askedAt: flight.askedAt(now)), now)
        }
        shortage = (problem, now.moment)
        let wait = min(Duration.seconds(10), roster.tokens[slot].settings.interval)
        schedule.finished(slot, next: now.moment + wait)
    }

    /// What is lacked now: a poll that is put off is tried again well within this time.
    func recentShortage(_ now: Moment) -> String? {
        shortage.flatMap { now - $0.at < .minutes(1) ? $0.problem : nil }
    }
}
