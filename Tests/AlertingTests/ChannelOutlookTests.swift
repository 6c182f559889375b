import Testing

@testable import Alerting

struct ChannelOutlookTests {
    private let night = QuietHours(begin: 22 * 60, end: 7 * 60)

    private func event(
        _ at: String,
        _ token: String = "a",
        _ phase: Event.Phase = .raised,
        _ severity: Severity = .warning,
        alert: UInt64? = nil
    ) throws -> Event {
        let id = try #require(TokenID(token))
        let settings = TokenSettings(id: id, provider: .unknown, policy: Policy())
        let source = EventSource(settings, known: nil, now: utc(at))
        return Event(
            id: EventID(high: 0, low: UInt64(utc(at).milliseconds)),
            at: utc(at),
            subject: source.subject,
            kind: .condition(.expiring),
            phase: phase,
            severity: severity,
            summary: "",
            alertID: alert.map { EventID(high: 1, low: $0) }
        )
    }

    private func fates(_ events: [Event], _ limits: ChannelQueue.Limits) -> [ChannelQueue.Fate] {
        ChannelQueue(limits: limits, zone: .utc).fates(of: events)
    }

    @Test func `a channel without digests and quiet hours sends each event at once`() throws {
        let events = try [event("2026-06-01T23:00:00Z"), event("2026-06-01T23:00:00Z", "b")]
        let sent = ChannelQueue.Fate.sent(at: utc("2026-06-01T23:00:00Z"), ofCount: 1)
        #expect(fates(events, ChannelQueue.Limits()) == [sent, sent])
    }

    @Test func `at night only critical events are sent, the others at seven in one message`() throws
    {
        let events = try [
            event("2026-06-01T21:59:00Z"), event("2026-06-01T22:00:00Z", "b"),
            event("2026-06-02T01:00:00Z", "c", .raised, .critical),
            event("2026-06-02T06:59:59Z", "d"), event("2026-06-02T07:30:00Z", "e"),
        ]
        let limits = ChannelQueue.Limits(groupWait: .seconds(10), quiet: night)
        let expected: [ChannelQueue.Fate] = [
            .sent(at: utc("2026-06-01T21:59:10Z"), ofCount: 1),
            .sent(at: utc("2026-06-02T07:00:00Z"), ofCount: 2),
            .sent(at: utc("2026-06-02T01:00:10Z"), ofCount: 1),
            .sent(at: utc("2026-06-02T07:00:00Z"), ofCount: 2),
            .sent(at: utc("2026-06-02T07:30:10Z"), ofCount: 1),
        ]
        #expect(fates(events, limits) == expected)
        let late = zip(events, expected).map { $1.isLate($0, limits) }
        // One second before seven is less than the wait for others.
        #expect(late == [false, true, false, false, false])
        // Without digests they are a message each.
        let singles = fates(events, ChannelQueue.Limits(quiet: night))
        #expect(singles[1] == .sent(at: utc("2026-06-02T07:00:00Z"), ofCount: 1))
        #expect(singles[2] == .sent(at: utc("2026-06-02T01:00:00Z"), ofCount: 1))
    }

    @Test func `a critical event takes along what is older of its token`() throws {
        let events = try [
            event("2026-06-01T23:00:00Z"), event("2026-06-02T01:00:00Z", "a", .raised, .critical),
        ]
        let sent = ChannelQueue.Fate.sent(at: utc("2026-06-02T01:00:00Z"), ofCount: 1)
        #expect(fates(events, ChannelQueue.Limits(quiet: night)) == [sent, sent])
    }

    @Test func `what begins and ends at night, and reminders that are repeated, are not sent`()
        throws
    {
        let events = try [
            event("2026-06-01T23:00:00Z", "a", .raised, alert: 1),
            event("2026-06-01T23:10:00Z", "b", .reminded, alert: 2),
            event("2026-06-02T02:00:00Z", "a", .resolved, alert: 1),
            event("2026-06-02T03:10:00Z", "b", .reminded, alert: 2),
        ]
        #expect(
            fates(events, ChannelQueue.Limits(groupWait: .seconds(10), quiet: night)) == [
                .withdrawn, .replaced, .withdrawn,
                .sent(at: utc("2026-06-02T07:00:00Z"), ofCount: 1),
            ]
        )
    }

    @Test(arguments: [1, 39, 40, 41, 81])
    func `simultaneous events are messages of at most so many as memory holds`(count: Int) throws {
        let events = try (0..<count).map { try event("2026-06-01T00:00:00Z", "t\($0)") }
        let fates = fates(events, ChannelQueue.Limits(lookAhead: 40, groupWait: .seconds(10)))
        let sizes = fates.map { if case .sent(_, let size) = $0 { size } else { 0 } }
        let rest = count % 40
        #expect(sizes.count { $0 == 40 } == count - rest)
        #expect(sizes.count { $0 == rest } == rest)
        #expect(fates.allSatisfy { ($0.sentAt ?? .utcStart) >= events[0].at + .seconds(10) })
    }

    @Test func `delays are those of the channels that an event goes to`() throws {
        var events = try [event("2026-06-01T23:00:00Z"), event("2026-06-01T12:00:00Z", "b")]
        events[0].channels = ["chat", "log"]
        events[1].channels = ["chat"]
        let chat = ChannelQueue(limits: ChannelQueue.Limits(quiet: night))
        let delays = ChannelQueue.delays(of: events.reversed(), by: ["chat": chat, "page": chat])
        #expect(delays.map(\.count) == [0, 1])
        #expect(delays[1].first?.channel == "chat")
        #expect(delays[1].first?.fate.sentAt == utc("2026-06-02T07:00:00Z"))
    }
}

extension Instant {
    fileprivate static let utcStart = Instant(milliseconds: 0)
}
