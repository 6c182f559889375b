import Alerting
import Testing

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
}
