import Alerting
import Foundation
import Testing

@testable import Formats
@testable import Monitor

/// A delivery whose body is the JSON of a real event.
func makeNotice(
    _ condition: Condition = .expiring,
    phase: Event.Phase = .raised,
    severity: Severity = .warning,
    summary: String = "deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)",
    subject: Event.Subject? = nil,
    since: Alerting.Instant? = notifyStart,
    change: Change? = nil,
    note: String? = nil
) throws -> Delivery {
    let event = Event(
        id: EventID(high: 1, low: 2),
        at: notifyStart,
        subject: try subject ?? .token(card(note: note)),
        kind: change.map(Event.Kind.change) ?? .condition(condition),
        phase: phase,
        severity: severity,
        summary: summary,
        alertID: since == nil ? nil : EventID(high: 1, low: 1),
        since: since,
        details: [
            Detail("stage", "7d"), Detail("missing", .texts(["a", "b"])), Detail("none", .null),
            Detail("seconds_left", .integer(5)),
        ]
    )
    let key =
        switch event.subject {
        case .token(let card): "token:\(card.id.text)"
        case .host(let host): "host:\(host)"
        case .daemon: "daemon"
        }
    return makeDelivery(
        1,
        subject: key,
        type: event.kind.name,
        phase: phase,
        severity: severity,
        summary: summary,
        body: event.json(instance: "vps-1")
    )
}

/// The request of a built-in format, with a value for whatever it needs of a channel.
func request(
    _ name: String,
    _ message: Message,
    page: String? = nil
) throws -> WebhookMessage? {
    let format = try #require(BuiltinFormats.named(name)?.format)
    return MessageSpelling(
        format: format,
        message: message,
        values: try exampleValues(of: format),
        page: page
    ).request
}

/// `THE-NAME` for every parameter and secret of a format.
func exampleValues(of format: MessageFormat) throws -> FormatValues {
    var values = FormatValues()
    for input in format.inputs {
        let text = "THE-\(input.name)"
        if input.isSecret {
            values.secrets[input.name] = try Secret(validating: text.utf8)
        } else {
            values.params[input.name] = text
        }
    }
    return values
}

private func json(_ format: String, _ delivery: Delivery) throws -> JSONValue {
    let request = try #require(try request(format, Message(delivery)))
    return try JSONValue(parsing: request.body)
}

struct NotifyFormatTests {
    @Test func `slack shows text and obeys none of it`() throws {
        let hostile = "<!channel> & <@U1> @here @Everyone @ALL john@example.com"
        let message = try json("slack", makeNotice(summary: hostile))
        let text = try #require(message["text"]?.string)
        let shown =
            "warning: &lt;!channel&gt; &amp; &lt;@\u{200b}U1&gt; @\u{200b}here @\u{200b}Everyone"
            + " @\u{200b}ALL john@example.com\n"
        #expect(text.hasPrefix(shown), "\(text)")
        #expect(text.contains("\nOwner: platform team\n"))
        #expect(text.contains("\nRenew: <https://admin.vps.org/account/developers/>\n"))
        #expect(text.hasSuffix("\nFrom: tokenwatchd on vps-1"))
    }

    @Test func `discord mentions nobody, and markup is text`() throws {
        let hostile = "@everyone [x](https://e) **b** <@1>"
        let message = try json("discord", makeNotice(summary: hostile))
        #expect(message["allowed_mentions"]?["parse"]?.elements?.isEmpty == true)
        let content = try #require(message["content"]?.string)
        let shown = "warning: \\@everyone \\[x\\]\\(https:\u{200b}//e\\) \\*\\*b\\*\\* \\<\\@1\\>\n"
        #expect(content.hasPrefix(shown), "\(content)")
    }

    @Test func `discord's message fits, and no escape is cut in two`() throws {
        let long = String(repeating: "*😀", count: 2000)
        let content = try #require(
            try json("discord", makeNotice(summary: long, note: long))["content"]?.string
        )
        #expect(content.utf16.count <= 2000)
        let pieces = Array(repeating: "\\*", count: 1200)
        let cut = try #require(TextLimit("2000 UTF-16 units")).joined(pieces)
        #expect(cut.utf16.count == 1999)
        #expect(cut.hasSuffix("\\*…"))
    }

    @Test(arguments: [
        (Severity.critical, Event.Phase.raised, "5", "rotating_light,expiring"),
        (.warning, .reminded, "4", "warning,expiring"),
        (.info, .raised, "3", "information_source,expiring"),
        (.critical, .resolved, "3", "white_check_mark,expiring"),
    ])
    func `ntfy gets text, and the rest in headers`(
        severity: Severity,
        phase: Event.Phase,
        priority: String,
        tags: String
    ) throws {
        let delivery = try makeNotice(phase: phase, severity: severity, note: "ü")
        let message = try #require(try request("ntfy", Message(delivery)))
        let headers = Dictionary(message.headers.map { ($0.name, $0.value) }) { first, _ in first }
        #expect(headers["priority"] == priority)
        #expect(headers["tags"] == tags)
        #expect(headers["title"]?.hasPrefix("deploy: expiring (") == true)
        #expect(headers["click"] == "https://admin.vps.org/account/developers/")
        let text = String(decoding: message.body, as: UTF8.self)
        #expect(text.contains(delivery.summary + "\n"))
        #expect(text.contains("\nNote: ü\n"))
    }

    @Test func `a header that is not ASCII is encoded in words of 75 characters`() {
        #expect(EncodedWords.header("plain") == "plain")
        #expect(EncodedWords.header("ü\r\nX: y") == "=?UTF-8?B?w7xcdXtkfVx1e2F9WDogeQ==?=")
        let long = EncodedWords.header(String(repeating: "😀", count: 40))
        let words = long.split(separator: " ")
        #expect(words.count == 4)
        #expect(words.allSatisfy { $0.utf8.count <= 75 })
        let decoded = words.map { word in
            Base64.decode(word.dropFirst(10).dropLast(2).utf8)
                .map { String(decoding: $0, as: UTF8.self) } ?? "?"
        }
        #expect(decoded.joined() == String(repeating: "😀", count: 40))
    }

    @Test func `an event's fields survive a body that cannot be read`() {
        let fields = EventFields(makeDelivery(1, subject: "host:a:8443", body: "{"))
        #expect(fields.host == "a:8443")
        #expect(fields.token == nil)
        #expect(EventFields(makeDelivery(1, subject: "token:x")).token?.id == "x")
    }

    @Test func `an alert has its documented labels, and annotations for the rest`() throws {
        let alerts = AlertmanagerFormat.alerts(for: EventFields(try makeNotice()), at: notifyStart)
        try #require(alerts.count == 1)
        #expect(
            alerts[0].labels == [
                "alertname": "TokenExpiring", "severity": "warning", "token": "deploy",
                "provider": "vps.org", "instance": "vps-1", "owner": "platform team",
            ]
        )
        #expect(alerts[0].annotations["details"] == "stage: 7d; missing: a, b; seconds_left: 5")
        #expect(alerts[0].annotations["note"] == nil)
        #expect(alerts[0].startsAt == notifyStart)
        #expect(alerts[0].endsAt == notifyStart + .minutes(15))
        #expect(AlertmanagerFormat.name(of: "host_unreachable") == "TokenHostUnreachable")
    }

    @Test func `an alert that changes its labels ends under the old ones`() throws {
        func series(_ delivery: Delivery) -> [String] {
            let now = notifyStart + .minutes(10)
            return AlertmanagerFormat.alerts(for: EventFields(delivery), at: now).map { alert in
                "\(alert.labels["alertname"] ?? "") \(alert.labels["severity"] ?? "") "
                    + (alert.endsAt > now ? "holds" : "ended")
            }
        }
        #expect(
            series(try makeNotice(phase: .escalated, severity: .critical))
                == ["TokenExpiring critical holds", "TokenExpiring warning ended"]
        )
        #expect(
            series(try makeNotice(phase: .escalated)) == ["TokenExpiring warning holds"]
        )
        #expect(
            series(try makeNotice(.expired, severity: .critical)) == [
                "TokenExpired critical holds", "TokenExpiring warning ended",
                "TokenExpiring critical ended",
            ]
        )
        #expect(series(try makeNotice(phase: .resolved)) == ["TokenExpiring warning ended"])
    }

    @Test func `a change ends by itself`() throws {
        let delivery = try makeNotice(phase: .changed, since: nil, change: .rotated)
        let alerts = AlertmanagerFormat.alerts(for: EventFields(delivery), at: notifyStart)
        #expect(alerts.map(\.endsAt) == [notifyStart + .minutes(15)])
        #expect(alerts.first?.labels["alertname"] == "TokenRotated")
    }

    @Test(arguments: [
        ("https://a:9093", "https://a:9093/api/v2/alerts"),
        ("https://a:9093/", "https://a:9093/api/v2/alerts"),
        ("https://a/prefix/api/v2/alerts", "https://a/prefix/api/v2/alerts"),
        ("https://a?x=1", "https://a?x=1"),
    ])
    func `a URL of a server alone gets the format's path`(url: String, address: String) throws {
        let target = try WebhookTarget(url: Secret(validating: url.utf8))
        #expect(target.address(orPath: WebhookFormat.alertmanager.usualPath) == address)
        #expect(target.address(orPath: WebhookFormat.json.usualPath) == url)
    }
}
