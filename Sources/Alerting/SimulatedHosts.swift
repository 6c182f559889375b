/// The alerts of hosts and the daemon in a simulation.
package struct SimulatedHosts {
    /// Whom a subject notifies, and how often.
    fileprivate let policy: (AlertSubject) -> Policy
    fileprivate var alerts: [AlertSubject: [Alert]]
    fileprivate var book = HostBook()

    /// Begins with the alerts that hold.
    package init(
        alerts: [AlertSubject: [Alert]],
        policy: @escaping (AlertSubject) -> Policy
    ) {
        self.alerts = alerts
        self.policy = policy
    }

    var nextWake: Instant? { alerts.values.compactMap(\.nextWake).min() }

    /// When the book has something to decide.
    var nextDecision: Moment { book.nextDecision }

    func standing(of slot: Int, own: HostTrouble?) -> HostStanding {
        book.standing(of: slot, own: own)
    }
}

extension Simulation {
    /// Ends conditions of a host or the daemon.
    package mutating func end(
        _ subject: AlertSubject,
        _ conditions: Set<Condition>,
        mended: String
    ) {
        judge(subject, conditions, [], mended: mended)
    }

    /// Counts the tokens of each host, and takes up the alerts of hosts.
    mutating func countHosts() {
        guard let old = hosts else { return }
        var names: [String] = []
        var numbers: [String: Int] = [:]
        let hostOfSlot = tokens.map { token in
            let name = token.settings.host
            if let number = numbers[name] { return number }
            numbers[name] = names.count
            names.append(name)
            return names.count - 1
        }
        let book = HostBook(
            hosts: names,
            hostOfSlot: hostOfSlot,
            states: states,
            alerts: { old.alerts[.host($0)] ?? [] },
            at: reading,
            seed: 0
        )
        hosts?.book = book
    }

    /// Ends the alerts of hosts that have too few tokens for them, or none.
    mutating func beginHosts() {
        guard let old = hosts else { return }
        let names = Set(tokens.map(\.settings.host))
        for case .host(let name) in old.alerts.keys where !names.contains(name) {
            let conditions = Set(HostTrouble.allCases.map(\.ofHost))
            end(.host(name), conditions, mended: "no token is polled there")
        }
        perform { $0.begin($1, at: $2) }
    }

    mutating func noteHost(
        of slot: Int,
        from old: TokenState,
        _ evaluation: Evaluation,
        isPoll: Bool
    ) {
        perform { $0.note(slot, from: old, evaluation, isPoll: isPoll, $1, at: $2) }
    }

    /// Notes that a token cannot be polled.
    mutating func skipForHost(_ slot: Int) {
        perform { $0.skip(slot, $1, at: $2) }
    }

    mutating func decideHosts() {
        guard let hosts, hosts.nextDecision <= reading.moment else { return }
        perform { $0.decide($1, at: $2) }
    }

    /// Reminds of what hosts and the daemon have open.
    mutating func remindSubjects() {
        for (subject, alerts) in hosts?.alerts ?? [:] {
            guard let wake = alerts.nextWake, wake <= now else { continue }
            let alerts = alerts.filter { $0.clearSince == nil }
            judge(
                subject,
                Set(alerts.map(\.condition)),
                alerts.map { present($0, of: subject) },
                mended: ""
            )
        }
    }

    /// Both clocks are one.
    private var reading: Now {
        Now(instant: now, moment: Moment(milliseconds: now.milliseconds))
    }

    private var tokensForHosts: HostBook.Tokens {
        HostBook.Tokens(states) { [tokens] in tokens[$0].settings }
    }

    /// Carries out what the book decides, where there is one.
    private mutating func perform(
        _ decide: (inout HostBook, HostBook.Tokens, Now) -> [HostBook.Decision]
    ) {
        guard var book = hosts?.book else { return }
        hosts?.book = HostBook()
        let decisions = decide(&book, tokensForHosts, reading)
        hosts?.book = book
        for decision in decisions {
            switch decision {
            case .poll(let slots):
                for slot in slots { pollNow(slot) }
            case .holds(let host, let trouble):
                let finding = book.finding(host, trouble, tokensForHosts, at: reading)
                judge(.host(book.name(of: host)), [trouble.ofHost], [finding], mended: "")
            case .settles(let host, let trouble):
                settle(.host(book.name(of: host)), trouble.ofHost)
            case .ends(let host, let trouble, let mended):
                end(.host(book.name(of: host)), [trouble.ofHost], mended: mended)
            case .judge(let slots, let own):
                judgeLater(slots, own: own)
            }
        }
    }

    private mutating func settle(_ subject: AlertSubject, _ condition: Condition) {
        let now = now
        let alerts = (hosts?.alerts[subject] ?? []).map { alert in
            var alert = alert
            if alert.condition == condition { alert.clearSince = now }
            return alert
        }
        hosts?.alerts[subject] = alerts
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
        if case .host(let host) = subject,
            let finding = hosts?.book.finding(
                of: host,
                alert.condition,
                tokensForHosts,
                at: reading
            )
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
