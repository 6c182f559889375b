package import Alerting

/// The alerts of hosts and of the daemon itself.
extension Watch {
    /// Judges what is wrong with a host or the daemon, of the conditions named.
    ///
    /// What is not among the findings has ended; conditions that are not named stay as they are.
    ///
    /// - Parameters:
    ///   - subject: the host or the part of the daemon.
    ///   - conditions: those that are judged.
    ///   - findings: what holds of them.
    ///   - policy: whom it tells; nil for the one of hosts and the daemon.
    ///   - saysAgain: whether what holds already is said again, for it is not as it was.
    ///   - mended: what ended a condition that holds no longer.
    /// - Returns: whether anything was raised.
    @discardableResult
    package func judge(
        _ subject: AlertSubject,
        _ conditions: Set<Condition>,
        _ findings: [Finding],
        policy: Policy? = nil,
        saysAgain: Bool = false,
        mended: @escaping @Sendable (Condition) -> String
    ) -> Bool {
        let now = ports.clock()
        let all = subjectAlerts[subject] ?? []
        subjectPolicies[subject] = policy
        for condition in conditions {
            subjectFindings[subject, default: [:]][condition] =
                findings.first { $0.condition == condition }
        }
        var judged = all.filter { conditions.contains($0.condition) }
        if saysAgain {
            for index in judged.indices { judged[index].nextReminderAt = now.instant }
        }
        let change = evaluate(
            subject,
            judged,
            findings,
            mended: mended,
            policy: policy ?? self.policy,
            mute: muteStanding(of: subject),
            at: now.instant,
            ids: &ids
        )
        take(subject, judged, change, others: all.filter { !conditions.contains($0.condition) })
        return change.events.contains { $0.phase == .raised }
    }

    /// An alert of a host or the daemon, with what is to be said of it now.
    package struct SubjectAlert: Hashable, Sendable {
        package let alert: Alert
        package let finding: Finding
    }

    /// The alerts of hosts and the daemon, for showing.
    func shownSubjects(_ now: Now) -> [AlertSubject: [SubjectAlert]] {
        var shown: [AlertSubject: [SubjectAlert]] = [:]
        for (subject, alerts) in subjectAlerts {
            let open = alerts.filter { $0.clearSince == nil }
            guard !open.isEmpty else { continue }
            shown[subject] = open.map {
                SubjectAlert(alert: $0, finding: present($0, of: subject, now))
            }
        }
        return shown
    }

    /// Takes a new configuration's channels: one that is gone has no alerts.
    ///
    /// - Parameters:
    ///   - told: the channels that still know what they were notified of.
    ///   - configuration: the new one.
    func keepSubjects(told: Set<String>, _ configuration: Configuration) {
        for (subject, alerts) in subjectAlerts {
            subjectAlerts[subject] = alerts.map { alert in
                var alert = alert
                alert.told.removeAll { !told.contains($0) }
                return alert
            }
            guard case .channel(let name) = subject else { continue }
            if configuration.channels.contains(where: { $0.name == name }) {
                subjectPolicies[subject] = configuration.policy(forTroubleOf: name)
            } else {
                judge(subject, [.channelFailing], []) { _ in "there is no such channel any more" }
            }
        }
    }

    /// Says again what is due to be said again.
    func remindSubjects(_ now: Now) {
        for (subject, alerts) in subjectAlerts {
            guard let wake = alerts.nextWake, wake <= now.instant else { continue }
            remind(subject, now, mute: muteStanding(of: subject))
        }
    }

    /// Says again what is due to be said of one of them.
    func remind(_ subject: AlertSubject, _ now: Now, mute: MuteStanding) {
        let all = subjectAlerts[subject] ?? []
        let alerts = all.filter { $0.clearSince == nil }
        let change = evaluate(
            subject,
            alerts,
            alerts.map { present($0, of: subject, now) },
            mended: { _ in "" },
            policy: subjectPolicies[subject] ?? policy,
            mute: mute,
            at: now.instant,
            ids: &ids
        )
        take(subject, alerts, change, others: all.filter { $0.clearSince != nil })
    }

    /// Notes that an alert's condition has ended, and that its end is reported later.
    func settle(_ subject: AlertSubject, _ condition: Condition, _ now: Now) {
        subjectAlerts[subject] = subjectAlerts[subject]?.map { alert in
            var alert = alert
            if alert.condition == condition { alert.clearSince = now.instant }
            return alert
        }
        pumpSoon()
    }

    /// What is to be said of an alert now; if nothing is known but that it holds, then that.
    func present(_ alert: Alert, of subject: AlertSubject, _ now: Now) -> Finding {
        if case .host(let host) = subject, let finding = finding(of: host, alert.condition, now) {
            return finding
        }
        if let finding = subjectFindings[subject]?[alert.condition] { return finding }
        return Finding(
            alert.condition,
            alert.severity,
            "\(subject): \(alert.condition.rawValue) since "
                + alert.since.forPeople(at: now.instant)
        )
    }

    private func take(
        _ subject: AlertSubject,
        _ judged: [Alert],
        _ change: AlertChange,
        others: [Alert]
    ) {
        guard change.alerts != judged || !change.events.isEmpty else { return }
        let alerts = others + change.alerts
        subjectAlerts[subject] = alerts.isEmpty ? nil : alerts
        let held = Set(change.alerts.map(\.condition))
        pending.note(
            subject,
            holds: change.alerts,
            ended: judged.map(\.condition).filter { !held.contains($0) }
        )
        record(change.events)
        wakeCommitter()
        pumpSoon()
    }

    /// An id for an event that is not recorded: a test.
    package func nextEventID() -> EventID { ids.next(at: ports.clock().instant) }

    // MARK: - Acknowledging

    /// Acknowledges a condition of a token, or all of them.
    ///
    /// - Returns: whether there was anything to acknowledge.
    package func acknowledge(
        _ id: TokenID,
        _ condition: Condition?,
        _ acknowledgement: Acknowledgement
    ) -> Bool {
        change(id) { alerts, source, ids in
            alerts.acknowledged(condition, acknowledgement, source, ids: &ids)
        }
    }

    /// Takes acknowledgements of a token back.
    ///
    /// - Returns: whether there were any.
    package func unacknowledge(_ id: TokenID, _ condition: Condition?, by name: String) -> Bool {
        change(id) { alerts, source, ids in
            alerts.unacknowledged(condition, by: name, source, ids: &ids)
        }
    }

    private func change(
        _ id: TokenID,
        _ make: ([Alert], EventSource, inout EventIDs) -> AlertChange?
    ) -> Bool {
        guard let slot = roster.slot(of: id) else { return false }
        let now = ports.clock()
        let settings = roster.tokens[slot].settings
        let old = states[slot]
        let source = EventSource(settings, known: old.known, now: now.instant)
        guard let change = make(old.shownAlerts, source, &ids) else { return false }
        let shown = Set(change.alerts.map(\.condition))
        states[slot].alerts =
            old.alerts.filter { !shown.contains($0.condition) } + change.alerts
        pending.note(id, from: old, startsSpan: false)
        record(change.events)
        planWake(slot, now)
        wakeCommitter()
        pump()
        return true
    }
}
