import Alerting

@testable import Monitor

extension Watch {
    /// Returns when all tokens have learned of the configuration; what fills the room of the store is
    /// taken for written.
    func takesOver() async {
        while engine.isTakingOver {
            if !engine.canSweep {
                _ = engine.takePending(at: ports.clock().instant)
                pumpSoon()
            }
            await Task.yield()
        }
    }

    /// The alerts of hosts and the daemon.
    var subjectAlerts: [AlertSubject: [Alert]] { engine.subjects.alerts }

    func summary() -> Engine.Summary { read { $0.summary(at: $1) } }

    func snapshot(of id: TokenID) -> TokenSnapshot? { read { $0.snapshot(of: id, at: $1) } }

    func pollAll() -> Engine.PollRequest { decide { $0.pollNow(nil, at: $1) } }
}
