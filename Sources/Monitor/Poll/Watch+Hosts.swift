import Alerting
import Dispatch

/// Carries out what the book of hosts decides.
extension Watch {
    /// What the book reads of the tokens; nothing may change them while it is in use.
    private var tokensForHosts: HostBook.Tokens {
        HostBook.Tokens(states) { [roster] in roster.tokens[$0].settings }
    }

    /// Counts the tokens of each host, and takes up the alerts that its hosts have.
    func countHosts() {
        let now = ports.clock()
        hosts = HostBook(
            hosts: roster.hosts,
            hostOfSlot: roster.hostOfSlot,
            states: states,
            alerts: { subjectAlerts[.host($0)] ?? [] },
            following: hosts,
            at: now,
            seed: random.next()
        )
    }

    /// Ends the alerts of hosts that have too few tokens for them since a reload, or none.
    func beginHosts(_ now: Now) {
        for case .host(let name) in Array(subjectAlerts.keys) where !roster.hosts.contains(name) {
            judge(.host(name), Set(HostTrouble.allCases.map(\.ofHost)), []) { _ in
                "no token is polled there"
            }
        }
        perform(hosts.begin(tokensForHosts, at: now), now)
    }

    /// Takes in what an evaluation says of a token's host.
    func noteHost(
        of slot: Int,
        from old: TokenState,
        _ evaluation: Evaluation,
        isPoll: Bool,
        _ now: Now
    ) {
        let decisions = hosts.note(
            slot,
            from: old,
            evaluation,
            isPoll: isPoll,
            tokensForHosts,
            at: now
        )
        perform(decisions, now)
    }

    /// Notes that a token cannot be polled.
    func skipForHost(_ slot: Int, _ now: Now) {
        perform(hosts.skip(slot, tokensForHosts, at: now), now)
    }

    /// Decides what has waited long enough.
    func decideHosts(_ now: Now) {
        guard hosts.nextDecision <= now.moment else { return }
        perform(hosts.decide(tokensForHosts, at: now), now)
    }

    /// What is said of a host now, for a reminder.
    func finding(of host: String, _ condition: Condition, _ now: Now) -> Finding? {
        hosts.finding(of: host, condition, tokensForHosts, at: now)
    }

    private func perform(_ decisions: [HostBook.Decision], _ now: Now) {
        for decision in decisions {
            switch decision {
            case .poll(let slots):
                for slot in slots {
                    refusals[slot] = nil
                    schedule.plan(slot, poll: now.moment)
                }
            case .holds(let host, let trouble):
                let finding = hosts.finding(host, trouble, tokensForHosts, at: now)
                judge(.host(hosts.name(of: host)), [trouble.ofHost], [finding]) { _ in "" }
            case .settles(let host, let trouble):
                settle(.host(hosts.name(of: host)), trouble.ofHost, now)
            case .ends(let host, let trouble, let mended):
                judge(.host(hosts.name(of: host)), [trouble.ofHost], []) { _ in mended }
            case .judge(let slots, let own):
                judgeLater(slots, own: own)
            }
        }
    }

    /// Judges tokens in a turn of its own: this may be in the middle of one of them.
    private func judgeLater(_ slots: [Int], own: HostTrouble?) {
        let ids = slots.map { roster.tokens[$0].settings.id }
        executor.queue.async { [weak self] in
            self?.assumeIsolated { watch in
                let now = watch.ports.clock()
                for slot in ids.compactMap({ watch.roster.slot(of: $0) }) {
                    watch.apply(slot, .timePassed, now, own: own)
                }
                watch.pump()
            }
        }
    }
}
