/// Carries out the decisions of the host book.
extension Engine {
    /// The tokens as the book reads them; nothing may change them during that time.
    var tokensOfHosts: HostBook.Tokens { HostBook.Tokens(states, roster.settings) }

    /// The standing of a token's host.
    package func standing(of slot: Int) -> HostStanding {
        slot < roster.polled ? hosts.standing(of: slot) : .alone
    }

    /// The number of a host's tokens, by the host's number.
    package func tokens(ofHost number: Int) -> Int { hosts.tokens(of: number) }

    /// Counts the tokens of each host, and takes over the alerts of hosts.
    package mutating func countHosts(at now: Now) {
        openHosts(keepsCounts: false, at: now)
        for slot in 0..<roster.polled { hosts.count(slot, states[slot]) }
    }

    /// Takes over the alerts of the hosts of a new roster.
    mutating func openHosts(keepsCounts: Bool, at now: Now) {
        let (alerts, seed) = (subjects.alerts, random.next())
        hosts = HostBook(
            roster,
            alerts: { alerts[.host($0)] ?? [] },
            following: hosts,
            keepsCounts: keepsCounts,
            at: now,
            seed: seed
        )
    }

    /// Ends the alerts of hosts that have too few tokens after a configuration change.
    package mutating func beginHosts(at now: Now) {
        let names = Set(roster.hosts)
        for case .host(let name) in Array(subjects.alerts.keys) where !names.contains(name) {
            judge(.host(name), Set(HostTrouble.allCases.map(\.ofHost)), [], at: now) { _ in
                "no token is polled there"
            }
        }
        perform(hosts.begin(tokensOfHosts, at: now), at: now)
    }

    /// Notes that a token cannot be polled.
    package mutating func skip(_ slot: Int, at now: Now) {
        perform(hosts.skip(slot, tokensOfHosts, at: now), at: now)
    }

    /// Makes the decisions whose time has come.
    mutating func decideHosts(at now: Now) {
        guard hosts.nextDecision <= now.moment else { return }
        perform(hosts.decide(tokensOfHosts, at: now), at: now)
    }

    mutating func perform(_ decisions: [HostBook.Decision], at now: Now) {
        for decision in decisions {
            switch decision {
            case .poll(let slots):
                for slot in slots { pollSoon(slot, at: now) }
            case .holds(let host, let trouble):
                let finding = hosts.finding(host, trouble, tokensOfHosts, at: now)
                judge(.host(hosts.name(of: host)), [trouble.ofHost], [finding], at: now) { _ in "" }
            case .settles(let host, let trouble):
                subjects.settle(.host(hosts.name(of: host)), trouble.ofHost, at: now.instant)
                wantsTurn = true
            case .ends(let host, let trouble, let mended):
                judge(.host(hosts.name(of: host)), [trouble.ofHost], [], at: now) { _ in mended }
            case .judge(let slots, let own):
                // Later, because this may run in the middle of a decision.
                toJudge += slots.map { ($0, own) }
                wantsTurn = true
            }
        }
    }
}
