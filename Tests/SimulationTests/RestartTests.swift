import Alerting
import Testing

struct RestartTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `restarts change nothing in what is said`(seed: UInt64) {
        var steady = simulator(seed)
        steady.run(until: start + .days(30))
        var restarted = simulator(seed)
        var random = SplitMix64(state: seed)
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            let pause = Int64.random(in: 0...172_800_000, using: &random)
            let stop = min(restarted.now + .milliseconds(pause), start + .days(30))
            restarted.run(until: stop)
            restarted.restart()
        }
        restarted.run(until: start + .days(30))
        #expect(steady.said.count > 10, "seed \(seed)")
        #expect(inOrder(restarted.said) == inOrder(steady.said), "seed \(seed)")
        #expect(restarted.events.map(\.id) == restarted.events.map(\.id).sorted())
        #expect(Set(restarted.events.map(\.id)).count == restarted.events.count)
    }

    /// By instant and token: those of one instant are polled in whatever order.
    private func inOrder(_ said: [Said]) -> [Said] {
        said.enumerated().sorted {
            ($0.element.at, $0.element.token, $0.offset)
                < ($1.element.at, $1.element.token, $1.offset)
        }.map(\.element)
    }

    /// Eight tokens, each with a month of mishaps of its own.
    private func simulator(_ seed: UInt64) -> Simulator {
        Simulator((0..<8).map { .numbered($0) }) { slot, now in
            let hour = (now - start).wholeSeconds / 3600
            // The mishap of this token in these nine hours, the same in every run.
            var chance = SplitMix64(state: seed &+ UInt64(slot) << 32 &+ UInt64(hour / 9))
            let secret: UInt64 = hour < 400 ? 1 : 2
            switch chance.next() % 16 {
            case 0: return Reply(answer: .rejected("status 401"), secret: secret)
            case 1...3: return Reply(answer: .unreachable("no route"), secret: secret)
            case 4: return Reply(answer: .malformed("no JSON"), secret: secret)
            case 5:
                return .ok(
                    Facts(permissions: PermissionSet(["a:*"]), expiry: .at(start + .days(60))),
                    secret: secret
                )
            default:
                return .ok(
                    Facts(
                        permissions: PermissionSet(["a:b"]),
                        expiry: .at(start + .days(20 + Int64(slot) * 3))
                    ),
                    secret: secret
                )
            }
        }
    }
}
