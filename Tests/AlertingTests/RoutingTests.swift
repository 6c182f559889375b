import Alerting
import Testing

struct RoutingTests {
    private static let policy = Policy(
        remindCritical: .never,
        remindWarning: .never,
        channels: [
            ChannelRoute(name: "log", minimumSeverity: .info),
            ChannelRoute(name: "ops", minimumSeverity: .warning),
            ChannelRoute(name: "page", minimumSeverity: .critical),
        ]
    )

    @Test
    func `a channel hears from its severity on, and the end of what it heard of`() {
        var watched = Watched(Self.policy)
        let expiry = start + .days(10)
        #expect(watched.tell(.expiring(expiry), at: start).first?.channels == ["log", "ops"])
        #expect(
            watched.pass(to: expiry - .days(3)).first?.channels == ["log", "ops", "page"]
        )
        // Extended into a warning: silent, but the page was told and hears of the end.
        let extended = watched.tell(.expiring(expiry + .days(10)), at: expiry - .days(3))
        #expect(extended.map(\.channels) == [["log"]])
        let ended = watched.tell(.expiring(expiry + .days(90)), at: expiry)
        #expect(ended.map(\.channels) == [["log"], ["log", "ops", "page"]])
    }

    @Test
    func `a channel that was not told of the alert is not told of its end`() {
        var watched = Watched(Self.policy)
        _ = watched.answer(.malformed("no JSON"), at: start)
        let events = watched.tell(Facts(expiry: .never), at: start)
        #expect(events.map(\.channels) == [["log", "ops"]])
    }

    @Test
    func `entering and leaving are recorded, not delivered`() {
        var watched = Watched(Self.policy)
        let first = firstSeen(watched.settings, at: start, ids: &watched.ids)
        #expect(first.line == "first_seen changed info")
        #expect(first.channels == [])
        _ = watched.answer(.rejected("status 401"), at: start)
        let events = forgotten(watched.state, watched.settings, at: start, ids: &watched.ids)
        #expect(events.lines == ["forgotten changed info", "rejected resolved critical"])
        #expect(events.map(\.channels) == [[], ["log", "ops", "page"]])
        #expect(events.last?["mended"] == .text("no longer watched"))
        #expect(events.last?.alertID == watched.state.alert(.rejected)?.id)
    }
}
