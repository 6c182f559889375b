/// Decides for all hosts whether a trouble of tokens is their own or their host's.
///
/// Values go in, decisions come out, and the owner of the book carries them out in order. A token
/// that gets into trouble waits some seconds for its alert while the daemon polls others of its
/// host. If the trouble is the host's, one alert of the host stands for those of all its tokens,
/// however often the trouble comes and goes.
package struct HostBook: Sendable {
    /// An instruction to the owner.
    package enum Decision: Hashable, Sendable {
        /// Poll these tokens as soon as the limits allow, regardless of back-off.
        case poll([Int])
        /// The host's alert is active or has changed: judge it again.
        case holds(host: Int, HostTrouble)
        /// The trouble has ended, but comes and goes: its end is reported later.
        case settles(host: Int, HostTrouble)
        case ends(host: Int, HostTrouble, mended: String)
        /// Judge these tokens again; with `own`, their trouble is known to be their own.
        case judge([Int], own: HostTrouble?)
    }

    /// The tokens as the book reads them, each in its slot.
    package struct Tokens {
        let states: [TokenState]
        private let all: [TokenSettings]

        package init(_ states: [TokenState], _ settings: [TokenSettings]) {
            self.states = states
            all = settings
        }

        func settings(_ slot: Int) -> TokenSettings { all[slot] }
    }

    struct Host: Sendable {
        let name: String
        /// The slots of its tokens, ascending.
        let slots: [Int32]
        var tally = HostTally()
        /// The records of troubles that occurred.
        var records: [HostTrouble: HostTroubleRecord] = [:]

        /// The time of a decision by the facts known then; nil if nothing is open.
        var deadline: Moment? { records.values.compactMap(\.deadline).min() }

        var covered: HostStanding.Troubles {
            var troubles = HostStanding.Troubles()
            for (trouble, record) in records where record.stage == .holds {
                troubles.insert(trouble)
            }
            return troubles
        }
    }

    var hosts: [Host]
    let hostOfSlot: [Int]
    /// Hosts with something to decide later.
    private var open: Set<Int> = []
    var random: SplitMix64

    /// The shortest time between two checks of a host's recovery.
    static let recoveryPause: Duration = .minutes(1)

    /// A book without hosts.
    package init() {
        hosts = []
        hostOfSlot = []
        random = SplitMix64(state: 0)
    }

    /// Begins with the active alerts, and without any counted token.
    ///
    /// - Parameters:
    ///   - roster: the tokens and their hosts.
    ///   - alerts: the alerts of hosts.
    ///   - old: the book before; a host keeps how often its troubles came and went.
    ///   - keepsCounts: whether the tokens of `old` that were not discounted are counted already.
    ///   - now: the current time.
    ///   - seed: for choosing samples.
    package init(
        _ roster: Roster,
        alerts: (String) -> [Alert],
        following old: HostBook? = nil,
        keepsCounts: Bool = false,
        at now: Now,
        seed: UInt64
    ) {
        hostOfSlot = roster.hostOfSlot
        random = SplitMix64(state: seed)
        var known: [String: Host] = [:]
        for host in old?.hosts ?? [] { known[host.name] = host }
        hosts = roster.hosts.enumerated().map { number, name in
            var host = Host(name: name, slots: roster.slotsOfHost[number])
            if keepsCounts, let tally = known[name]?.tally { host.tally = tally }
            for (trouble, record) in known[name]?.records ?? [:] {
                host.records[trouble] = record.afterReload
            }
            for alert in alerts(name) {
                guard let trouble = HostTrouble(ofHost: alert.condition) else { continue }
                let since = now.moment + min(.zero, alert.since - now.instant)
                host.records[trouble, default: HostTroubleRecord()].resume(since: since)
            }
            return host
        }
        for number in hosts.indices { noteDeadline(of: number) }
    }

    /// Counts a token among those of its host.
    package mutating func count(_ slot: Int, _ state: TokenState) {
        hosts[hostOfSlot[slot]].tally.add(state)
    }

    /// Takes a token out of the count, before it leaves its host.
    mutating func discount(_ slot: Int, _ state: TokenState) {
        hosts[hostOfSlot[slot]].tally.remove(state)
    }

    /// The standing of the host for a token's evaluation; with `own`, the trouble is the token's.
    package func standing(of slot: Int, own: HostTrouble? = nil) -> HostStanding {
        let host = hosts[hostOfSlot[slot]]
        var standing = HostStanding(covered: host.covered)
        // If a trouble can be the host's, the book checks that first.
        if host.tally.tokens >= HostTrouble.fewestTokens {
            standing.withheld = .all.subtracting(standing.covered)
        }
        if let own, !standing.covered.contains(own) {
            standing.withheld.remove(own)
            standing.own.insert(own)
        }
        return standing
    }

    /// Records the evaluation of a token.
    ///
    /// - Parameters:
    ///   - slot: the token.
    ///   - old: its state before.
    ///   - evaluation: the new state, already in `tokens`, and the alerts to decide.
    ///   - isPoll: whether a poll of the token has ended.
    ///   - tokens: all tokens.
    ///   - now: the current time.
    /// - Returns: the decisions for the owner.
    package mutating func note(
        _ slot: Int,
        from old: TokenState,
        _ evaluation: Evaluation,
        isPoll: Bool,
        _ tokens: Tokens,
        at now: Now
    ) -> [Decision] {
        let number = hostOfSlot[slot]
        let before = hosts[number].tally
        hosts[number].tally.remove(old)
        hosts[number].tally.add(evaluation.state)
        var decisions: [Decision] = []
        for trouble in HostTrouble.allCases {
            if isPoll, hosts[number].records[trouble] != nil {
                hosts[number].records[trouble]?.unseen.remove(slot)
            }
            if evaluation.withheld.contains(trouble) {
                decisions += inquire(number, trouble, slot, tokens, at: now)
            }
            guard isPoll, hosts[number].records[trouble] != nil else { continue }
            let isInTrouble = evaluation.state.shows(trouble)
            hosts[number].records[trouble]?.inquiry?.note(slot, isInTrouble: isInTrouble)
            hosts[number].records[trouble]?.recovery?.note(slot, isInTrouble: isInTrouble)
            if !isInTrouble { decisions += recover(number, trouble, tokens, at: now) }
            decisions += decide(number, trouble, tokens, at: now)
        }
        let (was, critical) = (before.critical, hosts[number].tally.critical)
        let record = hosts[number].records[.unreachable]
        // An alert that may be about to end keeps its severity, in any order of its tokens'
        // recovery.
        if record?.stage == .holds, critical > was || (critical < was && record?.recovery == nil) {
            decisions.append(.holds(host: number, .unreachable))
        }
        noteDeadline(of: number)
        return decisions
    }

    /// Records that a token that was to be polled cannot be: nothing waits for it.
    package mutating func skip(_ slot: Int, _ tokens: Tokens, at now: Now) -> [Decision] {
        let number = hostOfSlot[slot]
        var decisions: [Decision] = []
        for trouble in HostTrouble.allCases where hosts[number].records[trouble] != nil {
            hosts[number].records[trouble]?.inquiry?.drop(slot)
            hosts[number].records[trouble]?.recovery?.drop(slot)
            decisions += decide(number, trouble, tokens, at: now)
        }
        noteDeadline(of: number)
        return decisions
    }

    /// Begins a run or a configuration: an alert may stand for too few remaining tokens.
    package mutating func begin(_ tokens: Tokens, at now: Now) -> [Decision] {
        var decisions: [Decision] = []
        for number in hosts.indices {
            for trouble in HostTrouble.allCases
            where hosts[number].records[trouble]?.stage == .holds {
                let tally = hosts[number].tally
                let count = tally.count(of: trouble)
                if tally.tokens < HostTrouble.fewestTokens {
                    hosts[number].records[trouble]?.stage = .over
                    let mended = trouble.ending(left: count, of: tally.tokens)
                    decisions.append(.ends(host: number, trouble, mended: mended))
                    decisions.append(.poll(troubled(number, trouble, tokens)))
                } else if count < HostTrouble.fewestTokens {
                    decisions += recover(number, trouble, tokens, at: now)
                }
            }
            noteDeadline(of: number)
        }
        return decisions
    }

    /// Makes the decisions whose time has come.
    package mutating func decide(_ tokens: Tokens, at now: Now) -> [Decision] {
        var decisions: [Decision] = []
        for number in open {
            guard let deadline = hosts[number].deadline, deadline <= now.moment else { continue }
            for trouble in HostTrouble.allCases {
                decisions += decide(number, trouble, tokens, at: now)
            }
            noteDeadline(of: number)
        }
        return decisions
    }

    /// The time of the next decision; `.never` if only an answer can change that.
    package var nextDecision: Moment {
        guard !open.isEmpty else { return .never }
        return open.lazy.compactMap { hosts[$0].deadline }.min() ?? .never
    }

    package func name(of host: Int) -> String { hosts[host].name }

    /// The number of a host's tokens.
    package func tokens(of host: Int) -> Int { hosts[host].tally.tokens }

    private mutating func decide(
        _ number: Int,
        _ trouble: HostTrouble,
        _ tokens: Tokens,
        at now: Now
    ) -> [Decision] {
        decideInquiry(number, trouble, at: now)
            + decideRecovery(number, trouble, tokens, at: now)
            + endSettled(number, trouble, at: now)
    }

    private mutating func noteDeadline(of number: Int) {
        if hosts[number].deadline == nil { open.remove(number) } else { open.insert(number) }
    }

    /// The slots of a host's tokens in a trouble, ascending.
    func troubled(_ number: Int, _ trouble: HostTrouble, _ tokens: Tokens) -> [Int] {
        hosts[number].slots.lazy.map(Int.init).filter { tokens.states[$0].shows(trouble) }
    }
}
