import Alerting
import Dispatch

/// Work that concerns every token.
extension Watch {
    /// Something that is done for one token after the other.
    enum Sweep: Hashable {
        /// Takes over a configuration.
        case configuration
        /// Evaluates again, because the time was moved.
        case time
        /// Compares the secrets with those of the last good answers.
        case secrets

        /// Half a millisecond or so: others wait for the queue too, and at the start READY does.
        var tokensPerTurn: Int {
            switch self {
            case .configuration, .time: 256
            // Each is a file to be read.
            case .secrets: 32
            }
        }
    }

    /// What waits to be written, from which on a new configuration is taken over no further.
    static let mostUnwrittenInTakeover = 16_384

    /// Begins a sweep over all tokens; one of its kind that is under way ends.
    ///
    /// The first tokens are done at once, the others some in each turn of the queue, so that others get
    /// theirs.
    func begin(_ sweep: Sweep) {
        sweepRounds[sweep, default: 0] += 1
        go(on: sweep, from: 0, round: sweepRounds[sweep, default: 0])
    }

    /// Ends all sweeps.
    func endSweeps() {
        for sweep in sweepRounds.keys { sweepRounds[sweep, default: 0] += 1 }
    }

    private func go(on sweep: Sweep, from start: Int, round: Int) {
        guard sweepRounds[sweep] == round, !isStopping else { return }
        if sweep == .configuration, waitsForStore {
            waitingSweep = (start, round)
            return
        }
        let now = ports.clock()
        defer { follow() }
        var end = start
        if sweep != .configuration || engine.forgetSome(sweep.tokensPerTurn, at: now) {
            // Of listed tokens there are no secrets.
            let count = sweep == .secrets ? sources.count : engine.states.count
            end = min(count, start + sweep.tokensPerTurn)
            for slot in start..<max(start, end) { visit(slot, sweep, now) }
            if end == count { return finish(sweep) }
        }
        executor.queue.async { [weak self, end] in
            self?.assumeIsolated { $0.go(on: sweep, from: end, round: round) }
        }
    }

    /// Whether so much waits to be written that a new configuration must not add to it.
    private var waitsForStore: Bool {
        engine.pending.count >= Self.mostUnwrittenInTakeover && commits.problem == nil
            && !commits.hasEnded
    }

    /// Goes on with the sweep that waited for a commit.
    func resumeSweep() {
        guard let (start, round) = waitingSweep else { return }
        waitingSweep = nil
        go(on: .configuration, from: start, round: round)
    }

    private func visit(_ slot: Int, _ sweep: Sweep, _ now: Now) {
        switch sweep {
        case .configuration: engine.takeOver(slot, at: now)
        case .time: engine.apply(slot, .timePassed, at: now)
        case .secrets: verifySecret(slot)
        }
    }

    private func finish(_ sweep: Sweep) {
        switch sweep {
        case .configuration: if engine.finishTakeover(at: ports.clock()) { begin(.secrets) }
        case .time: break
        case .secrets: endDuplicates()
        }
        pumpSoon()
    }
}
