import Alerting
import Testing

/// Tokens of a host whose answers come in any order.
struct HostOrderTests {
    /// Six tokens of which five have been silent for a day, and one for six hours, recover.
    private func ending(_ order: [Int]) -> [String] {
        var host = EngineUnderTest(6)
        func poll(_ slots: [Int], _ answer: Observation.Answer, after hours: Int64) {
            host.right = EngineUnderTest.start + .hours(hours)
            host.turn()
            for slot in slots {
                host.engine.conclude(
                    slot,
                    Observation(
                        askedAt: host.now.instant,
                        answeredAt: host.now.instant,
                        answer: answer,
                        secret: SecretDigest(high: 0, low: UInt64(slot))
                    ),
                    at: host.now
                )
            }
            host.turn()
        }
        poll([0, 1, 2, 3, 4], .unreachable("no route"), after: 0)
        poll([5], .ok(Facts(expiry: .never)), after: 20)
        for hours in [20, 26] as [Int64] {
            poll([0, 1, 2, 3, 4, 5], .unreachable("no route"), after: hours)
        }
        _ = host.engine.takeEvents()
        poll(order, .ok(Facts(expiry: .never)), after: 27)
        return host.engine.takeEvents().filter { $0.kind == .condition(.hostUnreachable) }
            .map { "\($0.phase) \($0.severity)" }
    }

    @Test func `a host's alert ends as severe as it was, whichever token recovers last`() {
        #expect(ending([0, 1, 2, 3, 4, 5]) == ["resolved critical"])
        #expect(ending([5, 4, 3, 2, 1, 0]) == ["resolved critical"])
    }
}
