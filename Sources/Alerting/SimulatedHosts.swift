/// Hosts and the daemon in a simulation: their alerts, and what these stand for.
package struct SimulatedHosts {
    private struct Host {
        let name: String
        var tally = HostTally()
        var covered: HostStanding.Troubles = []
        /// The slots of its tokens.
        var slots: [Int] = []
    }

    /// Whom a subject tells, and how often.
    fileprivate let policy: (AlertSubject) -> Policy
    fileprivate var alerts: [AlertSubject: [Alert]]
    private var hosts: [Host] = []
    private var hostOfSlot: [Int] = []

    /// Begins with the alerts that hold.
    package init(
        alerts: [AlertSubject: [Alert]],
        policy: @escaping (AlertSubject) -> Policy
    ) {
        self.alerts = alerts
        self.policy = policy
    }

    var nextWake: Instant? { alerts.values.compactMap(\.nextWake).min() }

    mutating func count(_ tokens: [Simulation.Token], _ states: [TokenState]) {
        var numbers: [String: Int] = [:]
        hosts = []
        hostOfSlot = tokens.map { token in
            let name = token.settings.host
            if let number = numbers[name] { return number }
            numbers[name] = hosts.count
            var host = Host(name: name)
            for alert in alerts[.host(name)] ?? [] {
                if let trouble = HostTrouble(ofHost: alert.condition) {
                    host.covered.insert(trouble)
                }
            }
            hosts.append(host)
            return hosts.count - 1
        }
        for (slot, state) in states.enumerated() {
            hosts[hostOfSlot[slot]].tally.add(state)
            hosts[hostOfSlot[slot]].slots.append(slot)
        }
    }

    func standing(of slot: Int) -> HostStanding {
        let host = hosts[hostOfSlot[slot]]
        let isLarge = host.tally.tokens >= HostTrouble.fewestTokens
        return HostStanding(
            covered: host.covered,
            withheld: isLarge ? .all.subtracting(host.covered) : []
        )
    }

    mutating func exchange(_ slot: Int, _ old: TokenState, _ new: TokenState) {
        hosts[hostOfSlot[slot]].tally.remove(old)
        hosts[hostOfSlot[slot]].tally.add(new)
    }

    /// Hosts with alerts of which no token is asked any more.
    fileprivate var withoutTokens: [AlertSubject] {
        let names = Set(hosts.map(\.name))
        return alerts.keys.filter { subject in
            if case .host(let name) = subject { !names.contains(name) } else { false }
        }
    }

    /// Notes that a trouble of a token is its host's, where it is.
    ///
    /// - Returns: the host's name; nil where it is the token's own.
    fileprivate mutating func cover(_ slot: Int, _ trouble: HostTrouble) -> String? {
        let number = hostOfSlot[slot]
        let tally = hosts[number].tally
        let count = tally.count(of: trouble)
        guard count >= HostTrouble.fewestTokens, 2 * count >= tally.tokens else { return nil }
        hosts[number].covered.insert(trouble)
        return hosts[number].name
    }

    /// Notes that a token is not, or no longer, in a trouble that its host's alert stands for.
    ///
    /// - Returns: the host and why its alert ends; nil where it goes on, or there is none.
    fileprivate mutating func uncover(
        _ slot: Int,
        _ trouble: HostTrouble,
        interval: Duration,
        at now: Instant
    ) -> (name: String, mended: String, slots: [Int])? {
        let host = hosts[hostOfSlot[slot]]
        guard host.covered.contains(trouble) else { return nil }
        let count = host.tally.count(of: trouble)
        let alert = alerts[.host(host.name)]?.first { $0.condition == trouble.ofHost }
        let isOld = alert.map { now - $0.since > interval } ?? true
        guard count < HostTrouble.fewestTokens || (isOld && 2 * count < host.tally.tokens) else {
            return nil
        }
        hosts[hostOfSlot[slot]].covered.remove(trouble)
        let mended =
            count > 0
            ? trouble.ending(left: count, of: host.tally.tokens)
            : trouble == .unreachable ? "it answers again" : "it accepts tokens again"
        return (host.name, mended, host.slots)
    }

    fileprivate func finding(
        _ host: String,
        _ trouble: HostTrouble,
        _ tokens: [Simulation.Token],
        _ states: [TokenState]
    ) -> Finding? {
        guard let host = hosts.first(where: { $0.name == host }) else { return nil }
        let slots = host.slots.lazy.filter { states[$0].shows(trouble) }
            .prefix(HostTrouble.mostTokensNamed).map { $0 }
        return trouble.finding(
            host: host.name,
            tally: host.tally,
            tokens: slots.map { tokens[$0].settings.id },
            error: slots.first.flatMap { states[$0].lastError }
        )
    }
}

extension Simulation {
    /// Ends conditions of a host or the daemon, as a configuration that was loaded does.
    package mutating func end(
        _ subject: AlertSubject,
        _ conditions: Set<Condition>,
        mended: String
    ) {
        judge(subject, conditions, [], mended: mended)
    }

    /// Ends the alerts of hosts that have no token any more.
    mutating func endHostsWithoutTokens() {
        for subject in hosts?.withoutTokens ?? [] {
            end(subject, [.hostUnreachable, .hostRejecting], mended: "no token is asked there")
        }
    }

    /// Raises the alert of a host that stands for those of its tokens, where their trouble is its.
    mutating func coverHost(of slot: Int, _ troubles: HostStanding.Troubles) {
        for trouble in HostTrouble.allCases where troubles.contains(trouble) {
            guard let host = hosts?.cover(slot, trouble),
                let finding = hosts?.finding(host, trouble, tokens, states)
            else { continue }
            judge(.host(host), [trouble.ofHost], [finding], mended: "")
        }
    }

    /// Ends the alert of a host that a poll of one of its tokens has shown to be over.
    ///
    /// - Returns: the slots of tokens that are still in the trouble, and are to be polled.
    mutating func uncoverHost(of slot: Int) -> [Int] {
        var left: [Int] = []
        for trouble in HostTrouble.allCases where !states[slot].shows(trouble) {
            let interval = tokens[slot].settings.interval
            guard let end = hosts?.uncover(slot, trouble, interval: interval, at: now) else {
                continue
            }
            judge(.host(end.name), [trouble.ofHost], [], mended: end.mended)
            left += end.slots.filter { states[$0].shows(trouble) }
        }
        return left
    }

    /// Says again what is due to be said again of hosts and the daemon.
    mutating func remindSubjects() {
        for (subject, alerts) in hosts?.alerts ?? [:] {
            guard let wake = alerts.nextWake, wake <= now else { continue }
            judge(
                subject,
                Set(alerts.map(\.condition)),
                alerts.map { present($0, of: subject) },
                mended: ""
            )
        }
    }

    private mutating func judge(
        _ subject: AlertSubject,
        _ conditions: Set<Condition>,
        _ findings: [Finding],
        mended: String
    ) {
        guard let policy = hosts?.policy(subject) else { return }
        let all = hosts?.alerts[subject] ?? []
        let change = evaluate(
            subject,
            all.filter { conditions.contains($0.condition) },
            findings,
            mended: { _ in mended },
            policy: policy,
            at: now,
            ids: &ids
        )
        let alerts = all.filter { !conditions.contains($0.condition) } + change.alerts
        hosts?.alerts[subject] = alerts.isEmpty ? nil : alerts
        events += change.events
    }

    private func present(_ alert: Alert, of subject: AlertSubject) -> Finding {
        if case .host(let host) = subject, let trouble = HostTrouble(ofHost: alert.condition),
            let finding = hosts?.finding(host, trouble, tokens, states)
        {
            return finding
        }
        return Finding(
            alert.condition,
            alert.severity,
            "\(subject): \(alert.condition.rawValue) since \(alert.since.forPeople(at: now))"
        )
    }
}
