import Alerting

@testable import Monitor

extension Watch {
    /// Returns when all tokens have learned of the configuration.
    func takesOver() async {
        while engine.isTakingOver { await Task.yield() }
    }

    /// The alerts of hosts and the daemon.
    var subjectAlerts: [AlertSubject: [Alert]] { engine.subjects.alerts }
}
