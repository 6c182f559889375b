import Alerting
import Testing

struct JudgementTests {
    @Test
    func `what is required and not covered is missing, by name`() {
        var watched = Watched(Policy(require: PermissionSet(["servers:list", "dns:*"])))
        let events = watched.tell(.holding("dns:list", "servers:*"), at: start)
        #expect(events.lines == ["permissions_missing raised critical"])
        #expect(events.first?["missing"] == .texts(["dns:*"]))
        #expect(events.first?.summary == "deploy lacks dns:*")
        let mended = watched.tell(.holding("*:*"), at: start + .hours(1))
        #expect(
            mended.lines == [
                "permissions_changed changed warning", "permissions_missing resolved critical",
            ]
        )
    }

    @Test
    func `what is held beyond allow is excess, by name`() {
        var watched = Watched(Policy(allow: PermissionSet(["dns:*"])))
        #expect(watched.tell(.holding("dns:list", "dns:*"), at: start).isEmpty)
        let events = watched.tell(.holding("dns:list", "servers:list"), at: start + .hours(1))
        #expect(events.last?.line == "permissions_excess raised warning")
        #expect(events.last?["excess"] == .texts(["servers:list"]))
    }

    @Test
    func `a wildcard is in excess of the actions of today, and [] allows nothing`() {
        var narrow = Watched(Policy(allow: PermissionSet(["dns:list", "dns:write"])))
        #expect(narrow.tell(.holding("dns:*"), at: start).count == 1)
        var none = Watched(Policy(allow: PermissionSet([])))
        #expect(none.tell(.holding(), at: start).isEmpty)
        #expect(none.tell(.holding("dns:list"), at: start).count == 2)
        var anything = Watched()
        #expect(anything.tell(.holding("*:*"), at: start).isEmpty)
    }

    @Test
    func `permissions that are not told are not judged`() {
        let policy = Policy(require: PermissionSet(["dns:*"]), allow: PermissionSet([]))
        var watched = Watched(policy)
        #expect(watched.tell(Facts(expiry: .never), at: start).isEmpty)
    }

    @Test
    func `no expiry is a condition only where one must be`() {
        var lenient = Watched()
        #expect(lenient.tell(Facts(expiry: .never), at: start).isEmpty)
        var strict = Watched(Policy(mustExpire: true))
        #expect(strict.look(.configured, at: start).isEmpty)
        #expect(
            strict.tell(Facts(expiry: .never), at: start).lines == ["no_expiry raised warning"]
        )
        #expect(
            strict.tell(.expiring(start + .days(90)), at: start).lines
                == ["expiry_changed changed warning", "no_expiry resolved warning"]
        )
        var stated = Watched(Policy(mustExpire: true), statedExpiry: start + .days(90))
        #expect(stated.tell(Facts(expiry: .never), at: start).isEmpty)
    }

    @Test(arguments: [
        ("john@example.com", false), ("John@Example.com", false), ("jane@example.com", true),
        (nil, false),
    ])
    func `a token of another account is a mismatch`(found: String?, mismatch: Bool) {
        var watched = Watched(account: "john@example.com")
        let events = watched.tell(Facts(account: found, expiry: .never), at: start)
        #expect(events.lines == (mismatch ? ["account_mismatch raised critical"] : []))
    }

    @Test
    func `no secret is said once, with its reason, and ends with a poll`() {
        var watched = Watched()
        let events = watched.look(.noSecret("/etc/x is readable by others"), at: start)
        #expect(events.lines == ["no_secret raised critical"])
        #expect(events.first?["problem"] == .text("/etc/x is readable by others"))
        #expect(watched.look(.noSecret("/etc/x is missing"), at: start + .hours(1)).isEmpty)
        #expect(watched.look(.configured, at: start + .hours(1)).isEmpty)
        let mended = watched.tell(Facts(expiry: .never), at: start + .hours(2))
        #expect(mended.lines == ["no_secret resolved critical"])
        #expect(mended.first?["mended"] == .text("the secret can be read again"))
    }

    @Test
    func `a new configuration ends what it no longer asks for`() {
        var watched = Watched(Policy(mustExpire: true, require: PermissionSet(["a:b"])))
        #expect(watched.tell(.holding("c:d"), at: start).count == 2)
        let events = watched.configure(Policy(), at: start)
        #expect(
            events.lines == ["permissions_missing resolved critical", "no_expiry resolved warning"]
        )
        #expect(
            events.first?["mended"]
                == .text("permissions_missing is no longer active with the new configuration")
        )
        #expect(watched.configure(Policy(mustExpire: true), at: start).count == 1)
    }

    @Test func `one secret in two entries is a warning`() throws {
        var watched = Watched()
        let other = try #require(TokenID("other"))
        #expect(watched.look(.duplicate(other), at: start).lines == ["duplicate raised warning"])
    }

    @Test(arguments: [false, true])
    func `other channels change no requirement, and a policy without facts requires no expiry`(
        mustExpire: Bool
    ) {
        let policy = Policy(mustExpire: mustExpire)
        #expect(policy.telling([]) == policy)
        #expect(!policy.withoutFacts.mustExpire)
    }
}
