/// The handling of polls that this machine cannot make.
extension Engine {
    /// Postpones a poll because this machine lacks a resource; this does not judge a token.
    ///
    /// Until a poll succeeds the daemon is unhealthy, as `/healthz` and the heartbeat show: without
    /// a descriptor it may reach no channel.
    package mutating func putOff(_ slot: Int, _ problem: String, at now: Now) {
        let wait = min(Duration.seconds(10), roster.settings[slot].interval)
        schedule.finished(slot, next: now.moment + wait)
        let finding = resources.lacked(problem, at: now.moment)
        judge(.daemon, [.outOfResources], [finding], at: now) { _ in "" }
    }

    /// Takes over the alert of an earlier run.
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
