import Testing

@testable import Alerting

/// A machine's clock that is set, as the engine takes it.
struct EngineClockTests {
    private let secret = SecretDigest(high: 0, low: 1)
    private let start = EngineUnderTest.start

    /// A token that expires in 40 days, and has been answered.
    private func run() -> EngineUnderTest {
        var run = EngineUnderTest(1)
        run.turn()
        run.answer(0, Facts(expiry: .at(start + .days(40))), secret: secret)
        run.turn()
        _ = run.lines()
        return run
    }

    @Test func `a step without an answer counts after ten minutes, and not before`() {
        var run = run()
        run.ahead = .days(20)
        for minutes in [0, 5, 9] as [Int64] {
            run.right = start + .minutes(minutes)
            run.turn()
            #expect(run.lines() == [])
            #expect(run.now.instant == run.right)
        }
        run.right = start + .minutes(10)
        run.turn()
        #expect(run.now.instant == run.machine.instant)
        #expect(run.lines() == ["expiring raised"])
    }

    @Test func `a host that contradicts a step is believed, and asked at once`() {
        var run = run()
        run.ahead = .days(400)
        run.engine.keepTime(run.machine) { _ in false }
        #expect(run.engine.schedule.nextPoll(of: 0) == run.now.moment)
        let facts = Facts(expiry: .at(start + .days(40)))
        run.answer(0, facts, secret: secret, date: run.right)
        run.turn()
        #expect(run.now.instant == run.right)
        #expect(run.lines() == ["clock_wrong raised"])
        run.ahead = .zero
        run.turn()
        run.answer(0, facts, secret: secret, date: run.right)
        #expect(run.lines() == ["clock_wrong resolved"])
    }

    @Test func `a kernel that holds the clock synchronised is believed at once`() {
        var run = run()
        run.isSynchronised = true
        run.ahead = .days(20)
        run.turn()
        #expect(run.lines() == ["expiring raised"])
    }

    @Test func `a clock that was set makes no silence longer`() {
        var run = run()
        run.isSynchronised = true
        run.ahead = .days(20)
        run.turn()
        _ = run.lines()
        for minutes in [20, 40] as [Int64] {
            run.right = start + .minutes(minutes)
            run.turn()
            let now = run.now.instant
            run.engine.conclude(
                0,
                Observation(
                    askedAt: now,
                    answeredAt: now,
                    answer: .unreachable("no route"),
                    secret: secret
                ),
                at: run.now
            )
            run.turn()
            #expect(run.lines() == [])
        }
    }

    /// An answer of a host whose clock is so far ahead.
    private func hear(_ run: inout EngineUnderTest, _ host: String, ahead: Duration) {
        run.engine.keepTime(
            run.machine,
            ClockEvidence(date: run.right + ahead, age: nil, facts: nil)
                .map { Engine.TimeOfHost(host, $0) }
        ) { _ in false }
    }

    @Test func `another host that is wrong is no news while the local clock is believed`() {
        var run = EngineUnderTest(1)
        run.turn()
        run.answer(0, Facts(expiry: .at(start + .days(400))), secret: secret, date: run.right)
        hear(&run, "two.example", ahead: .days(20))
        #expect(run.lines() == ["first_seen changed", "clock_wrong raised"])
        let report = run.engine.clock.report
        hear(&run, "three.example", ahead: .days(3))
        #expect(run.engine.clock.report != report)
        #expect(run.lines() == [])
    }

    @Test func `where no clock is believed any more, all is judged at once by the earlier end`() {
        var run = EngineUnderTest(1)
        run.turn()
        run.answer(0, Facts(expiry: .at(start + .days(34))), secret: secret, date: run.right)
        hear(&run, "two.example", ahead: .days(20))
        run.turn()
        #expect(run.lines() == ["first_seen changed", "clock_wrong raised"])
        hear(&run, "one.example", ahead: .days(5))
        #expect(run.now.instant == run.right, "no time moves")
        run.turn()
        #expect(run.lines() == ["clock_wrong reminded", "expiring raised"])
    }

    @Test func `in doubt nothing is judged until an answer decides`() {
        let stored = StoredRun(newestInstant: start + .days(5))
        var run = EngineUnderTest(1, stored: stored)
        run.turn()
        #expect(run.engine.clock.doubt != nil)
        #expect(run.lines() == ["clock_wrong raised", "first_seen changed"])
        let right = start + .days(6)
        run.engine.keepTime(
            run.machine,
            ClockEvidence(date: right, age: nil, facts: nil)
                .map { Engine.TimeOfHost("one.example", $0) }
        ) { _ in false }
        #expect(run.engine.clock.doubt == nil)
        #expect(run.now.instant == right)
        #expect(run.engine.isSweeping, "all tokens are evaluated by the time that counts")
    }
}
