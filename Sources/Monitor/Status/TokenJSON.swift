import Alerting

extension TokenSnapshot {
    /// Writes the token object: it has every requested field; absent values are null.
    ///
    /// - Parameters:
    ///   - json: the writer of the object.
    ///   - now: the instant from which the time left counts.
    ///   - fields: the requested fields.
    ///   - recorded: the alerts' texts, for a token of the past, which has no next poll.
    func write(
        into json: inout JSONWriter,
        at now: Instant,
        fields: [TokenField] = TokenField.allCases,
        recorded: [Condition: String]? = nil
    ) {
        json.object { json in
            for field in fields {
                json.key(field.rawValue)
                write(field, into: &json, at: now, recorded)
            }
        }
    }

    private func write(
        _ field: TokenField,
        into json: inout JSONWriter,
        at now: Instant,
        _ recorded: [Condition: String]?
    ) {
        let known = state.known
        switch field {
        case .id: json.value(settings.id.text)
        case .inventory: json.value(settings.id.inventory?.text)
        case .lists: json.value(lists)
        case .provider: json.value(settings.provider)
        case .host: json.value(settings.isAsked ? settings.host : nil)
        case .state: json.value(state.health.rawValue)
        case .name: json.value(known?.name)
        case .account: json.value(known?.account)
        case .accountName: json.value(known?.holder?.name)
        case .company: json.value(known?.holder?.company)
        case .permissions: json.value(known?.permissions?.words)
        case .createdAt: json.value(known?.createdAt)
        case .expiry: json.value(effectiveExpiry.word)
        case .expiresAt: json.value(effectiveExpiry.instant)
        case .expiresIn: json.value(effectiveExpiry.instant.map { ($0 - now).wholeSeconds })
        case .expiresFrom: json.value(effectiveExpiry.source?.rawValue)
        case .expiresWarning: json.value(state.stageThresholds(settings).warning?.wholeSeconds)
        case .expiresCritical: json.value(state.stageThresholds(settings).critical?.wholeSeconds)
        case .expiryRolling: json.value(state.isRolling)
        case .expiryDifference:
            json.value(
                state.expiryDifference(settings)
            )
        case .lastUsedAt: json.value(known?.lastUsedAt)
        case .lastUsedBy: json.value(state.use.by?.rawValue)
        case .lastUsedElsewhereAt: json.value(state.use.elsewhereAt)
        case .lastPollAt: json.value(state.lastPollAt)
        case .lastOkAt: json.value(state.lastOkAt)
        case .lastOutcome: json.value(state.lastOutcome?.rawValue)
        case .lastError: json.value(state.lastError)
        case .nextPollAt: json.value(recorded == nil ? nextPollAt : nil)
        case .alerts: json.array { writeAlerts(into: &$0, at: now, recorded) }
        case .muted:
            if let mute, recorded == nil { mute.write(into: &json) } else { json.null() }
        case .owner: json.value(settings.owner)
        case .renewURL: json.value(settings.renewURL)
        case .note: json.value(settings.note)
        }
    }

    private func writeAlerts(
        into json: inout JSONWriter,
        at now: Instant,
        _ recorded: [Condition: String]?
    ) {
        let alerts = state.shownAlerts
        // Most tokens have no alerts, and need no texts.
        guard !alerts.isEmpty else { return }
        let findings =
            recorded == nil
            ? state.findings(for: settings, at: now, spread: spread, isRefusalTheHosts: true) : []
        for alert in alerts.sorted(by: { $0.isWorse(than: $1) }) {
            let finding = findings.first { $0.condition == alert.condition }
            alert.write(into: &json, summary: recorded?[alert.condition] ?? finding?.summary)
        }
    }
}

extension TokenSnapshot {
    /// Returns the token object by itself; see `write`.
    func json(
        at now: Instant,
        fields: [TokenField] = TokenField.allCases,
        recorded: [Condition: String]? = nil
    ) -> [UInt8] {
        JSONWriter.bytes(reserving: 1024) {
            write(into: &$0, at: now, fields: fields, recorded: recorded)
        }
    }
}

extension EffectiveExpiry {
    fileprivate var source: Source? {
        guard case .at(_, let from) = self else { return nil }
        return from
    }

    fileprivate var word: String {
        switch self {
        case .at: "known"
        case .never: "never"
        case .notTold: "not_told"
        case .notSeen: "not_seen"
        }
    }
}

extension Acknowledgement {
    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.field("by", by)
            json.field("reason", reason)
            json.field("until", until)
        }
    }
}

extension Alert {
    func isWorse(than other: Alert) -> Bool {
        (other.severity, since, condition.rawValue) < (
            severity, other.since, other.condition.rawValue
        )
    }

    /// Writes the alert object of a token; `summary` is its text, if known.
    func write(into json: inout JSONWriter, summary: String?, host: String? = nil) {
        json.object { json in
            if let host {
                json.field("host", host)
            }
            json.field("condition", condition.rawValue)
            json.field("severity", severity.rawValue)
            json.field("since", since)
            json.field("stage", stage)
            json.field("confirmed", !isUnconfirmed)
            json.field(
                "covered_by",
                isCovered ? HostTrouble(ofToken: condition)?.ofHost.rawValue : nil
            )
            json.field("acknowledged", acknowledgement) { $0.write(into: &$1) }
            json.field("next_reminder_at", nextReminderAt)
            json.field("summary", summary ?? "\(condition.rawValue) since \(since.forPeople)")
        }
    }
}
