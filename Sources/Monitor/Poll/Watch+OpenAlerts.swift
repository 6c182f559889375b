import Alerting

/// What holds now, for those that must be told again and again.
extension Watch {
    /// Tokens looked at in one turn of the queue: some ten microseconds where nothing is wrong.
    private static let tokensPerTurn = 4096
    /// Alerts gathered in one turn: each takes the findings of its token, some microseconds.
    private static let alertsPerTurn = 256

    /// Every alert that holds and that a channel was told of, with what is to be said of it now.
    ///
    /// It takes many turns of the queue where there are many tokens; one that is watched all the time
    /// is looked at exactly once, whatever is reloaded meanwhile.
    package nonisolated func openAlerts(toldTo channel: String) async -> [OpenAlert] {
        var alerts = await openAlertsOfSubjects(toldTo: channel)
        var last: TokenID?
        repeat {
            let page = await openAlertsOfTokens(toldTo: channel, after: last)
            alerts += page.alerts
            last = page.last
        } while last != nil
        return alerts
    }

    /// - Returns: the alerts, and the last token that was looked at; nil if there is none behind it.
    func openAlertsOfTokens(
        toldTo channel: String,
        after last: TokenID?
    ) -> (alerts: [OpenAlert], last: TokenID?) {
        let now = ports.clock().instant
        let start = last.map(engine.roster.firstSlot(after:)) ?? 0
        let end = min(engine.states.count, start + Self.tokensPerTurn)
        var alerts: [OpenAlert] = []
        for slot in start..<max(start, end) {
            if !engine.states[slot].alerts.isEmpty {
                alerts += openAlerts(of: slot, toldTo: channel, at: now)
            }
            if alerts.count >= Self.alertsPerTurn, slot + 1 < engine.states.count {
                return (alerts, engine.roster.settings[slot].id)
            }
        }
        return (alerts, end < engine.states.count ? engine.roster.settings[end - 1].id : nil)
    }

    private func openAlerts(
        of slot: Int,
        toldTo channel: String,
        at now: Instant
    ) -> [OpenAlert] {
        let state = engine.states[slot]
        let told = state.spokenAlerts.filter { $0.told.contains(channel) }
        guard !told.isEmpty else { return [] }
        let settings = engine.roster.settings[slot]
        let source = EventSource(settings, known: state.known, now: now)
        let findings = state.findings(
            for: settings,
            at: now,
            spread: engine.clock.spread(of: settings.host)
        )
        return told.map { alert in
            OpenAlert(
                alert,
                of: source,
                finding: findings.first { $0.condition == alert.condition }
            )
        }
    }

    private func openAlertsOfSubjects(toldTo channel: String) -> [OpenAlert] {
        let now = ports.clock()
        return engine.subjects.alerts.flatMap { subject, alerts in
            let source = subject.eventSource(policy: engine.subjects.policy, now: now.instant)
            return alerts.filter { $0.told.contains(channel) }
                .map {
                    OpenAlert($0, of: source, finding: engine.present($0, of: subject, at: now))
                }
        }
    }
}

extension OpenAlert {
    /// An alert with what its finding says; one that only nothing has ended yet has none.
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
