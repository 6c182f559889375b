/// The alerts of hosts and of the daemon itself.
package struct SubjectBook: Sendable {
    /// The changes by a judgement, to write and to notify of.
    package struct Outcome: Sendable {
        package let change: SubjectChange
        package let events: [Event]
    }

    /// The alerts of subjects that have some.
    package private(set) var alerts: [AlertSubject: [Alert]] = [:]
    /// The last findings of this run.
    private var findings: [AlertSubject: [Condition: Finding]] = [:]
    /// The policies of subjects with their own recipients.
    private var policies: [AlertSubject: Policy] = [:]
    /// The policy of all other subjects.
    package var policy: Policy

    package init(policy: Policy = Policy()) {
        self.policy = policy
    }

    /// Takes over alerts of the last run; known ones stay.
    package mutating func resume(_ stored: [AlertSubject: [Alert]]) {
        alerts.merge(stored.filter { !$0.value.isEmpty }) { present, _ in present }
    }

    package func policy(of subject: AlertSubject) -> Policy { policies[subject] ?? policy }

    /// Sets the policy of a subject; nil for the policy of all others.
    package mutating func set(_ policy: Policy?, of subject: AlertSubject) {
        policies[subject] = policy
    }

    package func isOpen(_ condition: Condition, of subject: AlertSubject) -> Bool {
        alerts[subject]?.contains { $0.condition == condition } == true
    }

    /// The time at which a reminder is due or an acknowledgement ends; nil for none.
    package var nextWake: Instant? { alerts.values.compactMap(\.nextWake).min() }

    /// The subjects with due work, in a fixed order.
    package func due(at now: Instant) -> [AlertSubject] {
        guard !alerts.isEmpty else { return [] }
        return alerts.filter { $0.value.nextWake.map { $0 <= now } == true }.keys
            .sorted { $0.description < $1.description }
    }

    /// Judges conditions of a subject: those without a finding have ended; conditions that are
    /// not judged stay as they are.
    ///
    /// - Parameters:
    ///   - subject: the host or the part of the daemon.
    ///   - conditions: the conditions to judge.
    ///   - found: the active findings.
    ///   - isNews: whether to notify of an active alert again, because it changed.
    ///   - mute: whether the subject is muted.
    ///   - mended: the reason why a condition ended.
    ///   - now: the current time.
    ///   - ids: for the events.
    /// - Returns: nil if nothing changed.
    mutating func judge(
        _ subject: AlertSubject,
        _ conditions: Set<Condition>,
        _ found: [Finding],
        isNews: Bool,
        mute: MuteStanding,
        mended: (Condition) -> String,
        at now: Instant,
        ids: inout EventIDs
    ) -> Outcome? {
        for condition in conditions {
            findings[subject, default: [:]][condition] = found.first { $0.condition == condition }
        }
        let all = alerts[subject] ?? []
        var judged = all.filter { conditions.contains($0.condition) }
        if isNews {
            for index in judged.indices { judged[index].nextReminderAt = now }
        }
        let change = evaluate(
            subject,
            judged,
            found,
            mended: mended,
            policy: policy(of: subject),
            mute: mute,
            at: now,
            ids: &ids
        )
        let others = all.filter { !conditions.contains($0.condition) }
        return take(subject, judged, change, others: others)
    }

    /// Writes the reminders that are due, with the current findings.
    mutating func remind(
        _ subject: AlertSubject,
        _ found: [Finding],
        mute: MuteStanding,
        at now: Instant,
        ids: inout EventIDs
    ) -> Outcome? {
        let all = alerts[subject] ?? []
        let open = all.filter { $0.clearSince == nil }
        let change = evaluate(
            subject,
            open,
            found,
            mended: { _ in "" },
            policy: policy(of: subject),
            mute: mute,
            at: now,
            ids: &ids
        )
        return take(subject, open, change, others: all.filter { $0.clearSince != nil })
    }

    /// Records that an alert's condition has ended, and that its end is reported later.
    mutating func settle(_ subject: AlertSubject, _ condition: Condition, at now: Instant) {
        alerts[subject] = alerts[subject]?.map { alert in
            var alert = alert
            if alert.condition == condition { alert.clearSince = now }
            return alert
        }
    }

    /// Forgets notifications of channels that are gone or have a new address.
    mutating func keep(told channels: Set<String>) {
        alerts = alerts.mapValues { alerts in
            alerts.map { alert in
                var alert = alert
                alert.told.removeAll { !channels.contains($0) }
                return alert
            }
        }
    }

    /// Notifies a new channel of active alerts.
    mutating func introduce(
        _ channel: String,
        to subject: AlertSubject,
        finding: (Alert) -> Finding,
        at now: Instant,
        ids: inout EventIDs
    ) -> Outcome? {
        let source = subject.eventSource(policy: policy(of: subject), now: now)
        guard
            let change = alerts[subject]?.introduced(
                to: channel,
                source,
                finding: finding,
                ids: &ids
            )
        else { return nil }
        return take(subject, change.alerts, change, others: [])
    }

    /// The current finding of an alert; without one, only that it is active.
    func present(_ alert: Alert, of subject: AlertSubject, at now: Instant) -> Finding {
        findings[subject]?[alert.condition]
            ?? Finding(
                alert.condition,
                alert.severity,
                "\(subject): \(alert.condition.rawValue) since \(alert.since.forPeople(at: now))"
            )
    }

    private mutating func take(
        _ subject: AlertSubject,
        _ judged: [Alert],
        _ change: AlertChange,
        others: [Alert]
    ) -> Outcome? {
        guard change.alerts != judged || !change.events.isEmpty else { return nil }
        let alerts = others + change.alerts
        self.alerts[subject] = alerts.isEmpty ? nil : alerts
        let held = Set(change.alerts.map(\.condition))
        return Outcome(
            change: SubjectChange(
                subject: subject,
                holds: change.alerts,
                ended: judged.map(\.condition).filter { !held.contains($0) }
            ),
            events: change.events
        )
    }
}
