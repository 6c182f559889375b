import Alerting

extension TokenSnapshot {
    /// The token object: no field is ever left out, absent is null.
    ///
    /// - Parameters:
    ///   - json: takes it.
    ///   - now: from which the time left is counted.
    ///   - recorded: the alerts' texts, for a token of the past, which has no next poll.
    func write(
        into json: inout JSONWriter,
        at now: Instant,
        recorded: [Condition: String]? = nil
    ) {
        let known = state.known
        let effective = EffectiveExpiry(of: state, statedExpiry: settings.statedExpiry)
        json.object { json in
            json.field("id", settings.id.text)
            json.field("inventory", settings.id.inventory?.text)
            json.field("lists", lists)
            json.field("provider", settings.provider)
            json.field("state", state.health.rawValue)
            json.field("name", known?.name)
            json.field("account", known?.account)
            json.field("account_name", known?.holder?.name)
            json.field("company", known?.holder?.company)
            json.field("permissions", known?.permissions?.words)
            json.field("created_at", known?.createdAt)
            effective.write(into: &json, at: now)
            let thresholds = state.stageThresholds(settings)
            for (key, left) in [
                ("expires_warning_s", thresholds.warning),
                ("expires_critical_s", thresholds.critical),
            ] {
                json.field(key, left?.wholeSeconds)
            }
            json.field("expiry_rolling", state.isRolling)
            json.field(
                "expiry_difference",
                EffectiveExpiry.difference(of: state, statedExpiry: settings.statedExpiry)
            )
            json.field("last_used_at", known?.lastUsedAt)
            json.field("last_used_by", state.use.by?.rawValue)
            json.field("last_used_elsewhere_at", state.use.elsewhereAt)
            json.field("last_poll_at", state.lastPollAt)
            json.field("last_ok_at", state.lastOkAt)
            json.field("last_outcome", state.lastOutcome?.rawValue)
            json.field("last_error", state.lastError)
            json.field("next_poll_at", recorded == nil ? nextPollAt : nil)
            json.array("alerts") { json in
                let findings =
                    recorded == nil
                    ? state.findings(
                        for: settings,
                        at: now,
                        spread: spread,
                        isRefusalTheHosts: true
                    ) : []
                for alert in state.shownAlerts.sorted(by: { $0.isWorse(than: $1) }) {
                    let finding = findings.first { $0.condition == alert.condition }
                    let summary = recorded?[alert.condition] ?? finding?.summary
                    alert.write(into: &json, summary: summary)
                }
            }
            json.key("muted")
            if let mute, recorded == nil { mute.write(into: &json) } else { json.null() }
            json.field("owner", settings.owner)
            json.field("renew_url", settings.renewURL)
            json.field("note", settings.note)
        }
    }
}

extension TokenSnapshot {
    /// The token object by itself; see `write`.
    func json(at now: Instant, recorded: [Condition: String]? = nil) -> [UInt8] {
        var writer = JSONWriter(reserving: 1024)
        write(into: &writer, at: now, recorded: recorded)
        return writer.bytes
    }
}

extension EffectiveExpiry {
    fileprivate func write(into json: inout JSONWriter, at now: Instant) {
        var source: Source?
        if case .at(_, let from) = self { source = from }
        json.field("expiry", word)
        json.field("expires_at", instant)
        json.field("expires_in_s", instant.map { ($0 - now).wholeSeconds })
        json.field("expires_from", source?.rawValue)
    }

    private var word: String {
        switch self {
        case .at: "known"
        case .never: "never"
        case .notTold: "not_told"
        case .notSeen: "not_seen"
        }
    }
}

extension Acknowledgement? {
    fileprivate func write(into json: inout JSONWriter) {
        guard let self else { return json.null() }
        json.object { json in
            json.field("by", self.by)
            json.field("reason", self.reason)
            json.field("until", self.until)
        }
    }
}

extension Alert {
    func isWorse(than other: Alert) -> Bool {
        (other.severity, since, condition.rawValue) < (
            severity, other.since, other.condition.rawValue
        )
    }

    /// The alert object of a token; `summary` is its text, if known.
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
            json.key("acknowledged")
            acknowledgement.write(into: &json)
            json.field("next_reminder_at", nextReminderAt)
            json.field("summary", summary ?? "\(condition.rawValue) since \(since.forPeople)")
        }
    }
}
