import Alerting
import Testing

/// An engine with one inventory, whose list is made by hand.
struct Listed {
    var engine: Engine
    var instant = start
    /// How far the wall clock was set forward.
    var setForward: Duration = .zero

    private static let provider = TokenProvider(name: "gitlab-group", host: "gitlab.example")

    init(
        _ policy: Policy = .heard,
        only: [String] = [],
        except: [String] = [],
        keepExpired: Duration = .days(7),
        reportsNew: Bool = false,
        isCanary: Bool = false,
        unusedAfter: Duration? = nil,
        others: [String] = [],
        alsoLists: [String] = []
    ) throws {
        let id = try #require(TokenID("inv"))
        let now = Now(instant: start, moment: Moment(milliseconds: start.milliseconds))
        engine = Engine(clock: ClockWatch(at: now), ids: EventIDs(seed: 1), seed: 1)
        let policy = policy.confirming(after: .zero)
        let inventory = Inventory(
            id: id,
            usual: TokenSettings(
                id: id,
                provider: Self.provider,
                policy: policy,
                isCanary: isCanary,
                unusedAfter: unusedAfter
            ),
            overrides: [:],
            only: only.map { Glob($0) },
            except: except.map { Glob($0) },
            keepExpired: keepExpired,
            reportsNew: reportsNew
        )
        let polled = (["inv"] + others).compactMap { TokenID($0) }.sorted().map {
            TokenSettings(id: $0, provider: Self.provider, policy: policy.withoutFacts)
        }
        let more = alsoLists.compactMap { TokenID($0) }.map { other in
            Inventory(
                id: other,
                usual: TokenSettings(id: other, provider: Self.provider, policy: policy)
            )
        }
        engine.take(
            Roster(polled, inventories: [inventory] + more),
            states: polled.map { _ in TokenState() },
            concurrency: 32,
            perHost: 8
        )
        engine.countHosts(at: now)
    }

    var now: Now {
        Now(instant: instant + setForward, moment: Moment(milliseconds: instant.milliseconds))
    }

    var ids: [String] { engine.roster.settings.map(\.id.text) }

    func slot(_ id: String) throws -> Int {
        let token = try #require(TokenID(id))
        return try #require(engine.roster.slot(of: token), "\(id)")
    }

    func state(_ id: String) throws -> TokenState {
        engine.states[try slot(id)]
    }

    /// Reads the list, and does everything that comes of it at once.
    mutating func read(
        _ tokens: [(String, Facts)],
        unreadable: [String] = [],
        isWhole: Bool = true,
        answer: Observation.Answer = .ok(Facts()),
        after length: Duration = .zero
    ) throws -> [Event] {
        instant = instant + length
        let slot = try slot("inv")
        engine.conclude(
            slot,
            .sample(answer, at: instant),
            Listing(
                tokens: tokens.map { ListedToken(id: $0.0, facts: $0.1) },
                unreadable: unreadable,
                isWhole: isWhole,
                reason: isWhole ? nil : "the limit of 2 rows"
            ),
            at: now
        )
        return settle()
    }

    /// Lets time pass to an instant.
    mutating func pass(to end: Instant) -> [Event] {
        var events: [Event] = []
        while case let next = engine.nextMoment(after: now), next.milliseconds <= end.milliseconds {
            instant = max(instant, Instant(milliseconds: next.milliseconds))
            events += settle()
        }
        instant = end
        return events + settle()
    }

    private mutating func settle() -> [Event] {
        var events: [Event] = []
        repeat {
            while let due = engine.next(at: now) {
                switch due {
                case .wake(let slot): engine.apply(slot, .timePassed, at: now)
                case .poll(let slot): engine.finish(slot, next: .never)
                }
            }
            engine.turn(at: now)
            events += engine.takeEvents()
        } while engine.wantsTurn
        return events
    }
}

extension Event {
    /// `inv/1 first_seen changed info`.
    fileprivate var whose: String {
        guard case .token(let card) = subject else { return line }
        return "\(card.id) \(line)"
    }
}

@Suite struct ListingTests {
    private let far = start + .days(90)

    @Test func `each listed token is watched with the policy of its inventory`() throws {
        var listed = try Listed(others: ["zeta"])
        let events = try listed.read([
            ("7", .expiring(start + .days(2))), ("42", .expiring(far)),
        ])
        // The listed ones come behind all others.
        #expect(listed.ids == ["inv", "zeta", "inv/42", "inv/7"])
        #expect(
            events.map(\.whose) == [
                "inv/42 first_seen changed info", "inv/7 first_seen changed info",
                "inv/7 expiring raised critical 3d",
            ]
        )
        #expect(events[0].channels.isEmpty && events[2].channels == ["ops"])
        #expect(
            try listed.read([("7", .expiring(start + .days(2))), ("42", .expiring(far))]) == []
        )
    }

    @Test func `a list that says the same writes no state of a listed token`() throws {
        var listed = try Listed()
        _ = try listed.read([("1", .expiring(far))])
        listed.instant = start + .hours(1)
        listed.engine.conclude(
            try listed.slot("inv"),
            .sample(.ok(Facts()), at: listed.instant),
            Listing(tokens: [ListedToken(id: "1", facts: .expiring(far))]),
            at: listed.now
        )
        listed.engine.turn(at: listed.now)
        #expect(listed.engine.takePending(at: start).states.map(\.id.text) == ["inv"])
    }

    @Test func `what changes about a listed token is reported`() throws {
        var listed = try Listed()
        _ = try listed.read([("1", .holding("api:read"))])
        let events = try listed.read([("1", .holding("api:read", "repo:write"))])
        #expect(events.map(\.whose) == ["inv/1 permissions_changed changed warning"])
    }

    @Test func `one that leaves before its expiry left the list, and its alerts resolve`() throws {
        var listed = try Listed()
        _ = try listed.read([("1", .expiring(start + .days(2))), ("2", .expiring(far))])
        let events = try listed.read([("2", .expiring(far))], after: .hours(1))
        #expect(
            events.map(\.whose) == [
                "inv/1 left_list changed warning", "inv/1 expiring resolved critical",
            ]
        )
        #expect(events.allSatisfy { $0.channels == ["ops"] })
        #expect(events[0].summary.contains("revoked or deleted"), "\(events[0].summary)")
        #expect(listed.ids == ["inv", "inv/2"])
    }

    @Test func `a second list confirms that a token left, after confirm_after`() throws {
        let policy = Policy.heard
        var listed = try Listed(policy, others: [])
        _ = try listed.read([("1", .expiring(far))])
        let inv = try listed.slot("inv")
        // The same inventory, whose policy confirms.
        let slow = TokenSettings.sample(policy.confirming(after: .seconds(30)), id: "inv")
        let inventory = try #require(listed.engine.roster.inventories.values.first)
        let settings = [slow] + listed.engine.roster.settings.dropFirst()
        listed.engine.take(
            Roster(settings, inventories: [inventory]),
            states: listed.engine.states,
            concurrency: 32,
            perHost: 8
        )
        listed.engine.countHosts(at: listed.now)
        #expect(try listed.read([]) == [])
        #expect(listed.engine.schedule.nextPoll(of: inv) == listed.now.moment + .seconds(30))
        // It is back: nothing has happened.
        #expect(try listed.read([("1", .expiring(far))]) == [])
        #expect(try listed.read([]) == [])
        #expect(try listed.read([]).map(\.whose) == ["inv/1 left_list changed warning"])
    }

    @Test(arguments: [-121, -119, 0, 60])
    func `one that leaves at its expiry has expired`(seconds: Int64) throws {
        var listed = try Listed()
        let expiry = start + .days(1)
        _ = try listed.read([("1", .expiring(expiry))])
        _ = listed.pass(to: expiry + .seconds(seconds))
        let events = try listed.read([])
        let isEarly = seconds < -120
        #expect(events.contains { $0.kind == .change(.leftList) } == isEarly)
        #expect(listed.ids == (isEarly ? ["inv"] : ["inv", "inv/1"]))
        guard !isEarly else { return }
        _ = listed.pass(to: expiry + .minutes(5))
        #expect(try listed.state("inv/1").alert(.expired) != nil)
    }

    @Test func `an expired token is shown for keep_expired, and is then forgotten`() throws {
        var listed = try Listed(keepExpired: .days(2))
        let expiry = start + .days(1)
        _ = try listed.read([("1", .expiring(expiry))])
        #expect(listed.pass(to: expiry).map(\.whose).contains("inv/1 expired raised critical"))
        #expect(try listed.read([]) == [])
        _ = listed.pass(to: expiry + .days(2) - .seconds(1))
        #expect(listed.ids == ["inv", "inv/1"])
        let events = listed.pass(to: expiry + .days(2))
        #expect(
            events.suffix(2).map(\.whose) == [
                "inv/1 forgotten changed info", "inv/1 expired resolved critical",
            ]
        )
        #expect(listed.ids == ["inv"])
        // A provider that goes on listing it does not bring it back.
        #expect(try listed.read([("1", .expiring(expiry))]) == [])
        #expect(listed.ids == ["inv"])
    }

    @Test func `an expiry that moves far back is notified before the token is forgotten`() throws {
        var listed = try Listed(keepExpired: .days(2))
        _ = try listed.read([("1", .expiring(far)), ("2", .expiring(start + .days(2)))])
        let past = Facts.expiring(start - .days(30))
        let events = try listed.read([("1", past), ("2", past)], after: .hours(1))
        #expect(events.map(\.whose).contains("inv/1 expired raised critical"))
        #expect(events.map(\.whose).contains("inv/2 expired raised critical"))
        #expect(listed.ids == ["inv", "inv/1", "inv/2"])
        let known = listed.instant
        _ = listed.pass(to: known + .days(2) - .seconds(1))
        #expect(listed.ids == ["inv", "inv/1", "inv/2"])
        _ = listed.pass(to: known + .days(2))
        #expect(try listed.read([("1", past), ("2", past)]) == [])
        #expect(listed.ids == ["inv"])
    }

    @Test func `a token that expired while the daemon was off is notified before it is forgotten`()
        throws
    {
        var listed = try Listed(keepExpired: .days(2))
        _ = try listed.read([("1", .expiring(start + .days(1)))])
        // Nothing runs in between.
        listed.instant = start + .days(10)
        let events = try listed.read([])
        #expect(events.map(\.whose) == ["inv/1 expired raised critical"])
        #expect(listed.ids == ["inv", "inv/1"])
        _ = listed.pass(to: start + .days(12))
        #expect(listed.ids == ["inv"])
    }

    @Test func `the explanation of a listed token ends when it is forgotten`() throws {
        var listed = try Listed(keepExpired: .days(7))
        let expiry = start + .days(2)
        _ = try listed.read([("1", .expiring(expiry))])
        let id = try #require(TokenID("inv/1"))
        let token = try #require(listed.engine.snapshot(of: id, at: listed.now))
        let coming = explain(
            token.state,
            token.settings,
            plan: token.plan,
            keepExpired: token.keepExpired,
            at: token.at
        ).coming
        let end = expiry + .days(7)
        #expect(coming.allSatisfy { $0.at <= end })
        #expect(coming.filter { $0.at == end }.lines == ["expired resolved critical"])
    }

    @Test func `tokens that expired long ago are not watched`() throws {
        var listed = try Listed()
        let events = try listed.read([
            ("1", .expiring(start - .days(8))), ("2", .expiring(start - .days(6))),
            ("3", Facts(saysExpired: true)),
        ])
        #expect(
            events.map(\.whose) == [
                "inv/2 first_seen changed info", "inv/2 expired raised critical",
            ]
        )
    }

    @Test func `a list that is not whole forgets and resolves nothing`() throws {
        var listed = try Listed()
        let both = [("1", Facts.expiring(start + .days(2))), ("2", .expiring(far))]
        _ = try listed.read(both)
        #expect(
            try listed.read([("3", .expiring(far))], isWhole: false).map(\.whose) == [
                "inv malformed raised warning", "inv/3 first_seen changed info",
            ]
        )
        #expect(listed.ids == ["inv", "inv/1", "inv/2", "inv/3"])
        #expect(
            try listed.state("inv").lastError == "the list is not whole: the limit of 2 rows"
        )
        #expect(try listed.state("inv").alert(.malformed) != nil)
        #expect(try listed.state("inv/1").alert(.expiring) != nil)
    }

    @Test func `inventories may share the token of one administrator`() throws {
        var listed = try Listed(others: ["other", "zeta"], alsoLists: ["other"])
        let secret = SecretDigest(high: 1, low: 1)
        for id in ["inv", "other"] {
            let slot = try listed.slot(id)
            let isAdmitted = listed.engine.admits(slot, with: secret, at: listed.now)
            #expect(isAdmitted)
            #expect(try listed.state(id).duplicateOf == nil)
        }
        // One that is no inventory is polled twice for nothing.
        let slot = try listed.slot("zeta")
        _ = listed.engine.admits(slot, with: secret, at: listed.now)
        #expect(try listed.state("zeta").duplicateOf == TokenID("inv"))
    }

    @Test func `a row that cannot be read stays as it was, and hides no removal`() throws {
        var listed = try Listed()
        let near = Facts.expiring(start + .days(2))
        _ = try listed.read([("1", near), ("2", .expiring(far)), ("3", .expiring(far))])
        let events = try listed.read(
            [("3", .expiring(far))],
            unreadable: ["1", "new/one"],
            answer: .malformed("row 1: 1: /name is missing")
        )
        #expect(events.map(\.whose).contains { $0.hasPrefix("inv/2 left_list") })
        #expect(listed.ids == ["inv", "inv/1", "inv/3"])
        #expect(try listed.state("inv/1").alert(.expiring) != nil)
    }

    @Test func `a list that comes while the clock is set leaves no token unjudged`() throws {
        var listed = try Listed()
        let all = (0..<700).map { ("\($0)", Facts.expiring(start + .days(40))) }
        _ = try listed.read(all)
        #expect(listed.engine.nextMoment(after: listed.now) > listed.now.moment)
        // The wall clock is set: every token has 10 days left, and no wait is over.
        listed.setForward = .days(30)
        listed.engine.clockWasSet()
        _ = try listed.read(Array(all.dropFirst(300)))
        #expect(listed.ids.count == 401)
        for id in listed.ids.dropFirst() {
            #expect(try listed.state(id).alert(.expiring) != nil, "\(id)")
        }
    }

    @Test(arguments: [Mute.Scope.provider("gitlab-group"), .host("gitlab.example")])
    func `a mute covers tokens that are new in a list and that left it`(scope: Mute.Scope) throws {
        var listed = try Listed(reportsNew: true)
        _ = try listed.read([("1", .expiring(far))])
        let now = listed.now
        _ = listed.engine.mute([scope], by: "ann", reason: "rotation", for: .hours(2), at: now)
        let events = try listed.read([("2", .expiring(far))], after: .minutes(1))
            .filter { $0.kind != .change(.muted) }
        #expect(
            events.map(\.whose) == [
                "inv/1 left_list changed warning", "inv/2 first_seen changed warning",
            ]
        )
        #expect(events.allSatisfy { $0.channels.isEmpty })
    }

    @Test func `listed tokens count down while the administrator's token is rejected`() throws {
        var listed = try Listed()
        let expiry = start + .days(8)
        _ = try listed.read([("1", .expiring(expiry))])
        let slot = try listed.slot("inv")
        listed.engine.conclude(slot, .sample(.rejected("401"), at: start), at: listed.now)
        let events = listed.engine.takeEvents() + listed.pass(to: expiry)
        // One alert about the administrator's token, none of this kind about the others.
        #expect(
            events.map(\.whose).filter { $0.contains("rejected") }.first?.hasPrefix("inv ") == true
        )
        #expect(!events.map(\.whose).contains { $0.hasPrefix("inv/1 rejected") })
        #expect(events.map(\.whose).contains("inv/1 expiring escalated warning 7d"))
        #expect(events.map(\.whose).contains("inv/1 expired raised critical"))
    }

    @Test func `new tokens are notified where report_new is set, but not those of the first list`()
        throws
    {
        var listed = try Listed(reportsNew: true)
        #expect(try listed.read([("1", .expiring(far))]).allSatisfy { $0.channels.isEmpty })
        let events = try listed.read([("1", .expiring(far)), ("2", .expiring(far))])
        #expect(events.map(\.whose) == ["inv/2 first_seen changed warning"])
        #expect(events[0].channels == ["ops"])
    }

    @Test func `the first list with tokens is notified after an empty one`() throws {
        var listed = try Listed(reportsNew: true)
        _ = try listed.read([])
        #expect(try listed.read([("1", .expiring(far))]).map(\.channels) == [["ops"]])
    }

    @Test(arguments: [
        Observation.Answer.rateLimited("429"), .serverError("500"), .rejected("401"), .ok(Facts()),
    ]) func `a first list that comes in parts has no new tokens`(answer: Observation.Answer) throws
    {
        var listed = try Listed(reportsNew: true)
        let part = try listed.read([("1", .expiring(far))], isWhole: false, answer: answer)
        let all = ["1", "2", "3"].map { ($0, Facts.expiring(far)) }
        let whole = try listed.read(all)
        let seen = (part + whole).filter { $0.whose.contains("first_seen") }
        #expect(seen.count == 3 && seen.allSatisfy { $0.channels.isEmpty })
        let later = try listed.read(all + [("4", .expiring(far))])
        #expect(later.map(\.whose) == ["inv/4 first_seen changed warning"])
        #expect(later.map(\.channels) == [["ops"]])
    }

    @Test func `a first list whose tokens had not all joined has no new tokens afterwards`() throws
    {
        var listed = try Listed(reportsNew: true)
        _ = try listed.read([("1", .expiring(far))])
        // As a stop leaves it while tokens join: the answer is known, and the list is not marked.
        var state = try listed.state("inv")
        #expect(state.known != nil && state.listMark?.readAt == listed.instant)
        state.listMark = nil
        listed.engine.set(state, of: try listed.slot("inv"))
        let events = try listed.read([("1", .expiring(far)), ("2", .expiring(far))])
        #expect(events.map(\.channels) == [[]])
    }

    @Test(arguments: [
        (Duration.hours(-23), true), (.hours(-25), false), (.hours(1), true), (nil, false),
    ]) func `after other filters only a creation shows that a token is new`(
        created: Duration?,
        isNew: Bool
    ) throws {
        var listed = try Listed(reportsNew: true)
        _ = try listed.read([("1", .expiring(far))])
        var state = try listed.state("inv")
        let mark = try #require(state.listMark)
        state.listMark = ListMark(readAt: mark.readAt, scope: mark.scope ^ 1)
        listed.engine.set(state, of: try listed.slot("inv"))
        var facts = Facts.expiring(far)
        facts.createdAt = created.map { mark.readAt + $0 }
        let events = try listed.read([("1", .expiring(far)), ("2", facts)], after: .hours(2))
        #expect(events.map(\.channels) == [isNew ? ["ops"] : []])
        // From now on the filters are the same.
        let all = ["1", "2", "3"].map { ($0, Facts.expiring(far)) }
        #expect(try listed.read(all).last?.channels == ["ops"])
    }

    @Test func `a token that comes and goes leaves four times a day, and then stays`() throws {
        var listed = try Listed()
        let (both, one) = (
            [("1", Facts.expiring(far)), ("2", .expiring(far))], [("1", Facts.expiring(far))]
        )
        var events: [Event] = []
        for _ in 0..<8 {
            events += try listed.read(both, after: .minutes(10))
            events += try listed.read(one, after: .minutes(10))
        }
        let left = events.filter { $0.whose.contains("left_list") }
        #expect(left.count == 4)
        #expect(left.last?.summary.contains("unstable: it left several times") == true)
        #expect(listed.ids == ["inv", "inv/1", "inv/2"])
        let lines = try listed.read(one, after: .days(1)).map(\.whose)
        #expect(lines == ["inv/2 left_list changed warning"])
    }

    @Test func `of many that come or go at once the first twenty are notified`() throws {
        var listed = try Listed(reportsNew: true)
        _ = try listed.read([("0", .expiring(far))])
        let many = (0...30).map { (String($0), Facts.expiring(far)) }
        let came = try listed.read(many)
        #expect(came.count == 30 && came.count { !$0.channels.isEmpty } == 20)
        #expect(came[19].summary.contains("10 more tokens"), "\(came[19].summary)")
        let left = try listed.read([("0", .expiring(far))])
        #expect(left.count == 30 && left.count { !$0.channels.isEmpty } == 20)
    }

    @Test func `filters go by the name, and what they exclude is forgotten`() throws {
        var listed = try Listed(only: ["ci-*", "9"], except: ["ci-old"])
        func named(_ name: String?) -> Facts { Facts(name: name, expiry: .at(far)) }
        _ = try listed.read([
            ("1", named("ci-a")), ("2", named("ci-old")), ("3", named("bot")), ("9", named(nil)),
        ])
        #expect(listed.ids == ["inv", "inv/1", "inv/9"])
        // Renamed to what is not watched: that is no revocation.
        let events = try listed.read([("1", named("bot")), ("9", named(nil))])
        #expect(events.map(\.whose) == ["inv/1 forgotten changed info"])
    }

    @Test func `the last use of a listed token is never this daemon's`() throws {
        var listed = try Listed(isCanary: true, unusedAfter: .days(30))
        func used(_ at: Instant?) -> Facts {
            Facts(createdAt: start - .days(100), expiry: .at(far), lastUsedAt: at)
        }
        let before = try listed.read([("1", used(start - .days(31))), ("2", used(nil))])
        // A use from before it was watched is not the canary's.
        #expect(!before.contains { $0.kind == .condition(.usedElsewhere) })
        #expect(before.filter { $0.kind == .condition(.unused) }.count == 2)
        let events = try listed.read(
            [("1", used(start + .seconds(5))), ("2", used(nil))],
            after: .seconds(10)
        )
        #expect(
            Set(events.map(\.whose)) == [
                "inv/1 unused resolved info", "inv/1 used_elsewhere raised critical",
            ]
        )
        #expect(try listed.state("inv/1").use.by == .elsewhere)
    }

    @Test func `listed tokens are no tokens of their host when its troubles are counted`() throws {
        var listed = try Listed(others: ["a", "b", "c", "d"])
        _ = try listed.read((1...20).map { (String($0), Facts.expiring(far)) })
        #expect(listed.engine.tokens(ofHost: 0) == 5)
        #expect(listed.engine.schedule.waiting == 0)
    }

    @Test func `a thousand tokens come and go in slices, and all are counted`() throws {
        var listed = try Listed()
        let many = (0..<1500).map { (String($0), Facts.expiring(far)) }
        let came = try listed.read(many)
        #expect(came.count == 1500 && listed.engine.census.tokens[.ok] == 1501)
        let rest = many.filter { Int($0.0).map { $0 % 3 == 0 } == true }
        #expect(try listed.read(rest).count == 1000)
        #expect(listed.ids.count == 501 && listed.engine.census.tokens[.ok] == 501)
        for (id, _) in rest { _ = try listed.state("inv/\(id)") }
        #expect(listed.ids == listed.engine.roster.settings.map(\.id).sorted().map(\.text))
    }

    @Test func `an id with other characters is told from its like`() throws {
        let inv = try #require(TokenID("inv"))
        let (a, b) = (TokenID(inv, row: "npm_ab…yz"), TokenID(inv, row: "npm_ab?yz"))
        #expect(a != b && a.text.hasPrefix("inv/npm_ab___yz~"), "\(a)")
        let long = TokenID(inv, row: String(repeating: "x", count: 200))
        for id in [a, b, long] { #expect(TokenID(id.text) == id && id.inventory == inv) }
        #expect(TokenID.written("inv/npm_ab…yz") == a && TokenID.written(a.text) == a)
        #expect(TokenID.written("inv/a/b") == TokenID(inv, row: "a/b"))
        #expect(TokenID.written("inv/") == nil && TokenID.written("Inv/a b") == nil)
        #expect(TokenID.written("a b") == nil && TokenID.written("inv")?.text == "inv")
        #expect(TokenID("inv/") == nil && TokenID("inv/a/b") == nil && TokenID("Inv/a") == nil)
        #expect(TokenID.named("inv/a") == nil)
    }
}
