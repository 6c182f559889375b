import Testing

@testable import Alerting

/// What a channel that is new, or leads elsewhere, is notified of.
struct NewChannelTests {
    private var ids = EventIDs(after: EventID(high: 5, low: 0), seed: 1)

    private func source(_ routes: ChannelRoute...) -> EventSource {
        EventSource(
            subject: .host("a.example"),
            label: "a.example",
            policy: Policy(channels: routes),
            now: start + .days(3)
        )
    }

    private func alert(_ severity: Severity = .critical, told: [String] = ["log"]) -> Alert {
        var alert = Alert(
            condition: .hostUnreachable,
            id: EventID(high: 1, low: 1),
            severity: severity,
            since: start,
            nextReminderAt: start + .days(4)
        )
        alert.told = told
        return alert
    }

    private mutating func introduced(_ alert: Alert, _ source: EventSource? = nil) -> AlertChange? {
        [alert].introduced(
            to: "ops",
            source
                ?? self.source(
                    ChannelRoute(name: "log", minimumSeverity: .info),
                    ChannelRoute(name: "ops", minimumSeverity: .warning)
                ),
            finding: { Finding($0.condition, $0.severity, "5 tokens are unreachable") },
            ids: &ids
        )
    }

    @Test mutating func `it alone is notified of what holds, under the alert's id`() throws {
        let change = try #require(introduced(alert()))
        #expect(change.alerts.map(\.told) == [["log", "ops"]])
        #expect(
            change.alerts[0].nextReminderAt == start + .days(4) && change.alerts[0].reminders == 0
        )
        let event = try #require(change.events.first)
        #expect(change.events.count == 1)
        #expect(event.channels == ["ops"])
        #expect(event.phase == .reminded)
        #expect(event.alertID == EventID(high: 1, low: 1))
        #expect(event.since == start && event.severity == .critical)
        #expect(event.summary == "5 tokens are unreachable")
    }

    @Test mutating func `it is notified once`() throws {
        let change = try #require(introduced(alert()))
        #expect(introduced(change.alerts[0]) == nil)
    }

    @Test mutating func `it is notified of what its severity asks for, and no less`() {
        #expect(introduced(alert(.warning)) != nil)
        #expect(introduced(alert(.info)) == nil)
    }

    @Test mutating func `it is not notified of what goes to other channels`() {
        #expect(
            introduced(alert(), source(ChannelRoute(name: "log", minimumSeverity: .info))) == nil
        )
    }

    @Test mutating func `an alert that its host's alert stands for is left out`() {
        var alert = alert(told: [])
        alert.isCovered = true
        #expect(introduced(alert) == nil)
    }

    @Test mutating func `an acknowledged alert is left out, and one that is clear for now`() {
        var acknowledged = alert()
        acknowledged.acknowledgement = Acknowledgement(
            by: "ann",
            reason: "known",
            until: start + .days(9)
        )
        #expect(introduced(acknowledged) == nil)
        var clear = alert()
        clear.clearSince = start + .days(3)
        #expect(introduced(clear) == nil)
    }
}
