import Alerting
import Testing

struct StageTests {
    private func lines(_ policy: Policy, life: Duration? = nil) -> [String] {
        policy.stages(life: life).map { "\($0.text) \($0.severity) \($0.before.wholeSeconds)" }
    }

    private func days(_ count: Int64) -> Stage { Stage(.before(.days(count)), text: "\(count)d") }

    private func part(_ percent: Int64) -> Stage {
        Stage(.partOfLife(thousandths: percent * 10), text: "\(percent)%")
    }

    @Test
    func `the default stages are five, critical from three days on`() {
        #expect(
            lines(Policy()) == [
                "1d critical 86400", "3d critical 259200", "7d warning 604800",
                "14d warning 1209600", "30d warning 2592000",
            ]
        )
    }

    @Test
    func `critical_before is itself a stage`() {
        let policy = Policy(warnBefore: [days(30)], criticalBefore: days(5))
        #expect(lines(policy) == ["5d critical 432000", "30d warning 2592000"])
        let alone = Policy(warnBefore: [], criticalBefore: days(5))
        #expect(lines(alone) == ["5d critical 432000"])
    }

    @Test
    func `equal durations are one stage, as written first`() {
        let policy = Policy(
            warnBefore: [Stage(.before(.hours(72)), text: "72h"), days(3), days(3)],
            criticalBefore: days(3)
        )
        #expect(lines(policy) == ["72h critical 259200"])
    }

    @Test
    func `parts of the life are measured by it`() {
        let policy = Policy(warnBefore: [part(25), part(10)], criticalBefore: part(10))
        #expect(lines(policy, life: .days(100)) == ["10% critical 864000", "25% warning 2160000"])
        #expect(lines(policy, life: nil) == [])
        let mixed = Policy(warnBefore: [part(50), days(7)], criticalBefore: days(3))
        #expect(lines(mixed, life: nil) == ["3d critical 259200", "7d warning 604800"])
        #expect(
            lines(mixed, life: .days(10))
                == ["3d critical 259200", "50% warning 432000", "7d warning 604800"]
        )
    }

    @Test
    func `a part of the life and a duration that are equal are one stage`() {
        let policy = Policy(warnBefore: [part(30), days(3)], criticalBefore: days(1))
        #expect(lines(policy, life: .days(10)) == ["1d critical 86400", "30% warning 259200"])
    }

    @Test
    func `the life is the expiry less the creation, else less its first sight`() {
        var watched = Watched()
        let expiry = start + .days(90)
        _ = watched.tell(.expiring(expiry), at: start)
        #expect(watched.state.life(until: expiry) == .days(90))
        _ = watched.tell(.expiring(expiry), at: start + .days(10))
        #expect(watched.state.life(until: expiry) == .days(90))
        var facts = Facts.expiring(expiry)
        facts.createdAt = start - .days(10)
        _ = watched.tell(facts, at: start + .days(11))
        #expect(watched.state.life(until: expiry) == .days(100))
        facts.createdAt = expiry
        _ = watched.tell(facts, at: start + .days(12))
        #expect(watched.state.life(until: expiry) == .days(90))
        #expect(TokenState().life(until: expiry) == nil)
    }

    @Test
    func `another expiry is seen for the first time`() {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(10)), at: start)
        _ = watched.tell(.expiring(start + .days(40)), at: start + .days(5))
        #expect(watched.state.life(until: start + .days(40)) == .days(35))
    }

    @Test
    func `an expiry that only the configuration states is first seen with it`() {
        let policy = Policy(warnBefore: [part(50)], criticalBefore: part(10))
        let expiry = start + .days(100)
        var watched = Watched(policy, statedExpiry: expiry)
        #expect(watched.look(.configured, at: start).isEmpty)
        #expect(watched.tell(Facts(expiry: .notTold), at: start + .days(20)).isEmpty)
        #expect(watched.state.life(until: expiry) == .days(100))
        #expect(watched.pass(to: start + .days(50) - .milliseconds(1)).isEmpty)
        #expect(watched.pass(to: start + .days(50)).lines == ["expiring raised warning 50%"])
    }
}
