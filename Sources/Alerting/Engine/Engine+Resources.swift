/// Polls that this machine cannot make.
extension Engine {
    /// Polls later, for want of something that this machine has to give: no token is judged by it.
    ///
    /// Until a poll is made the daemon is unhealthy, which `/healthz` and the heartbeat show: with no
    /// descriptor left it may not reach any channel.
    package mutating func putOff(_ slot: Int, _ problem: String, at now: Now) {
        let wait = min(Duration.seconds(10), roster.settings[slot].interval)
        schedule.finished(slot, next: now.moment + wait)
        let finding = resources.lacked(problem, at: now.moment)
        judge(.daemon, [.outOfResources], [finding], at: now) { _ in "" }
    }

    /// Takes up what an earlier run raised.
    package mutating func beginResources(at now: Now) {
        guard subjects.isOpen(.outOfResources, of: .daemon) else { return }
        resources.resume(at: now.moment)
    }

    /// Ends the alert once polls have been made for a while.
    mutating func checkResources(at now: Now) {
        guard resources.hasEnded(at: now.moment) else { return }
        judge(.daemon, [.outOfResources], [], at: now) { _ in "no poll has failed for a minute" }
    }
}
