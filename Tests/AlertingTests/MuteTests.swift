import Testing

@testable import Alerting

struct MuteTests {
    private static let policy = Policy(
        remindCritical: .every(.hours(1)),
        remindWarning: .every(.hours(1)),
        channels: [ChannelRoute(name: "ops", minimumSeverity: .info)]
    )

    private static let mute = Mute(
        scope: .token(Watched().settings.id),
        by: "ann",
        reason: "maintenance",
        since: start,
        until: start + .hours(2)
    )

    private static func settings(
        _ id: String,
        owner: String? = nil,
        provider: String = "vps.org",
        host: String = "admin.vps.org"
    ) -> TokenSettings {
        guard let id = TokenID(id) else { fatalError("not a token id") }
        return TokenSettings(
            id: id,
            provider: TokenProvider(name: provider, host: host),
            policy: Policy(),
            owner: owner
        )
    }

    private static func mute(
        _ scope: Mute.Scope,
        until: Instant = start + .hours(1)
    ) -> Mute {
        Mute(scope: scope, by: "ann", reason: "r", since: start, until: until)
    }

    @Test func `what begins while it is muted is recorded, and notified when the mute ends`() {
        var watched = Watched(Self.policy)
        _ = watched.tell(Facts(expiry: .never), at: start)
        let raised = watched.answer(.rejected("401"), at: start + .minutes(1), mute: .muted)
        #expect(raised.lines == ["rejected raised critical"])
        #expect(raised.map(\.channels) == [[]])
        // Reminders are neither sent nor recorded.
        #expect(watched.pass(to: start + .minutes(90), mute: .muted).isEmpty)
        let ended = watched.pass(to: start + .hours(2), mute: .ended(Self.mute))
        #expect(ended.lines == ["rejected reminded critical"])
        #expect(ended.map(\.channels) == [["ops"]])
        #expect(ended[0].summary.hasSuffix("; muted by ann until now: maintenance"))
        #expect(watched.state.alert(.rejected)?.told == ["ops"])
    }

    @Test func `what a rejection silences at the end of a mute is notified after the rejection`() {
        var watched = Watched(Self.policy)
        let facts = Facts(expiry: .at(start + .days(5)))
        #expect(watched.tell(facts, at: start, mute: .muted).map(\.channels) == [[]])
        _ = watched.answer(.rejected("401"), at: start + .minutes(1), mute: .muted)
        let ended = watched.pass(to: start + .hours(2), mute: .ended(Self.mute))
        #expect(ended.lines == ["rejected reminded critical"])
        let mended = watched.tell(facts, at: start + .hours(2) + .minutes(1))
        #expect(mended.lines.contains { $0.hasPrefix("expiring reminded") }, "\(mended.lines)")
        #expect(watched.state.alert(.expiring)?.told == ["ops"])
    }

    @Test func `nothing is notified at the end of a mute where nothing holds`() {
        var watched = Watched(Self.policy)
        _ = watched.tell(Facts(expiry: .never), at: start)
        _ = watched.answer(.rejected("401"), at: start + .minutes(1), mute: .muted)
        let mended = watched.tell(Facts(expiry: .never), at: start + .minutes(2), mute: .muted)
        #expect(mended.lines == ["rejected resolved critical"])
        #expect(mended.map(\.channels) == [[]], "nobody was notified of its beginning")
        #expect(watched.pass(to: start + .hours(2), mute: .ended(Self.mute)).isEmpty)
    }

    @Test func `the end of an alert that was notified before is sent all the same`() {
        var watched = Watched(Self.policy)
        _ = watched.answer(.rejected("401"), at: start)
        let mended = watched.tell(Facts(expiry: .never), at: start + .minutes(2), mute: .muted)
        #expect(mended.map(\.channels) == [["ops"]])
    }

    @Test(arguments: [false, true])
    func `the end of an alert comes, even if another one took its place in a mute`(
        isRejected: Bool
    ) {
        var watched = Watched(Self.policy)
        let expiry = start + .hours(1)
        #expect(watched.tell(.expiring(expiry), at: start).map(\.channels) == [["ops"]])
        if isRejected { _ = watched.answer(.rejected("401"), at: start + .minutes(10)) }
        let expired = watched.pass(to: start + .hours(2), mute: .muted)
        #expect(expired.lines.last == "expired raised critical")
        #expect(expired.allSatisfy { $0.channels == [] }, "\(expired)")
        let renewed = watched.tell(
            .expiring(start + .days(90)),
            at: start + .hours(3),
            mute: .muted
        )
        #expect(
            renewed.filter { $0.phase == .resolved }.map(\.channels) == [["ops"]],
            "\(renewed.lines)"
        )
    }

    @Test func `a channel that the token does not notify any more gets the end of what it had`() {
        var watched = Watched(Self.policy)
        _ = watched.tell(.expiring(start + .hours(1)), at: start)
        let other = ChannelRoute(name: "other", minimumSeverity: .info)
        _ = watched.configure(Self.policy.telling([other]), at: start + .minutes(1))
        let expired = watched.pass(to: start + .hours(2))
        #expect(expired.lines == ["expiring resolved critical", "expired raised critical"])
        #expect(expired.map(\.channels) == [["ops"], ["other"]])
    }

    @Test func `an escalation in a mute is made good for at its end`() {
        var watched = Watched(Self.policy)
        let expiry = start + .days(3) + .minutes(30)
        _ = watched.tell(.expiring(expiry), at: start)
        let escalated = watched.pass(to: start + .minutes(31), mute: .muted)
        #expect(escalated.lines == ["expiring escalated critical 3d"])
        #expect(escalated.map(\.channels) == [[]])
        let ended = watched.pass(to: start + .hours(2), mute: .ended(Self.mute))
        #expect(ended.lines == ["expiring reminded critical 3d"])
        #expect(ended.map(\.channels) == [["ops"]])
    }

    @Test func `what is acknowledged stays quiet when a mute ends`() throws {
        var watched = Watched(Self.policy)
        _ = watched.answer(.rejected("401"), at: start)
        let source = EventSource(watched.settings, known: nil, now: start)
        let known = Acknowledgement(by: "bob", reason: "known", until: start + .days(2))
        let change = try #require(
            watched.state.alerts.acknowledged(nil, known, source, ids: &watched.ids)
        )
        watched.state.alerts = change.alerts
        #expect(watched.pass(to: start + .hours(2), mute: .ended(Self.mute)).isEmpty)
    }

    @Test func `a change in a mute is recorded only`() {
        var watched = Watched(Self.policy)
        _ = watched.tell(Facts(name: "a", expiry: .never), at: start)
        let renamed = watched.tell(Facts(name: "b", expiry: .never), at: start, mute: .muted)
        #expect(renamed.lines == ["renamed changed info"])
        #expect(renamed.map(\.channels) == [[]])
    }

    @Test func `a host is muted by itself, or when each of its tokens is`() {
        let tokens = [Self.settings("a", owner: "web"), Self.settings("b", owner: "web two")]
        var book = MuteBook()
        #expect(!book.mutes(host: "admin.vps.org", tokens: tokens))
        book.add(Self.mute(.token(tokens[0].id)))
        #expect(!book.mutes(host: "admin.vps.org", tokens: tokens))
        book.add(Self.mute(.owner(Glob("web t*"))))
        #expect(book.mutes(host: "admin.vps.org", tokens: tokens))
        #expect(!book.mutes(host: "admin.vps.org", tokens: []))
        book = MuteBook([Self.mute(.host("admin.vps.org"))])
        #expect(book.mutes(host: "admin.vps.org", tokens: []))
        let others = [Self.settings("c", host: "other.example")]
        #expect(!book.mutes(host: "other.example", tokens: others))
    }

    @Test func `the alert of a muted host is recorded, and notified when the mute ends`() {
        var ids = EventIDs(seed: 1)
        let finding = Finding(.hostUnreachable, .warning, "admin.vps.org does not answer")
        func judge(_ alerts: [Alert], _ mute: MuteStanding, at now: Instant) -> AlertChange {
            evaluate(
                .host("admin.vps.org"),
                alerts,
                [finding],
                mended: { _ in "" },
                policy: Self.policy,
                mute: mute,
                at: now,
                ids: &ids
            )
        }
        let raised = judge([], .muted, at: start)
        #expect(raised.events.map(\.channels) == [[]])
        let ended = judge(raised.alerts, .ended(Self.mute), at: start + .hours(2))
        #expect(ended.events.map(\.phase) == [.reminded])
        #expect(ended.events.map(\.channels) == [["ops"]])
    }

    @Test func `the mute of an inventory covers the tokens of its list`() throws {
        let team = try #require(TokenID("team"))
        let mute = Self.mute(.token(team))
        let book = MuteBook([mute])
        for (id, isCovered) in [("team", true), ("team/1", true), ("teams/1", false)] {
            let settings = Self.settings(id)
            #expect((book.mute(of: settings) != nil) == isCovered, "\(id)")
            #expect(mute.scope.contains(settings) == isCovered, "\(id)")
        }
    }

    @Test func `a token is in a scope by its id, host, owner or provider`() {
        let settings = Self.settings("a", owner: "platform team")
        let own: [Mute.Scope] = [
            .token(settings.id), .host("admin.vps.org"), .owner(Glob("Platform*")),
            .provider("vps.org"),
        ]
        for scope in own {
            #expect(MuteBook([Self.mute(scope)]).mute(of: settings) != nil)
            #expect(Mute.Scope(kind: scope.kind, name: scope.name) == scope)
        }
        let other = Self.settings("b", provider: "github", host: "api.github.com")
        for scope in own { #expect(MuteBook([Self.mute(scope)]).mute(of: other) == nil) }
    }

    @Test func `of several mutes of a token the one that ends last counts`() {
        let settings = Self.settings("a")
        var book = MuteBook([
            Self.mute(.token(settings.id)),
            Self.mute(.provider("vps.org"), until: start + .hours(3)),
        ])
        #expect(book.mute(of: settings)?.scope == .provider("vps.org"))
        #expect(book.nextEnd(at: start) == start + .hours(1))
        #expect(book.ended(at: start + .hours(1) - .milliseconds(1)).isEmpty)
        #expect(book.ended(at: start + .hours(1)).map(\.scope) == [.token(settings.id)])
        book.remove(.token(settings.id))
        #expect(book.mute(of: settings) != nil)
    }

    @Test func `a later mute of the same scope replaces the earlier one`() {
        var book = MuteBook([Self.mute(.provider("vps.org"))])
        book.add(Self.mute(.provider("vps.org"), until: start + .hours(5)))
        #expect(book.count == 1 && book.nextEnd(at: start) == start + .hours(5))
    }

    @Test func `an owner's mute is found in upper and lower case`() {
        var book = MuteBook()
        book.add(Self.mute(.owner(Glob("platform*"))))
        #expect(book.spelled(.owner(Glob("Platform*"))) == .owner(Glob("platform*")))
        #expect(book.spelled(.owner(Glob("platform"))) == .owner(Glob("platform")))
        #expect(book.spelled(.provider("VPS.org")) == .provider("VPS.org"))
    }

    @Test func `a clock that was ahead and is put right leaves no mute of more than 90 days`() {
        let book = MuteBook([Self.mute(.provider("vps.org"), until: start + .days(4000))])
        #expect(book.nextEnd(at: start) == start + .days(90))
    }

    @Test func `there are a thousand mutes at most`() {
        var book = MuteBook()
        for number in 0..<MuteBook.most { book.add(Self.mute(.host("h\(number)"))) }
        let (isAdded, isReplaced) = (
            book.add(Self.mute(.host("one more"))), book.add(Self.mute(.host("h0")))
        )
        #expect(!isAdded && isReplaced && book.count == MuteBook.most)
    }

    @Test func `what comes is foretold with the mute and its end`() {
        var watched = Watched(Self.policy)
        _ = watched.answer(.rejected("401"), at: start)
        let coming = explain(
            watched.state,
            watched.settings,
            plan: PollPlan(stage: .ready),
            mute: Self.mute,
            at: start + .minutes(1)
        ).coming
        #expect(coming.first?.at == start + .hours(2))
        #expect(coming.first?.summary.contains("muted by ann until now") == true)
        #expect(coming.dropFirst().first?.at == start + .hours(3))
    }
}
