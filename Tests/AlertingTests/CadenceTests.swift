import Alerting
import Testing

struct CadenceTests {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `a phase is kept, and the next one lies within an interval`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        for round in 0..<2000 {
            let interval = Duration.milliseconds(
                Int64.random(in: 1000...2_592_000_000, using: &random)
            )
            let hash = random.next()
            let offset = Int64.random(in: -(1 << 42)...(1 << 42), using: &random)
            let now = Instant(milliseconds: offset)
            let next = Cadence.nextPhase(of: hash, interval: interval, after: now)
            let after = Cadence.nextPhase(of: hash, interval: interval, after: next)
            guard next > now, next <= now + interval, after == next + interval,
                Cadence.nextPhase(of: hash, interval: interval, after: next - .milliseconds(1))
                    == next
            else {
                Issue.record("seed \(seed), round \(round): \(next) after \(now)")
                return
            }
        }
    }

    @Test
    func `tokens with names alike are spread over the interval`() throws {
        var counts = Array(repeating: 0, count: 100)
        for number in 0..<10_000 {
            let id = try #require(TokenID("token-\(number)"))
            let next = Cadence.nextPhase(of: id.stableHash, interval: .hours(1), after: start)
            let sinceStart = (next - start).milliseconds
            counts[Int((sinceStart - 1) / 36_000)] += 1
        }
        let squares = counts.map { Double(($0 - 100) * ($0 - 100)) / 100 }.reduce(0, +)
        // 99 degrees of freedom: 99 on average; a thousandth of even spreads are beyond 149.
        #expect(squares < 149)
    }

    @Test
    func `a failed poll is tried again after 1, 2, 4 … minutes, at most the interval`() {
        let waits = (1...9).map {
            Cadence.retryWait(failures: $0, interval: .hours(1), jitter: 0.5).wholeSeconds / 60
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(
            Cadence.retryWait(failures: 1_000_000, interval: .days(30), jitter: 0.5) == .days(30)
        )
        #expect(Cadence.retryWait(failures: 0, interval: .hours(1), jitter: 0.5) == .minutes(1))
        #expect(Cadence.retryWait(failures: 1, interval: .seconds(10), jitter: 1) == .seconds(10))
    }

    @Test(arguments: [(0.0, 96), (0.25, 108), (0.5, 120), (1.0, 144)] as [(Double, Int64)])
    func `jitter is a fifth each way`(jitter: Double, seconds: Int64) {
        #expect(
            Cadence.retryWait(failures: 2, interval: .hours(1), jitter: jitter)
                == .seconds(seconds)
        )
        #expect(
            Cadence.retryWait(failures: 20, interval: .hours(1), jitter: jitter) <= .hours(1)
        )
    }

    @Test(
        arguments: [
            (Duration.hours(1), [2, 4, 6, 6]), (.hours(2), [4, 6, 6, 6]),
            (.hours(6), [6, 6, 6, 6]),
            (.hours(24), [24, 24, 24, 24]), (.hours(720), [720, 720, 720, 720]),
        ] as [(Duration, [Int64])]
    )
    func `a rejected token is asked after twice, four times the interval, at most 6 h`(
        interval: Duration,
        hours: [Int64]
    ) {
        let waits = (1...4).map {
            Cadence.rejectedWait(failures: $0, interval: interval).wholeSeconds / 3600
        }
        #expect(waits == hours)
        #expect(
            Cadence.rejectedWait(failures: .max, interval: interval)
                == max(interval, Cadence.longestRejectedWait)
        )
    }

    @Test
    func `a short interval doubles up to six hours too`() {
        let waits = (1...3).map { Cadence.rejectedWait(failures: $0, interval: .seconds(1)) }
        #expect(waits == [.seconds(2), .seconds(4), .seconds(8)])
        #expect(Cadence.rejectedWait(failures: 100, interval: .seconds(1)) == .hours(6))
    }
}
