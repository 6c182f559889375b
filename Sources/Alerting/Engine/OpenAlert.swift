/// An active alert that a channel was notified of.
package struct OpenAlert: Hashable, Sendable {
    package var condition: Condition
    package var severity: Severity
    package var subject: Event.Subject
    package var since: Instant
    /// One line for a person, as of now.
    package var summary: String
    package var details: [Detail] = []
    /// The id of the event that raised it.
    package var alertID: EventID
}

/// Active alerts, for receivers that need them repeatedly.
extension Engine {
    /// The number of tokens per turn: about ten microseconds if nothing is wrong.
    private static let tokensPerPage = 4096
    /// The number of alerts per turn: each needs the findings of its token, some microseconds.
    private static let alertsPerPage = 256

    /// The token alerts that a channel was notified of, one page of tokens after a given one.
    ///
    /// A token that stays configured is visited exactly once, even if a reload comes between two
    /// pages.
    ///
    /// - Returns: the alerts, and the last visited token; nil at the end.
    package func openAlertsOfTokens(
        toldTo channel: String,
        after last: TokenID?,
        at now: Now
    ) -> (alerts: [OpenAlert], last: TokenID?) {
        let start = last.map(roster.firstSlot(after:)) ?? 0
        let end = min(states.count, start + Self.tokensPerPage)
        var alerts: [OpenAlert] = []
        for slot in start..<max(start, end) {
            if !states[slot].alerts.isEmpty {
                alerts += openAlerts(of: slot, toldTo: channel, at: now.instant)
            }
            if alerts.count >= Self.alertsPerPage, slot + 1 < states.count {
                return (alerts, roster.settings[slot].id)
            }
        }
        return (alerts, end < states.count ? roster.settings[end - 1].id : nil)
    }

    /// The alerts of hosts and the daemon that a channel was notified of.
    package func openAlertsOfSubjects(toldTo channel: String, at now: Now) -> [OpenAlert] {
        subjects.alerts.flatMap { subject, alerts in
            let source = subject.eventSource(policy: subjects.policy, now: now.instant)
            return alerts.filter { $0.told.contains(channel) }
                .map { OpenAlert($0, of: source, finding: present($0, of: subject, at: now)) }
        }
    }

    private func openAlerts(
        of slot: Int,
        toldTo channel: String,
        at now: Instant
    ) -> [OpenAlert] {
        let state = states[slot]
        let told = state.spokenAlerts.filter { $0.told.contains(channel) }
        guard !told.isEmpty else { return [] }
        let settings = roster.settings[slot]
        let source = EventSource(settings, known: state.known, now: now)
        let findings = state.findings(
            for: settings,
            at: now,
            spread: clock.spread(of: settings.host)
        )
        return told.map { alert in
            OpenAlert(
                alert,
                of: source,
                finding: findings.first { $0.condition == alert.condition }
            )
        }
    }
}

extension OpenAlert {
    /// An alert with the text of its finding, or with its age if it has none any more.
    fileprivate init(_ alert: Alert, of source: EventSource, finding: Finding?) {
        let finding = finding ?? alert.finding(of: source)
        self.init(
            condition: alert.condition,
            severity: alert.severity,
            subject: source.subject,
            since: alert.since,
            summary: finding.summary,
            details: source.identified(finding.details),
            alertID: alert.id
        )
    }
}
