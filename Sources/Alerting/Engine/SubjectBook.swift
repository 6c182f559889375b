/// The alerts of hosts and of the daemon itself.
package struct SubjectBook: Sendable {
    /// What a judgement changed, to be written and notified.
    package struct Outcome: Sendable {
        package let change: SubjectChange
        package let events: [Event]
    }

    /// Only subjects that have some.
    package private(set) var alerts: [AlertSubject: [Alert]] = [:]
    /// What was last found of them, in this run.
    private var findings: [AlertSubject: [Condition: Finding]] = [:]
    /// Whom subjects notify that do not notify by `policy`.
    private var policies: [AlertSubject: Policy] = [:]
    /// Whom all others notify, and how often.
    package var policy: Policy

    package init(policy: Policy = Policy()) {
        self.policy = policy
    }

    /// Takes up alerts of the last run; those that are known stay.
    package mutating func resume(_ stored: [AlertSubject: [Alert]]) {
        alerts.merge(stored.filter { !$0.value.isEmpty }) { present, _ in present }
    }

    package func policy(of subject: AlertSubject) -> Policy { policies[subject] ?? policy }

    /// Sets whom a subject notifies; nil for the policy of all others.
    package mutating func set(_ policy: Policy?, of subject: AlertSubject) {
        policies[subject] = policy
    }

    package func isOpen(_ condition: Condition, of subject: AlertSubject) -> Bool {
        alerts[subject]?.contains { $0.condition == condition } == true
    }

    /// When a reminder falls due or an acknowledgement ends; nil for none.
    package var nextWake: Instant? { alerts.values.compactMap(\.nextWake).min() }

    /// The subjects with something due, in a fixed order.
    package func due(at now: Instant) -> [AlertSubject] {
        alerts.filter { $0.value.nextWake.map { $0 <= now } == true }.keys
            .sorted { $0.description < $1.description }
    }

    /// Judges conditions of a subject: what is not among the findings has ended, and conditions that are
    /// not named stay as they are.
    ///
    /// - Parameters:
    ///   - subject: the host or the part of the daemon.
    ///   - conditions: those that are judged.
    ///   - found: what holds of them.
    ///   - isNews: whether what holds already is notified again, because it is not as it was.
    ///   - mute: whether the subject is muted.
    ///   - mended: what ended a condition that is no longer true.
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

    /// Repeats what is due to be repeated, by what is found of it now.
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

    /// Notes that an alert's condition has ended, and that its end is reported later.
    mutating func settle(_ subject: AlertSubject, _ condition: Condition, at now: Instant) {
        alerts[subject] = alerts[subject]?.map { alert in
            var alert = alert
            if alert.condition == condition { alert.clearSince = now }
            return alert
        }
    }

    /// Forgets what channels were told that do not know it any more.
    mutating func keep(told channels: Set<String>) {
        alerts = alerts.mapValues { alerts in
            alerts.map { alert in
                var alert = alert
                alert.told.removeAll { !channels.contains($0) }
                return alert
            }
        }
    }

    /// Notifies a channel that is new of what holds.
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

    /// The event of an alert now; if nothing else is known, that it is active.
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
