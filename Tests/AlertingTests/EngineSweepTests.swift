import Testing

@testable import Alerting

/// Work on every token, some of them in each turn.
struct EngineSweepTests {
    private func digest(_ number: UInt64) -> SecretDigest { SecretDigest(high: 0, low: number) }

    @Test func `a configuration is taken over by some tokens a turn`() {
        var run = EngineUnderTest(300)
        #expect(run.engine.isTakingOver)
        run.engine.sweep(at: run.now)
        #expect(run.engine.isTakingOver && run.engine.wantsTurn)
        run.engine.sweep(at: run.now)
        #expect(!run.engine.isTakingOver)
        #expect(run.lines() == Array(repeating: "first_seen changed", count: 300))
    }

    @Test
    func `a configuration waits while too much waits for the store, and goes on after a commit`() {
        var run = EngineUnderTest(4000)
        while run.engine.canSweep { run.engine.sweep(at: run.now) }
        #expect(run.engine.isTakingOver && run.engine.isSweeping)
        #expect(run.engine.pending.count >= Engine.mostUnwrittenInTakeover)
        #expect(run.engine.pending.count < Engine.mostUnwrittenInTakeover + 512)
        run.turn()
        #expect(run.engine.isTakingOver, "it wants no turn before a commit")
        _ = run.engine.takePending(at: run.now.instant)
        run.turn()
        #expect(!run.engine.isTakingOver)
    }

    @Test func `a store that fails holds up no configuration`() {
        var run = EngineUnderTest(4000)
        run.engine.noteStore(problem: "the disk is full", at: run.now)
        run.turn()
        #expect(!run.engine.isTakingOver)
    }

    @Test
    func `a token whose secret is another one than at its last good answer is polled at once`() {
        var run = EngineUnderTest(2)
        run.turn()
        run.answer(0, Facts(expiry: .never), secret: digest(1))
        run.answer(1, Facts(expiry: .never), secret: digest(2))
        run.configure(2)
        run.right = run.right + .minutes(1)
        run.turn { [digest(1), digest(3)][$0] }
        #expect(run.engine.schedule.nextPoll(of: 0) != run.now.moment)
        #expect(run.engine.schedule.nextPoll(of: 1) == run.now.moment)
    }

    @Test func `two with one secret are duplicates, and none in a configuration with one of them`()
    {
        var run = EngineUnderTest(2)
        run.turn { _ in digest(7) }
        #expect(
            run.engine.states.map(\.duplicateOf) == [EngineUnderTest.id(1), EngineUnderTest.id(0)]
        )
        run.configure(1)
        run.turn { _ in digest(7) }
        #expect(run.engine.states.map(\.duplicateOf) == [nil])
    }

    @Test func `the store's trouble is raised once, and resolved by the next commit`() {
        var run = EngineUnderTest(1)
        run.turn()
        _ = run.lines()
        for _ in 1...3 { run.engine.noteStore(problem: "the disk is full", at: run.now) }
        #expect(run.lines() == ["store_failing raised"])
        run.engine.noteStore(problem: nil, at: run.now)
        run.engine.noteStore(problem: nil, at: run.now)
        #expect(run.lines() == ["store_failing resolved"])
    }

    @Test func `rows that cannot be read hold until the next start, whatever is committed`() {
        var run = EngineUnderTest(1)
        run.turn()
        _ = run.lines()
        run.engine.note(unreadable: Finding(.storeFailing, .warning, "a row"), at: run.now)
        #expect(run.lines() == ["store_failing raised"])
        run.engine.noteStore(problem: nil, at: run.now)
        #expect(run.lines() == [])
        run.engine.noteStore(problem: "the disk is full", at: run.now)
        #expect(run.lines() == ["store_failing escalated"])
        run.engine.noteStore(problem: nil, at: run.now)
        #expect(run.engine.subjects.isOpen(.storeFailing, of: .daemon))
    }

    @Test func `no secrets are compared until a new configuration is taken over`() {
        var run = EngineUnderTest(100)
        repeat { run.engine.sweep(at: run.now) } while run.engine.isTakingOver
        #expect(run.engine.takeSecretsToCompare() == Array(0..<32))
        run.configure(100)
        #expect(run.engine.takeSecretsToCompare().isEmpty)
        repeat { run.engine.sweep(at: run.now) } while run.engine.isTakingOver
        #expect(run.engine.takeSecretsToCompare() == Array(0..<32))
    }
}
