import Alerting
import Formats

/// One alert in the form that Prometheus's Alertmanager accepts.
///
/// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
struct AlertmanagerAlert: Hashable, Sendable {
    /// The labels, without empty ones.
    var labels: [String: String]
    var annotations: [String: String]
    /// The start; nil in the end of an alert whose start is unknown here: Alertmanager knows it.
    var startsAt: Instant?
    var endsAt: Instant

    /// Writes the alert; `page` is the URL of a page about it.
    func write(into json: inout JSONWriter, page: String?) {
        json.object { json in
            for (key, values) in [("labels", labels), ("annotations", annotations)] {
                json.object(key) { json in
                    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                        json.field(name, value)
                    }
                }
            }
            if let startsAt {
                json.field("startsAt", startsAt)
            }
            json.field("endsAt", endsAt)
            if let page {
                json.field("generatorURL", page)
            }
        }
    }
}

/// Alerts for Prometheus's Alertmanager.
///
/// An active alert expires there after a while, and the keeper sends it again before that.
/// Alertmanager loses alerts at a restart, and the alerts of a stopped daemon must end.
enum AlertmanagerFormat {
    /// The lifetime of an alert that the keeper does not repeat: three of its rounds may fail.
    static let life = Duration.minutes(15)
    /// The lifetime of a change, which has no end of its own.
    static let lifeOfChange = Duration.minutes(15)
    /// The lifetime of a test.
    static let lifeOfTest = Duration.minutes(5)
    /// The time by which an end is set back.
    ///
    /// Alertmanager ignores an end in its future, because it got a later end before.
    static let clockTolerance = Duration.minutes(2)

    static func message(of alerts: [AlertmanagerAlert], page: String?) -> WebhookMessage {
        var json = JSONWriter(reserving: 1024)
        json.array { json in
            for alert in alerts { alert.write(into: &json, page: page) }
        }
        return WebhookMessage(
            headers: [(name: "content-type", value: "application/json")],
            body: json.bytes
        )
    }

    /// The alerts to send for an event: its own alert, and the ends of alerts that it replaces.
    static func alerts(for event: EventFields, at now: Instant) -> [AlertmanagerAlert] {
        switch event.phase {
        case .changed:
            let life = event.type == Event.Kind.test.name ? lifeOfTest : lifeOfChange
            let at = Instant(text: event.at) ?? now
            // An alert that was delivered late is still shown.
            return [alert(of: event, from: at, until: max(at, now) + life)]
        case .resolved:
            return [ended(event, at: now)]
        case .raised, .escalated, .reminded, .acknowledged, .unacknowledged:
            return [holding(event, at: now)] + replaced(by: event).map { ended($0, at: now) }
        }
    }

    /// The active alert of an event.
    static func holding(_ event: EventFields, at now: Instant) -> AlertmanagerAlert {
        let since = Instant(text: event.since ?? event.at) ?? now
        return alert(of: event, from: since, until: max(since, now) + life)
    }

    /// The end of the alert of an event.
    static func ended(_ event: EventFields, at now: Instant) -> AlertmanagerAlert {
        let since = event.since.flatMap { Instant(text: $0) }
        let end = now - clockTolerance
        return alert(of: event, from: since, until: max(end, since ?? end))
    }

    /// The ends of alerts with other labels that the event replaces.
    ///
    /// An escalated alert has another severity, and `expired` replaces `expiring`.
    private static func replaced(by event: EventFields) -> [EventFields] {
        var others: [EventFields] = []
        if event.phase == .escalated && event.severity == .critical {
            var before = event
            before.severity = .warning
            others.append(before)
        }
        if event.phase == .raised && event.type == Condition.expired.rawValue {
            var before = event
            before.type = Condition.expiring.rawValue
            // This event does not contain its start.
            before.since = nil
            for severity in [Severity.warning, .critical] {
                before.severity = severity
                others.append(before)
            }
        }
        return others
    }

    private static func alert(
        of event: EventFields,
        from start: Instant?,
        until end: Instant
    ) -> AlertmanagerAlert {
        let token = event.token
        return AlertmanagerAlert(
            labels: filled([
                "alertname": name(of: event.type), "severity": event.severity.rawValue,
                "token": token?.id, "provider": token?.provider, "host": event.host,
                "instance": event.instance, "owner": token?.owner, "channel": channel(of: event),
                // Alerts with equal labels are one alert, and two changes are two.
                "event": event.phase == .changed ? mark(of: event) : nil,
            ]),
            annotations: filled([
                "summary": event.summary, "renew_url": token?.renewURL, "note": token?.note,
                "account": token?.account, "name": token?.name, "details": event.detailsText,
                "event_id": event.id, "alert_id": event.alertID,
            ]),
            startsAt: start,
            endsAt: end
        )
    }

    /// Distinguishes the changes of a token; the same change has equal marks in two daemons.
    ///
    /// Their events have ids of their own, and summaries with the time left.
    private static func mark(of event: EventFields) -> String {
        // Two tests are two alerts, and have no details.
        guard event.type != Event.Kind.test.name else { return event.id }
        var json = JSONWriter(reserving: 512)
        json.object { json in
            for member in event.details {
                json.key(member.key)
                comparable(member.value).write(into: &json)
            }
        }
        let digest = SHA256.digest(of: json.bytes)
        return String(digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }, radix: 16)
    }

    /// Returns a time without its minutes.
    ///
    /// Some providers send the time left: two daemons then compute expiries some seconds apart.
    private static func comparable(_ value: JSONValue) -> JSONValue {
        guard let instant = value.string.flatMap({ Instant(text: $0) }) else { return value }
        return .integer(instant.seconds / 3600)
    }

    /// The channel that an alert of the daemon is about.
    private static func channel(of event: EventFields) -> String? {
        guard event.type == Condition.channelFailing.rawValue else { return nil }
        return event.details.first { $0.key == "channel" }?.value.string
    }

    /// Returns the name of a type: `TokenPermissionsMissing` for `permissions_missing`.
    static func name(of type: String) -> String {
        "Token"
            + type.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func filled(_ values: [String: String?]) -> [String: String] {
        values.compactMapValues { $0 }.filter { !$0.value.isEmpty }
    }
}
