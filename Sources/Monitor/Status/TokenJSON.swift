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
            json.key("id")
            json.value(settings.id.text)
            json.key("inventory")
            json.value(settings.id.inventory?.text)
            json.key("provider")
            json.value(settings.provider)
            json.key("state")
            json.value(state.health.rawValue)
            json.key("name")
            json.value(known?.name)
            json.key("account")
            json.value(known?.account)
            json.key("account_name")
            json.value(known?.holder?.name)
            json.key("company")
            json.value(known?.holder?.company)
            json.key("permissions")
            if let permissions = known?.permissions {
                json.value(permissions.words)
            } else {
                json.null()
            }
            json.key("created_at")
            json.value(known?.createdAt)
            effective.write(into: &json, at: now)
            let thresholds = state.stageThresholds(settings)
            for (key, left) in [
                ("expires_warning_s", thresholds.warning),
                ("expires_critical_s", thresholds.critical),
            ] {
                json.key(key)
                if let left { json.value(left.wholeSeconds) } else { json.null() }
            }
            json.key("expiry_rolling")
            json.value(state.isRolling)
            json.key("expiry_difference")
            json.value(
                EffectiveExpiry.difference(of: state, statedExpiry: settings.statedExpiry)
            )
            json.key("last_used_at")
            json.value(known?.lastUsedAt)
            json.key("last_used_by")
            json.value(state.use.by?.rawValue)
            json.key("last_used_elsewhere_at")
            json.value(state.use.elsewhereAt)
            json.key("last_poll_at")
            json.value(state.lastPollAt)
            json.key("last_ok_at")
            json.value(state.lastOkAt)
            json.key("last_outcome")
            json.value(state.lastOutcome?.rawValue)
            json.key("last_error")
            json.value(state.lastError)
            json.key("next_poll_at")
            json.value(recorded == nil ? nextPollAt : nil)
            json.key("alerts")
            json.array { json in
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
            json.key("owner")
            json.value(settings.owner)
            json.key("renew_url")
            json.value(settings.renewURL)
            json.key("note")
            json.value(settings.note)
        }
    }
}

extension EffectiveExpiry {
    fileprivate func write(into json: inout JSONWriter, at now: Instant) {
        var source: Source?
        if case .at(_, let from) = self { source = from }
        json.key("expiry")
        json.value(word)
        json.key("expires_at")
        json.value(instant)
        json.key("expires_in_s")
        if let instant {
            json.value((instant - now).wholeSeconds)
        } else {
            json.null()
        }
        json.key("expires_from")
        json.value(source?.rawValue)
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
            json.key("by")
            json.value(self.by)
            json.key("reason")
            json.value(self.reason)
            json.key("until")
            json.value(self.until)
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
                json.key("host")
                json.value(host)
            }
            json.key("condition")
            json.value(condition.rawValue)
            json.key("severity")
            json.value(severity.rawValue)
            json.key("since")
            json.value(since)
            json.key("stage")
            json.value(stage)
            json.key("confirmed")
            json.value(!isUnconfirmed)
            json.key("covered_by")
            json.value(isCovered ? HostTrouble(ofToken: condition)?.ofHost.rawValue : nil)
            json.key("acknowledged")
            acknowledgement.write(into: &json)
            json.key("next_reminder_at")
            json.value(nextReminderAt)
            json.key("summary")
            json.value(summary ?? "\(condition.rawValue) since \(since.forPeople)")
        }
    }
}
