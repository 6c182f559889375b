import Testing

@testable import Alerting

/// Mutes, as the engine records and ends them.
struct EngineMuteTests {
    @Test func `only an end that time has brought is notified`() {
        var run = EngineUnderTest(1)
        run.turn()
        _ = run.engine.takeEvents()
        func mute() {
            let scopes = [Mute.Scope.token(EngineUnderTest.id(0))]
            _ = run.engine.mute(scopes, by: "ann", reason: "work", for: .hours(1), at: run.now)
        }
        mute()
        #expect(run.engine.takeEvents().map(\.channels) == [[]])
        _ = run.engine.unmute([.token(EngineUnderTest.id(0))], by: "ann", at: run.now)
        #expect(run.engine.takeEvents().map(\.channels) == [[]])
        mute()
        _ = run.engine.takeEvents()
        run.right = run.right + .hours(1)
        run.turn()
        #expect(run.engine.takeEvents().map(\.channels) == [["log"]])
        #expect(run.engine.mutes.isEmpty)
    }

    @Test func `an owner is muted once, and unmuted, however it is spelled`() {
        var run = EngineUnderTest(1, owner: "Team")
        for owner in ["Team", "TEAM"] {
            let scopes = [Mute.Scope.owner(Glob(owner))]
            _ = run.engine.mute(scopes, by: "ann", reason: "work", for: .hours(1), at: run.now)
        }
        #expect(run.engine.mutes.mutes.map(\.scope) == [.owner(Glob("Team"))])
        #expect(run.engine.unmute([.owner(Glob("team"))], by: "ann", at: run.now).isDone)
        #expect(run.engine.mutes.isEmpty)
    }

    @Test func `a wrong name of a mute leads to the right one`() {
        var run = EngineUnderTest(1, owner: "platform team")
        func other(_ result: MuteResult) -> String? {
            guard case .nothing(_, let other) = result else { return nil }
            return other?.description
        }
        func mute(_ scope: Mute.Scope) -> MuteResult {
            run.engine.mute([scope], by: "ann", reason: "work", for: .hours(1), at: run.now)
        }
        #expect(other(mute(.host("one.exmple"))) == "host one.example")
        #expect(other(mute(.host("elsewhere"))) == nil)
        let owner = Mute.Scope.owner(Glob("platform*"))
        #expect(mute(owner).isDone)
        let token = Mute.Scope.token(EngineUnderTest.id(0))
        #expect(other(run.engine.unmute([token], by: "ann", at: run.now)) == "owner platform*")
        let ports: [Mute.Scope?] = [nil, .host("10.0.0.1:443"), .host("10.0.0.2:443")]
        #expect(Mute.Scope.host("10.0.0.2").nearest(among: ports) == .host("10.0.0.2:443"))
    }

    @Test(arguments: [false, true])
    func `another owner takes a token out of a mute, and its alerts are notified`(
        isRestarted: Bool
    ) throws {
        var run = EngineUnderTest(1, owner: "team")
        run.turn()
        let team = Mute.Scope.owner(Glob("team"))
        _ = run.engine.mute([team], by: "ann", reason: "work", for: .hours(9), at: run.now)
        let facts = Facts(expiry: .at(run.right + .days(2)))
        run.answer(0, facts, secret: SecretDigest(high: 1, low: 1))
        func expiring() -> [Event] {
            run.engine.takeEvents().filter { $0.kind.name == "expiring" }
        }
        #expect(expiring().map(\.channels) == [[]])
        if isRestarted {
            let stored = StoredRun(
                tokens: [EngineUnderTest.id(0): run.engine.states[0]],
                mutes: [try #require(run.engine.mutes.mute(team))]
            )
            run = EngineUnderTest(1, stored: stored, owner: "other")
        } else {
            run.configure(1, owner: "other")
        }
        run.turn()
        let told = expiring()
        #expect(told.map(\.phase) == [.reminded] && told.map(\.channels) == [["log"]], "\(told)")
        #expect(told.first?.summary.contains("muted by ann") == !isRestarted)
        run.configure(1, owner: "other")
        run.turn()
        #expect(expiring().isEmpty)
    }
}
