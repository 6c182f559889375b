import Alerting
import Testing

/// Polls that come late, as the engine counts them.
struct EnginePaceTests {
    @Test func `what falls behind is counted among all tokens of its host`() throws {
        var run = EngineUnderTest(40)
        run.turn()
        for slot in 0..<40 {
            run.answer(slot, Facts(expiry: .never), secret: SecretDigest(high: 0, low: 1))
        }
        _ = run.engine.takeEvents()
        // From now on no poll ends.
        var summary: String?
        for _ in 0..<(6 * 360) where summary == nil {
            run.right = run.right + .seconds(10)
            while run.engine.next(at: run.now) != nil {}
            run.engine.turn(at: run.now)
            let raised = run.engine.takeEvents().first { $0.kind == .condition(.fallingBehind) }
            summary = raised?.summary
        }
        let words = " of 40 tokens are overdue by more than twice their interval, the first by 2 h"
        #expect(try #require(summary).contains(words))
    }
}
