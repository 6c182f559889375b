import Alerting

/// The alert of a heartbeat that does not arrive.
extension Watch {
    /// Raises or ends `heartbeat_failing`.
    func judgeHeartbeat(_ verdict: HeartbeatHealth.Verdict) {
        switch verdict {
        case .well: endHeartbeatAlert("the heartbeat arrives again")
        case .failing(let error):
            judge(.daemon, [.heartbeatFailing], [HeartbeatHealth.finding(error: error)]) { _ in "" }
        }
    }

    func endHeartbeatAlert(_ reason: String) {
        judge(.daemon, [.heartbeatFailing], []) { _ in reason }
    }
}
