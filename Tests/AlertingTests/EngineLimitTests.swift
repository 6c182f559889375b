import Alerting
import Testing

/// Secrets that wait before they are polled again.
struct EngineLimitTests {
    private func digest(_ number: UInt64) -> SecretDigest { SecretDigest(high: 0, low: number) }

    private func admits(_ run: inout EngineUnderTest, _ digest: SecretDigest) -> Bool {
        run.engine.admits(0, with: digest, at: run.now)
    }

    @Test func `a rejected secret is not admitted for a while, and another one is`() {
        var run = EngineUnderTest(1)
        run.turn()
        let observation = Observation(
            askedAt: run.now.instant,
            answeredAt: run.now.instant,
            answer: .rejected("401"),
            secret: digest(1)
        )
        run.engine.conclude(0, observation, at: run.now)
        run.right = run.right + .minutes(1)
        let (same, other) = (admits(&run, digest(1)), admits(&run, digest(2)))
        #expect(!same && other)
    }

    @Test func `a secret that must pause is not admitted before, and another one is`() {
        for (later, digest, isAdmitted) in [
            (Duration.minutes(7) - .milliseconds(1), digest(1), false),
            (.minutes(7), digest(1), true), (.minutes(1), digest(2), true),
        ] {
            var run = EngineUnderTest(1)
            run.turn()
            run.engine.honour(
                0,
                self.digest(1),
                status: 429,
                pause: .minutes(7),
                at: run.now
            )
            run.right = run.right + later
            let found = admits(&run, digest)
            #expect(found == isAdmitted, "\(later)")
        }
    }
}
