import Alerting
import Dispatch

/// The machine's clock, read for the engine.
extension Watch {
    /// Judges by the clock from now on, unless it is doubted: then some tokens are polled for the time.
    func begin(_ now: Now) {
        engine.clock.decide(at: now.moment, isSynchronised: ports.isSynchronised)
        ports.credible.move(to: engine.clock.base)
        let now = ports.clock()
        engine.judgeClockAgain(at: now)
        if engine.clock.doubt != nil || engine.clock.stepEndsAt != nil {
            engine.askTheTime(at: now)
        }
        begin(.configuration)
    }

    /// Takes in what an answer says about the time.
    func note(_ evidence: ClockEvidence?, of host: String, _ now: Now) {
        let before = engine.clock
        readMachineClock(now)
        if let evidence { engine.clock.note(host, evidence, at: now.moment) }
        decideTime(now, from: before)
    }

    /// Notices a clock that was set, and what has come to be known about it since.
    func keepTime() {
        let now = ports.clock()
        let before = engine.clock
        readMachineClock(now)
        decideTime(now, from: before)
    }

    private func readMachineClock(_ now: Now) {
        if engine.clock.read(ports.machineClock()) { engine.askTheTime(at: now) }
    }

    private func decideTime(_ now: Now, from before: ClockWatch) {
        engine.clock.decide(at: now.moment, isSynchronised: ports.isSynchronised)
        let clock = engine.clock
        guard clock != before else { return }
        ports.credible.move(to: clock.base)
        let moved = clock.base - before.base
        let now = ports.clock()
        if moved != .zero { engine.moveTimes(by: moved, to: now.instant) }
        if before.doubt != nil, clock.doubt == nil {
            // What was planned was to find out the time.
            engine.unplanPolls()
            return begin(now)
        }
        engine.judgeClock(at: now)
        follow()
        if moved != .zero || clock.belief != before.belief { lookAgain() }
    }

    /// Evaluates everything again after the wall clock was set, or the machine was suspended.
    package func clockWasSet() {
        guard hasStarted else { return }
        keepTime()
        guard engine.clock.doubt == nil else { return }
        lookAgain()
        pump()
    }

    private func lookAgain() {
        begin(.time)
        armAnew()
    }
}
