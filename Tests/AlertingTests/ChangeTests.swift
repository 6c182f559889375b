import Alerting
import Testing

struct ChangeTests {
    private static let day90 = start + .days(90)
    private static let day99 = start + .days(99)

    /// What is said of a good answer after another.
    private func events(from old: Facts, to new: Facts, secret: UInt64 = 1) -> [Event] {
        var watched = Watched()
        _ = watched.tell(old, at: start)
        return watched.tell(new, at: start + .hours(1), secret: secret)
    }

    @Test(arguments: [
        (["dns:list"], ["dns:*"], "widened", "warning"),
        (["dns:*"], ["dns:list"], "narrowed", "warning"),
        (["a:b"], ["c:d"], "both", "warning"),
        (["servers:list", "servers:*"], ["servers:*"], "rewritten", "info"),
    ])
    func `a change of permissions is a warning unless it is in words alone`(
        old: [String],
        new: [String],
        direction: String,
        severity: String
    ) {
        let events = events(
            from: Facts(permissions: PermissionSet(old), expiry: .never),
            to: Facts(permissions: PermissionSet(new), expiry: .never)
        )
        #expect(events.lines == ["permissions_changed changed \(severity)"])
        #expect(events.first?["direction"] == .text(direction))
        #expect(events.first?["added"] == .texts(Set(new).subtracting(old).sorted()))
        #expect(events.first?["removed"] == .texts(Set(old).subtracting(new).sorted()))
    }

    @Test(arguments: [
        (Expiry.at(day90), Expiry.at(day99), "extended", "info"),
        (.at(day99), .at(day90), "shortened", "warning"),
        (.never, .at(day90), "set", "warning"),
        (.at(day90), .never, "removed", "warning"),
    ])
    func `a change of expiry carries old and new`(
        old: Expiry,
        new: Expiry,
        direction: String,
        severity: String
    ) {
        let events = events(from: Facts(expiry: old), to: Facts(expiry: new))
        #expect(events.lines == ["expiry_changed changed \(severity)"])
        #expect(events.first?["direction"] == .text(direction))
        #expect(events.first?["old"] == value(old))
        #expect(events.first?["new"] == value(new))
    }

    @Test(arguments: [
        (
            ["servers:*"], ["servers:list"],
            "can do less now: lost servers:*; newly listed, but covered before servers:list"
        ),
        (
            ["dns:list"], ["dns:*"],
            "can do more now: gained dns:*; no longer listed, but still covered dns:list"
        ),
        (["a:b"], ["c:d"], "has other permissions now: gained c:d; lost a:b"),
        (["a:b"], ["a:b", "c:d"], "can do more now: gained c:d"),
        (
            ["a:*", "a:b"], ["a:*"],
            "has the same coverage, spelled differently: no longer listed, but still covered a:b"
        ),
    ])
    func `a change of permissions names the power, and apart from it the spelling`(
        old: [String],
        new: [String],
        words: String
    ) {
        let events = events(
            from: Facts(permissions: PermissionSet(old), expiry: .never),
            to: Facts(permissions: PermissionSet(new), expiry: .never)
        )
        #expect(events.map(\.summary) == ["deploy \(words)"])
    }

    @Test func `what was gained and lost is in the details, by coverage`() {
        let events = events(
            from: Facts(permissions: PermissionSet(["servers:*"]), expiry: .never),
            to: Facts(permissions: PermissionSet(["servers:list"]), expiry: .never)
        )
        #expect(events.first?["gained"] == .texts([]))
        #expect(events.first?["lost"] == .texts(["servers:*"]))
        #expect(events.first?["added"] == .texts(["servers:list"]))
        #expect(events.first?["removed"] == .texts(["servers:*"]))
    }

    private func value(_ expiry: Expiry) -> Detail.Value {
        switch expiry {
        case .at(let instant): .instant(instant)
        case .never: .text("never")
        case .notTold: .null
        }
    }

    @Test
    func `another account is critical, another name is info`() {
        let events = events(
            from: Facts(name: "A", account: "john@example.com", expiry: .never),
            to: Facts(name: "B", account: "jane@example.com", expiry: .never)
        )
        #expect(events.lines == ["account_changed changed critical", "renamed changed info"])
        #expect(events.map { $0["old"] } == [.text("john@example.com"), .text("A")])
        #expect(events.map { $0["new"] } == [.text("jane@example.com"), .text("B")])
    }

    @Test
    func `what is told for the first time, or no longer, is no change`() {
        let full = Facts(
            name: "A",
            account: "john@example.com",
            permissions: PermissionSet(["a:b"]),
            expiry: .at(Self.day90)
        )
        #expect(events(from: Facts(expiry: .notTold), to: full).isEmpty)
        #expect(events(from: full, to: Facts(expiry: .notTold)).isEmpty)
        #expect(events(from: full, to: full).isEmpty)
    }

    @Test
    func `the last use is no change`() {
        var used = Facts(expiry: .never)
        used.lastUsedAt = start
        #expect(events(from: Facts(expiry: .never), to: used).isEmpty)
    }

    @Test
    func `a change is told against the last good answer, whatever failed between`() {
        var watched = Watched()
        _ = watched.tell(.holding("a:b"), at: start)
        _ = watched.answer(silences[0], at: start)
        _ = watched.answer(.malformed("no JSON"), at: start)
        let lines = watched.tell(.holding("a:*"), at: start + .hours(1)).lines
        #expect(lines == ["permissions_changed changed warning", "malformed resolved warning"])
    }

    @Test(arguments: [
        (["a:b"], ["a:b"], "info", "yes"), (["a:b"], ["a:*"], "info", "yes"),
        (["a:*"], ["a:b"], "warning", "no"), (["a:b"], ["c:d"], "warning", "no"),
    ])
    func `a rotation is a warning only where it covers less`(
        old: [String],
        new: [String],
        severity: String,
        covers: String
    ) {
        let events = events(
            from: Facts(permissions: PermissionSet(old), expiry: .never),
            to: Facts(permissions: PermissionSet(new), expiry: .never),
            secret: 2
        )
        #expect(events.lines == ["rotated changed \(severity)"])
        #expect(events.first?["covers_old"] == .text(covers))
    }

    @Test
    func `a rotation carries every difference and is the only change`() throws {
        let events = events(
            from: Facts(
                name: "A",
                account: "john@example.com",
                permissions: PermissionSet(["a:b"]),
                expiry: .at(Self.day90)
            ),
            to: Facts(
                name: "B",
                account: "jane@example.com",
                permissions: PermissionSet(["a:b", "c:d"]),
                expiry: .at(Self.day99)
            ),
            secret: 2
        )
        #expect(events.lines == ["rotated changed info"])
        let event = try #require(events.first)
        #expect(event["added"] == .texts(["c:d"]))
        #expect(event["removed"] == .texts([]))
        #expect(event["old_expiry"] == .instant(Self.day90))
        #expect(event["new_expiry"] == .instant(Self.day99))
        #expect(event["old_account"] == .text("john@example.com"))
        #expect(event["new_account"] == .text("jane@example.com"))
        #expect(event["old_name"] == .text("A"))
        #expect(event["new_name"] == .text("B"))
        for words in ["now belongs to jane@example.com", "renamed", "c:d", "extended"] {
            #expect(event.summary.contains(words))
        }
    }

    @Test
    func `a rotation of what tells no permissions does not claim coverage`() {
        let events = events(from: Facts(expiry: .never), to: Facts(expiry: .never), secret: 2)
        #expect(events.lines == ["rotated changed info"])
        #expect(events.first?["covers_old"] == .null)
    }

    @Test
    func `a failed poll with a new secret rotates nothing yet`() {
        var watched = Watched()
        _ = watched.tell(.holding("a:b"), at: start)
        #expect(watched.answer(silences[0], at: start, secret: 2).isEmpty)
        #expect(
            watched.tell(.holding("a:b"), at: start, secret: 2).lines == ["rotated changed info"]
        )
    }

    @Test
    func `changes come first, then what resolved, then what was raised`() {
        var watched = Watched(
            Policy(require: PermissionSet(["a:b"]), allow: PermissionSet(["a:b"]))
        )
        _ = watched.tell(.expiring(start + .days(2), permissions: []), at: start)
        let events = watched.tell(
            .expiring(start + .days(99), permissions: ["a:b", "c:d"]),
            at: start
        )
        #expect(
            events.lines == [
                "permissions_changed changed warning", "expiry_changed changed info",
                "expiring resolved critical", "permissions_missing resolved critical",
                "permissions_excess raised warning",
            ]
        )
        #expect(events.map(\.id) == events.map(\.id).sorted())
    }

    @Test
    func `a history line begins where something differs, not at every use`() {
        var watched = Watched()
        func starts(_ answer: Observation.Answer, hour: Int64, secret: UInt64 = 1) -> Bool {
            let now = start + .hours(hour)
            let evaluation = evaluate(
                watched.state,
                .observed(.sample(answer, at: now, secret: secret), askedWith: 1),
                watched.settings,
                at: now,
                ids: &watched.ids
            )
            watched.state = evaluation.state
            return evaluation.startsSpan
        }
        var facts = Facts.holding("a:b")
        #expect(starts(.ok(facts), hour: 0))
        #expect(!starts(.ok(facts), hour: 1))
        facts.lastUsedAt = start
        #expect(!starts(.ok(facts), hour: 2))
        #expect(starts(.ok(.holding("a:*")), hour: 3))
        #expect(starts(silences[0], hour: 4))
        #expect(!starts(silences[0], hour: 5))
        #expect(starts(.unreachable("another reason"), hour: 6))
        #expect(starts(.ok(.holding("a:*")), hour: 7))
        #expect(starts(.ok(.holding("a:*")), hour: 8, secret: 2))
    }
}
