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

    private static func route(_ name: String, _ filter: EventFilter) -> ChannelRoute {
        ChannelRoute(name: name, minimumSeverity: .info, filter: filter)
    }

    private static func policy(_ routes: ChannelRoute...) -> Policy {
        Policy(remindCritical: .never, remindWarning: .never, channels: routes)
    }

    @Test
    func `a channel gets the conditions and changes that only admits and except leaves`() {
        var watched = Watched(
            Self.policy(
                Self.route("all", .all),
                Self.route("expiry", EventFilter(only: [Glob("expir*")])),
                Self.route("rest", EventFilter(except: [Glob("expiring"), Glob("renamed")]))
            )
        )
        let expiry = start + .days(10)
        #expect(watched.tell(.expiring(expiry), at: start).map(\.channels) == [["all", "expiry"]])
        #expect(watched.pass(to: expiry).map(\.channels) == [["all", "expiry", "rest"]])
    }

    @Test
    func `a channel that does not get what replaces an alert is notified of its end`() {
        var watched = Watched(
            Self.policy(
                Self.route("all", .all),
                Self.route("early", EventFilter(only: [Glob("expiring")]))
            )
        )
        let expiry = start + .days(10)
        _ = watched.tell(.expiring(expiry), at: start)
        let expired = watched.pass(to: expiry)
        #expect(expired.lines == ["expiring resolved warning", "expired raised critical"])
        #expect(expired.map(\.channels) == [["early"], ["all"]])
        let renewed = watched.tell(.expiring(expiry + .days(90)), at: expiry)
        #expect(renewed.last?.channels == ["all"])
    }

    @Test
    func `an end is not sent where send_resolved is false`() {
        var watched = Watched(
            Self.policy(
                Self.route("all", .all),
                Self.route("quiet", EventFilter(sendsResolved: false))
            )
        )
        #expect(
            watched.answer(.malformed("no JSON"), at: start).map(\.channels) == [["all", "quiet"]]
        )
        let end = watched.tell(Facts(expiry: .never), at: start)
        #expect(end.lines == ["malformed resolved warning"])
        #expect(end.map(\.channels) == [["all"]])
    }

    @Test
    func `owner admits the tokens of its owners, and hosts, not the daemon`() {
        let filter = EventFilter(owners: [Glob("platform*"), Glob("ann")])
        func card(_ owner: String?) -> Event.Subject {
            .token(
                TokenCard(
                    id: Watched(Self.policy).settings.id,
                    name: nil,
                    provider: "vps.org",
                    account: nil,
                    owner: owner,
                    renewURL: nil,
                    note: nil
                )
            )
        }
        let kind = Event.Kind.condition(.expiring)
        #expect(filter.takes(kind, of: card("platform team")))
        #expect(filter.takes(kind, of: card("ann")))
        #expect(filter.takes(kind, of: card("Platform")) && filter.takes(kind, of: card("ANN")))
        #expect(!filter.takes(kind, of: card("anna")))
        #expect(!filter.takes(kind, of: card(nil)))
        #expect(filter.takes(.condition(.hostUnreachable), of: .host("admin.vps.org")))
        #expect(!filter.takes(.condition(.storeFailing), of: .daemon))
        #expect(filter.takes(.test, of: .daemon))
    }

    @Test(arguments: [
        ("*", "", true), ("*", "anything", true), ("expiring", "expiring", true),
        ("expir*", "expired", true), ("*_changed", "expiry_changed", true),
        ("*a*b", "xaxxbxb", true), ("?", "é", true), ("?", "", false), ("a*", "ba", false),
        ("*a*b", "xaxxbxc", false), ("", "", true), ("", "a", false), ("a**", "a", true),
    ])
    func `a glob fits a whole name`(pattern: String, name: String, fits: Bool) {
        #expect(Glob(pattern).matches(name) == fits)
    }
}
