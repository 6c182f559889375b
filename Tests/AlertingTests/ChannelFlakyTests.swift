import Testing

@testable import Alerting

/// A receiver that takes 100 ms an attempt, fails by chance, and is simulated.
private struct FlakyReceiver {
    var bench: QueueBench
    var random: SplitMix64
    /// Of 1,000 attempts.
    let failures: Int
    var now = beginning
    /// What is under way, and when it ends.
    var underWay: [(id: Int64, end: Moment)] = []
    /// When each was delivered, from the beginning on.
    var delivered: [Int64: Duration] = [:]

    init(_ rows: [Delivery], failing failures: Int, seed: UInt64) {
        bench = QueueBench(rows, seed: seed)
        random = SplitMix64(state: seed &+ 1000)
        self.failures = failures
    }

    mutating func run(until end: Duration) {
        while now.moment - beginning.moment < end {
            for attempt in underWay where attempt.end <= now.moment {
                let fails = Int.random(in: 0..<1000, using: &random) < failures
                bench.finish(attempt.id, fails ? failed503 : .delivered, at: now)
                if !fails { delivered[attempt.id] = now.moment - beginning.moment }
            }
            underWay.removeAll { $0.end <= now.moment }
            bench.settle()
            for id in bench.start(at: now) {
                underWay.append((id, now.moment + .milliseconds(100)))
            }
            now = now + .milliseconds(20)
        }
    }
}

@Suite
struct ChannelFlakyTests {
    @Test(arguments: [0, 50, 300], [1, 2, 3, 4, 5] as [UInt64])
    func `300 events go out within a minute, though some attempts fail`(
        failures: Int,
        seed: UInt64
    ) {
        var receiver = FlakyReceiver((1...300).map { pending($0) }, failing: failures, seed: seed)
        receiver.run(until: .minutes(1))
        #expect(receiver.delivered.count >= 290, "seed \(seed)")
        receiver.run(until: .minutes(10))
        #expect(receiver.delivered.count == 300, "seed \(seed)")
    }

    @Test(arguments: [0, 50, 300], [1, 2, 3, 4, 5] as [UInt64])
    func `a critical event behind 2,000 older ones goes out within seconds`(
        failures: Int,
        seed: UInt64
    ) throws {
        var receiver = FlakyReceiver((1...2000).map { pending($0) }, failing: failures, seed: seed)
        receiver.run(until: .seconds(1))
        receiver.bench.commit(pending(3000, subject: "token:late", isUrgent: true))
        receiver.run(until: .seconds(21))
        // At once, or after one or two retries.
        let took = try #require(receiver.delivered[3000]) - .seconds(1)
        #expect(failures > 0 || took <= .seconds(1), "seed \(seed)")
        #expect(receiver.delivered.count < 1000)
    }

    @Test func `a critical event takes what is older of its subject with it`() {
        var bench = QueueBench((1...2000).map { pending($0, subject: "token:t\($0 % 1000)") })
        #expect(bench.start(at: beginning) == [1, 2, 3, 4])
        bench.commit(pending(2001, subject: "token:t999", isUrgent: true))
        for id in 1...4 as ClosedRange<Int64> { bench.finish(id, .delivered, at: beginning) }
        bench.settle()
        #expect(bench.start(at: beginning) == [999, 5, 6, 7])
        bench.finish(999, .delivered, at: beginning)
        #expect(bench.start(at: beginning) == [1999])
        bench.finish(1999, .delivered, at: beginning)
        #expect(bench.start(at: beginning) == [2001])
        #expect(bench.queue.waiting <= 256)
    }

    @Test func `memory full of deliveries that fail has room for a critical one`() {
        var bench = QueueBench(
            (1...400).map { pending($0) },
            limits: ChannelQueue.Limits(inFlight: 4, lookAhead: 32)
        )
        var now = beginning
        // Each fails, but for one now and then that keeps the channel going.
        for _ in 1...60 {
            for id in bench.start(at: now) {
                bench.finish(id, id % 5 == 0 ? .delivered : failed503, at: now)
            }
            bench.settle()
            now = now + .milliseconds(10)
        }
        bench.commit(pending(1000, isUrgent: true))
        #expect(bench.start(at: now).first == 1000)
        #expect(bench.queue.waiting <= 32)
    }

    @Test func `reading is in proportion to what is sent`() {
        var receiver = FlakyReceiver((1...2000).map { pending($0) }, failing: 300, seed: 1)
        receiver.run(until: .minutes(2))
        #expect(receiver.delivered.count > 1900)
        #expect(receiver.bench.rowsRead < 3 * 2000)
    }

    @Test func `a dead receiver is tried four times an hour, whatever waits`() {
        var bench = QueueBench((1...1000).map { pending($0) })
        var attempts = 0
        var now = beginning
        while now.moment - beginning.moment < .days(1) {
            now = now + max(.seconds(1), (bench.queue.nextStart() ?? now.moment) - now.moment)
            for id in bench.start(at: now) {
                bench.finish(id, failed503, at: now)
                attempts += 1
            }
            bench.settle()
        }
        #expect((80...130).contains(attempts), "\(attempts) attempts in a day")
    }
}
