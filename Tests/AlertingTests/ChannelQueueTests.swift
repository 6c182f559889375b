import Testing

@testable import Alerting

@Test func `the oldest four deliveries of different subjects beginning together`() {
    var bench = QueueBench((1...6).map { pending($0) })
    #expect(bench.start(at: beginning) == [1, 2, 3, 4])
    #expect(bench.start(at: beginning) == [])
    bench.finish(2, .delivered, at: beginning)
    #expect(bench.start(at: beginning) == [5])
}

@Test func `the next delivery of a subject starts when the one before it is decided`() {
    var bench = QueueBench([
        pending(1, subject: "token:a"), pending(2, subject: "token:a"),
        pending(3, subject: "token:b"), pending(4, subject: "token:a"),
    ])
    #expect(bench.start(at: beginning) == [1, 3])
    bench.finish(1, .delivered, at: beginning)
    #expect(bench.start(at: beginning) == [2])
    bench.finish(2, .giveUp(error: "400"), at: beginning)
    #expect(bench.start(at: beginning) == [4])
}

@Test func `one failure is the delivery's own, and the others go on`() {
    var bench = QueueBench((1...6).map { pending($0) })
    #expect(bench.start(at: beginning) == [1, 2, 3, 4])
    bench.finish(1, failed503, at: beginning)
    #expect(bench.start(at: beginning) == [5])
    for id in [2, 3, 4, 5] as [Int64] { bench.finish(id, .delivered, at: beginning) }
    #expect(bench.start(at: beginning) == [6])
    #expect(bench.start(at: beginning + .milliseconds(3999)) == [])
    #expect(bench.start(at: beginning + .seconds(6)) == [1])
}

@Test func `eight failures in a row hold the whole channel, and then one probe goes ahead alone`() {
    var bench = QueueBench((1...20).map { pending($0) })
    for ids in [1...4, 5...8] as [ClosedRange<Int64>] {
        #expect(bench.start(at: beginning) == Array(ids))
        for id in ids { bench.finish(id, failed503, at: beginning) }
        #expect(bench.queue.heldUntil(at: beginning.moment) != nil || ids == 1...4)
    }
    #expect(bench.start(at: beginning + .milliseconds(3999)) == [])
    #expect(bench.start(at: beginning + .seconds(6)) == [9])
    #expect(bench.start(at: beginning + .hours(1)) == [])
    bench.finish(9, failed503, at: beginning + .seconds(7))
    #expect(bench.start(at: beginning + .seconds(14)) == [])
    #expect(bench.start(at: beginning + .seconds(20)) == [10])
    bench.finish(10, .delivered, at: beginning + .seconds(21))
    #expect(bench.start(at: beginning + .seconds(21)) == [1, 2, 3, 4])
}

@Test func `a success between failures lets the channel go on`() {
    var bench = QueueBench((1...40).map { pending($0) })
    var attempts = 0
    for round in 0..<5 {
        for id in bench.start(at: beginning) {
            bench.finish(id, id % 4 == 0 ? .delivered : failed503, at: beginning)
            attempts += 1
        }
        #expect(attempts == 4 * (round + 1))
    }
    #expect(bench.queue.heldUntil(at: beginning.moment) == nil)
}

@Test func `the wait doubles from 5 s to 15 min, give or take a fifth`() {
    let pace = RetryPace()
    let waits = (1...10).map { pace.wait(failures: $0, spread: 0, asked: nil).wholeSeconds }
    #expect(waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900])
    #expect(pace.wait(failures: 1, spread: -200, asked: nil) == .seconds(4))
    #expect(pace.wait(failures: 1, spread: 200, asked: nil) == .seconds(6))
    #expect(pace.wait(failures: .max, spread: 200, asked: nil) == .seconds(1080))
}

@Test func `Retry-After is a lower bound, up to a day`() {
    let pace = RetryPace()
    #expect(pace.wait(failures: 1, spread: 0, asked: .seconds(4)) == .seconds(5))
    #expect(pace.wait(failures: 1, spread: 0, asked: .seconds(6)) == .seconds(6))
    #expect(pace.wait(failures: 1, spread: 0, asked: .hours(24)) == .hours(24))
    #expect(pace.wait(failures: 1, spread: 0, asked: .hours(25)) == .hours(24))

    var bench = QueueBench([pending(1), pending(2)])
    #expect(bench.start(at: beginning) == [1, 2])
    bench.finish(1, .retry(error: "429", after: .hours(2)), at: beginning)
    bench.finish(2, .delivered, at: beginning)
    bench.commit(pending(3))
    #expect(bench.start(at: beginning + .minutes(119)) == [])
    #expect(bench.queue.nextStart() == beginning.moment + .hours(2))
    #expect(bench.start(at: beginning + .hours(2)) == [3])
}

@Test func `an event that its receiver cannot digest does not hold up the others`() {
    var bench = QueueBench((1...40).map { pending($0) })
    var now = beginning
    var delivered: Set<Int64> = []
    for _ in 0..<200 {
        for id in bench.start(at: now) {
            if id == 1 {
                bench.finish(id, failed503, at: now)
            } else {
                bench.finish(id, .delivered, at: now)
                delivered.insert(id)
            }
        }
        _ = bench.settle()
        now = now + .seconds(1)
    }
    #expect(delivered == Set(2...40))
}

@Test(arguments: [(-1, false), (0, true), (1, true)])
func `a failure from give_up_after on is final`(secondsAfter: Int64, isFinal: Bool) throws {
    var bench = QueueBench([pending(1)])
    bench.load(at: beginning)
    let now = beginning + .days(3) + .seconds(secondsAfter)
    #expect(bench.start(at: now) == [1])
    bench.finish(1, failed503, at: now)
    let settlement = try #require(bench.settle().first)
    if case .gaveUp(let at, let error) = settlement.outcome {
        #expect(isFinal && at == now.instant && error.contains("503"))
    } else {
        #expect(!isFinal)
    }
}

@Test func `what is overdue is dropped untried only after three holds in a row`() {
    var bench = QueueBench((1...20).map { pending($0) })
    bench.load(at: beginning)
    var now = beginning + .days(4)
    for _ in 1...2 {
        let started = bench.start(at: now)
        #expect(started.count == 4)
        for id in started { bench.finish(id, failed503, at: now) }
    }
    #expect(bench.queue.counts.givenUp == 8)
    for probe in [9, 10] as [Int64] {
        now = now + .minutes(1)
        #expect(bench.start(at: now) == [probe])
        bench.finish(probe, failed503, at: now)
    }
    #expect(bench.queue.counts.givenUp == 10)
    now = now + .minutes(1)
    #expect(bench.start(at: now) == [])
    #expect(bench.queue.counts.givenUp == 20)
    #expect(bench.settle().count == 20)
    #expect(bench.queue.waiting == 0)
}

@Test func `no more than the look-ahead is in memory, and everything goes in the end`() {
    var bench = QueueBench(
        (1...1000).map { pending($0) },
        limits: ChannelQueue.Limits(inFlight: 4, lookAhead: 32)
    )
    var sent: [Int64] = []
    while true {
        let started = bench.start(at: beginning)
        #expect(bench.queue.waiting <= 32)
        if started.isEmpty { break }
        for id in started { bench.finish(id, .delivered, at: beginning) }
        sent += started
        _ = bench.settle()
    }
    #expect(sent == Array(1...1000))
}

@Test func `a newer reminder takes the place of one that waited while the channel was held`() {
    var bench = QueueBench([pending(1, subject: "token:a"), pending(2, subject: "token:b")])
    #expect(bench.start(at: beginning) == [1, 2])
    bench.finish(1, .retry(error: "429", after: .seconds(30)), at: beginning)
    bench.finish(2, failed503, at: beginning)
    bench.settle()
    bench.rows = [pending(2, subject: "token:b")]
    bench.commit(pending(3, subject: "token:a", phase: .reminded))
    let now = beginning + .minutes(1)
    #expect(bench.start(at: now) == [3])
    bench.finish(3, .delivered, at: now)
    #expect(bench.start(at: now) == [2])
}

@Test func `a newer reminder takes the place of one that waits for its own retry`() {
    var bench = QueueBench([pending(1, subject: "token:a", phase: .reminded)])
    #expect(bench.start(at: beginning) == [1])
    bench.finish(1, failed503, at: beginning)
    bench.settle()
    bench.rows = []
    bench.commit(pending(2, subject: "token:a", phase: .reminded))
    #expect(bench.start(at: beginning + .seconds(1)) == [2])
    bench.finish(2, failed503, at: beginning + .seconds(1))
    let retried = bench.settle()
    #expect(retried.map(\.id) == [2])
    guard case .retry(_, _, let attempts, _)? = retried.first?.outcome else {
        Issue.record("it is not retried")
        return
    }
    #expect(attempts == 1)
}

@Test func `a reminder that is replaced while it is under way is not retried`() {
    var bench = QueueBench([pending(1, subject: "token:a", phase: .reminded)])
    #expect(bench.start(at: beginning) == [1])
    bench.rows = []
    bench.commit(pending(2, subject: "token:a", phase: .reminded))
    #expect(bench.start(at: beginning) == [])
    bench.finish(1, failed503, at: beginning)
    #expect(bench.start(at: beginning) == [2])
    bench.finish(2, .delivered, at: beginning)
    #expect(bench.settle() == [Settlement(id: 2, outcome: .delivered)])
    #expect(bench.queue.waiting == 0)
}

@Test func `an outcome that changed while it was being written is written again`() {
    var bench = QueueBench([pending(1)])
    #expect(bench.start(at: beginning) == [1])
    bench.finish(1, failed503, at: beginning)
    let early = bench.queue.unsettled()
    let now = beginning + .minutes(1)
    #expect(bench.start(at: now) == [1])
    bench.finish(1, .delivered, at: now)
    bench.queue.confirm(early)
    #expect(bench.queue.unsettled() == [Settlement(id: 1, outcome: .delivered)])
}

/// A receiver that is down for spells, is slow, and refuses some events for good.
@Test(arguments: [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233] as [UInt64])
func `whatever happens, order is kept and each delivery is settled once`(seed: UInt64) {
    var random = SplitMix64(state: seed)
    var bench = QueueBench(limits: ChannelQueue.Limits(inFlight: 4, lookAhead: 16))
    var now = beginning
    var nextID: Int64 = 1
    var underWay: [Int64] = []
    var isDown = false
    var settled: [Int64: Int] = [:]
    var attempts: [Int64: Int] = [:]
    var subjects: [Int64: String] = [:]
    var lastStarted: [String: Int64] = [:]
    let count: Int64 = 300

    var steps = 0
    while settled.count < count {
        steps += 1
        guard steps < 200_000 else {
            Issue.record("seed \(seed): \(settled.count) of \(count) settled, the rest starves")
            return
        }
        if nextID <= count, Int.random(in: 0..<3, using: &random) == 0 {
            let subject = "token:\(Int.random(in: 0..<8, using: &random))"
            let isUrgent = Int.random(in: 0..<6, using: &random) == 0
            bench.commit(
                pending(nextID, subject: subject, createdAt: now.instant, isUrgent: isUrgent)
            )
            subjects[nextID] = subject
            nextID += 1
        }
        if Int.random(in: 0..<50, using: &random) == 0 { isDown.toggle() }
        for id in bench.start(at: now) {
            let subject = subjects[id] ?? ""
            #expect(lastStarted[subject, default: 0] <= id, "seed \(seed)")
            #expect(settled[id] == nil, "seed \(seed)")
            #expect(!underWay.contains { subjects[$0] == subject }, "seed \(seed)")
            lastStarted[subject] = id
            attempts[id, default: 0] += 1
            underWay.append(id)
        }
        #expect(underWay.count <= 4 && bench.queue.waiting <= 16, "seed \(seed)")
        if let id = underWay.randomElement(using: &random), Bool.random(using: &random) {
            underWay.removeAll { $0 == id }
            let asked: Duration? = id % 5 == 0 ? .seconds(90) : nil
            let result: DeliveryResult =
                isDown
                ? .retry(error: "down", after: asked)
                : id % 17 == 0 ? .giveUp(error: "400") : .delivered
            bench.finish(id, result, at: now)
        }
        // The store fails now and then: what is to be written waits for it.
        if Int.random(in: 0..<4, using: &random) > 0 {
            for settlement in bench.settle() {
                if case .retry = settlement.outcome { continue }
                settled[settlement.id, default: 0] += 1
            }
        }
        let idle: Int64 = underWay.isEmpty ? 5000 : 300
        now = now + .milliseconds(Int64.random(in: 0...idle, using: &random))
    }
    #expect(settled.values.allSatisfy { $0 == 1 }, "seed \(seed)")
    #expect((attempts.values.max() ?? 0) < 60, "seed \(seed)")
    #expect(bench.queue.counts.delivered + bench.queue.counts.givenUp == 300, "seed \(seed)")
    #expect(bench.queue.unsettled().isEmpty && bench.queue.waiting == 0, "seed \(seed)")
}
