import Alerting
import Testing

@testable import Formats
@testable import Monitor

/// The labels by which Alertmanager distinguishes alerts.
struct NotifyAlertmanagerTests {
    private func labels(_ event: Event) -> [String: String] {
        let fields = EventFields(event, instance: "vps-1")
        return AlertmanagerFormat.alerts(for: fields, at: notifyStart)[0].labels
    }

    private func channelAlert(
        _ channel: String,
        _ alerts: [Alert],
        holds: Bool,
        _ ids: inout EventIDs
    ) -> AlertChange {
        let finding = Finding(
            .channelFailing,
            .warning,
            "channel \(channel) fails",
            details: [Detail("channel", channel)]
        )
        return evaluate(
            .channel(channel),
            alerts,
            holds ? [finding] : [],
            mended: { _ in "it delivers again" },
            policy: Policy(channels: [ChannelRoute(name: "am", minimumSeverity: .info)]),
            at: notifyStart,
            ids: &ids
        )
    }

    @Test func `two channels that fail are two alerts, and each ends under its own labels`() throws
    {
        var ids = EventIDs(after: EventID(high: 0, low: 0), seed: 1)
        var seen: [[String: String]] = []
        for name in ["ops", "page"] {
            let raised = channelAlert(name, [], holds: true, &ids)
            let resolved = channelAlert(name, raised.alerts, holds: false, &ids)
            let event = try #require(raised.events.first)
            let end = try #require(resolved.events.first)
            #expect(end.phase == .resolved)
            #expect(labels(event)["channel"] == name)
            #expect(labels(end) == labels(event))
            seen.append(labels(event))
        }
        #expect(seen[0] != seen[1])
    }

    @Test func `a channel's alert has its channel though nothing is known of it but that it holds`()
    {
        let source = AlertSubject.channel("ops").eventSource(policy: Policy(), now: notifyStart)
        #expect(source.identified([]) == [Detail("channel", "ops")])
        #expect(source.identified([Detail("channel", "x")]) == [Detail("channel", "x")])
        #expect(
            AlertSubject.daemon.eventSource(policy: Policy(), now: notifyStart).identified([])
                == []
        )
    }

    /// The alert of a change that a daemon saw, and of which it wrote its `number`th event.
    private func change(
        _ kind: Event.Kind,
        _ details: [Detail],
        number: UInt64,
        summary: String = "can do more now"
    ) throws -> AlertmanagerAlert {
        let event = Event(
            id: EventID(high: 1, low: number),
            at: notifyStart,
            subject: try token("platform"),
            kind: kind,
            phase: .changed,
            severity: .warning,
            summary: summary,
            details: details
        )
        let fields = EventFields(event, instance: "vps-1")
        let alerts = AlertmanagerFormat.alerts(for: fields, at: notifyStart)
        #expect(alerts.count == 1)
        return alerts[0]
    }

    @Test func `two changes within an hour are two alerts, and each ends after 15 minutes`() throws
    {
        let series = try [("a:b", UInt64(1)), ("a:c", 2)].map { added, number in
            let details = [Detail("added", .texts([added]))]
            let alert = try change(.change(.permissionsChanged), details, number: number)
            #expect(alert.endsAt == notifyStart + .minutes(15))
            #expect(alert.labels["owner"] == "platform")
            return alert.labels
        }
        #expect(series[0] != series[1])
    }

    @Test func `a change that two daemons saw is one alert, though their events differ`() throws {
        let details = [Detail("old", "a@example.com"), Detail("new", "b@example.com")]
        let first = try change(.change(.accountChanged), details, number: 1, summary: "in 6 d")
        let second = try change(.change(.accountChanged), details, number: 2, summary: "in 5 d")
        #expect(first.labels == second.labels)
        #expect(first.labels["event"] != nil)
        #expect(first.annotations["event_id"] != second.annotations["event_id"])
    }

    @Test func `an expiry that two daemons compute some seconds apart is one change`() throws {
        // Within an hour of the clock, and then in the next.
        let hour = notifyStart - .seconds(notifyStart.seconds % 3600)
        let labels = try [0, 3599, 3600].map { (seconds: Int64) in
            let details = [
                Detail("direction", "extended"), Detail("old", notifyStart),
                Detail("new", hour + .seconds(seconds)),
            ]
            let number = UInt64(seconds)
            return try change(.change(.expiryChanged), details, number: number).labels
        }
        #expect(labels[0] == labels[1])
        #expect(labels[1] != labels[2])
    }

    @Test func `two tests are two alerts`() throws {
        let labels = try [UInt64(1), 2].map { try change(.test, [], number: $0).labels }
        #expect(labels[0] != labels[1])
    }

    @Test func `only a change has an event among its labels, and only an owner's token an owner`()
        throws
    {
        let event = Event(
            id: EventID(high: 1, low: 1),
            at: notifyStart,
            subject: try token(nil),
            kind: .condition(.expiring),
            phase: .raised,
            severity: .warning,
            summary: "expires"
        )
        #expect(
            Set(labels(event).keys) == ["alertname", "severity", "token", "provider", "instance"]
        )
    }

    @Test(arguments: [
        ("127.0.0.1", "http://127.0.0.1:9873/"), ("::1", "http://[::1]:9873/"),
        ("0.0.0.0", "http://vps-1:9873/"), ("::", "http://vps-1:9873/"),
    ])
    func `an alert leads to the daemon's page where it has one`(host: String, url: String) throws {
        let page = ListenAddress(host: host, port: 9873).pageURL(hostname: "vps-1")
        #expect(page == url)
        let notice = try makeNotice()
        for (page, expected) in [(page, Optional(url)), (nil, nil)] {
            let message = AlertmanagerFormat.message(
                of: AlertmanagerFormat.alerts(for: EventFields(notice), at: notifyStart),
                page: page
            )
            let alerts = try JSONValue(parsing: message.body).elements
            #expect(alerts?.first?["generatorURL"]?.string == expected)
        }
    }

    private func token(_ owner: String?) throws -> Event.Subject {
        .token(
            TokenCard(
                id: try #require(TokenID("deploy")),
                name: nil,
                provider: "vps.org",
                account: nil,
                owner: owner,
                renewURL: nil,
                note: nil
            )
        )
    }
}
