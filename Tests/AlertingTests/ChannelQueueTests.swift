import Testing

@testable import Alerting

private let beginning = Instant(seconds: 1_800_000_000)

private func delivery(
    _ id: Int64,
    subject: String? = nil,
    createdAt: Instant = beginning,
    attempts: Int = 0,
    nextAttemptAt: Instant = beginning
) -> Delivery {
    Delivery(
        id: id,
        eventID: EventID(high: 1, low: UInt64(id)),
        channel: "ops",
        subject: subject ?? "token:t\(id)",
        type: "expiring",
        phase: .raised,
        severity: .warning,
        summary: "t\(id) expires",
        body: "{}",
        createdAt: createdAt,
        attempts: attempts,
        nextAttemptAt: nextAttemptAt,
        lastError: nil,
        givenUpAt: nil
    )
}

/// A queue with its store beside it, and a generator without surprises.
private struct Bench {
    var queue: ChannelQueue
    var rows: [Delivery]
    var random = SplitMix64(state: 1)

    init(_ rows: [Delivery], limits: ChannelQueue.Limits = ChannelQueue.Limits()) {
        self.rows = rows
        queue = ChannelQueue(limits: limits)
    }

    mutating func start(at now: Instant) -> [Int64] {
        while let page = queue.requestPage(at: now) {
            let found = rows.filter { $0.id > page.after }.prefix(page.limit)
            queue.take(Array(found), of: page, at: now)
        }
        return queue.start(at: now).map(\.id)
    }

    mutating func finish(_ id: Int64, _ result: DeliveryResult, at now: Instant) {
        queue.finish(id, result, at: now, using: &random)
    }

    /// Writes to the store what is to be written.
    mutating func settle() -> [Settlement] {
        let settlements = queue.unsettled()
        for settlement in settlements {
            if case .retry = settlement.outcome { continue }
            rows.removeAll { $0.id == settlement.id }
        }
        queue.confirm(settlements)
        return settlements
    }
}

private let refused = DeliveryResult.retry(error: "503", after: nil)

@Test func `the oldest four deliveries of different subjects beginning together`() {
    var bench = Bench((1...6).map { delivery($0) })
    #expect(bench.start(at: beginning) == [1, 2, 3, 4])
    #expect(bench.start(at: beginning) == [])
    bench.finish(2, .delivered, at: beginning)
    #expect(bench.start(at: beginning) == [5])
}

@Test func `the next delivery of a subject starts when the one before it is decided`() {
    var bench = Bench([
        delivery(1, subject: "token:a"), delivery(2, subject: "token:a"),
        delivery(3, subject: "token:b"), delivery(4, subject: "token:a"),
    ])
    #expect(bench.start(at: beginning) == [1, 3])
    bench.finish(1, .delivered, at: beginning)
    #expect(bench.start(at: beginning) == [2])
    bench.finish(2, .giveUp(error: "400"), at: beginning)
    #expect(bench.start(at: beginning) == [4])
}

@Test func `a failure holds the whole channel, and then one probe goes ahead alone`() throws {
    var bench = Bench((1...6).map { delivery($0) })
    #expect(bench.start(at: beginning) == [1, 2, 3, 4])
    bench.finish(1, refused, at: beginning)
    #expect(bench.start(at: beginning + .seconds(3)) == [])
    for id in [2, 3, 4] as [Int64] { bench.finish(id, refused, at: beginning + .seconds(3)) }
    // Four failures of one moment are one: 5 s, not 40.
    #expect(bench.queue.failures == 1)
    #expect(bench.start(at: beginning + .milliseconds(3999)) == [])
    #expect(bench.start(at: beginning + .seconds(6)) == [5])
    #expect(bench.start(at: beginning + .hours(1)) == [])
    bench.finish(5, .delivered, at: beginning + .seconds(7))
    #expect(bench.start(at: beginning + .seconds(7)) == [1, 2, 3, 4])
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

    var bench = Bench([delivery(1), delivery(2)])
    #expect(bench.start(at: beginning) == [1, 2])
    bench.finish(1, .retry(error: "429", after: .hours(2)), at: beginning)
    bench.finish(2, .delivered, at: beginning)
    bench.rows.append(delivery(3))
    bench.queue.noteMore()
    #expect(bench.start(at: beginning + .minutes(119)) == [])
    #expect(bench.queue.nextStart() == beginning + .hours(2))
    #expect(bench.start(at: beginning + .hours(2)) == [3])
}

@Test func `an event that its receiver cannot digest does not hold up the others`() {
    var bench = Bench((1...40).map { delivery($0) })
    var now = beginning
    var delivered: Set<Int64> = []
    for _ in 0..<200 {
        for id in bench.start(at: now) {
            if id == 1 {
                bench.finish(id, refused, at: now)
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
    var bench = Bench([delivery(1)])
    let now = beginning + .days(3) + .seconds(secondsAfter)
    #expect(bench.start(at: now) == [1])
    bench.finish(1, refused, at: now)
    let settlement = try #require(bench.settle().first)
    if case .gaveUp(let at, let error) = settlement.outcome {
        #expect(isFinal && at == now && error.contains("503"))
    } else {
        #expect(!isFinal)
    }
}

@Test func `what is overdue is given up untried only after three failures in a row`() {
    var bench = Bench((1...20).map { delivery($0) })
    var now = beginning + .days(4)
    #expect(bench.start(at: now).count == 4)
    for id in 1...4 as ClosedRange<Int64> { bench.finish(id, refused, at: now) }
    #expect(bench.queue.counts.givenUp == 4)
    for probe in [5, 6] as [Int64] {
        now = now + .minutes(1)
        #expect(bench.start(at: now) == [probe])
        bench.finish(probe, refused, at: now)
    }
    now = now + .minutes(1)
    #expect(bench.start(at: now) == [])
    #expect(bench.queue.counts.givenUp == 20)
    #expect(bench.settle().count == 20)
    #expect(bench.queue.waiting == 0)
}

@Test func `no more than the look-ahead is in memory, and everything goes in the end`() {
    var bench = Bench(
        (1...1000).map { delivery($0) },
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
    var bench = Bench([delivery(1, subject: "token:a"), delivery(2, subject: "token:b")])
    #expect(bench.start(at: beginning) == [1, 2])
    bench.finish(1, refused, at: beginning)
    bench.finish(2, refused, at: beginning)
    _ = bench.settle()
    bench.rows = [delivery(2, subject: "token:b"), delivery(3, subject: "token:a")]
    bench.queue.noteMore()
    let now = beginning + .minutes(1)
    #expect(bench.start(at: now) == [3])
    bench.finish(3, .delivered, at: now)
    #expect(bench.start(at: now) == [2])
}

@Test func `an outcome that changed while it was being written is written again`() {
    var bench = Bench([delivery(1)])
    #expect(bench.start(at: beginning) == [1])
    bench.finish(1, refused, at: beginning)
    let early = bench.queue.unsettled()
    let now = beginning + .minutes(1)
    #expect(bench.start(at: now) == [1])
    bench.finish(1, .delivered, at: now)
    bench.queue.confirm(early)
    #expect(bench.queue.unsettled() == [Settlement(id: 1, outcome: .delivered)])
}

@Test func `a clock that is set back does not lengthen a wait`() {
    var bench = Bench([delivery(1)])
    #expect(bench.start(at: beginning) == [1])
    bench.finish(1, refused, at: beginning)
    let past = beginning - .days(365)
    #expect(bench.start(at: past) == [])
    #expect(bench.start(at: past + .seconds(7)) == [1])
}

@Test func `a stored time is honoured, but not beyond a day, and not after new settings`() {
    let far = delivery(1, attempts: 3, nextAttemptAt: beginning + .days(400))
    var bench = Bench([far])
    #expect(bench.start(at: beginning) == [])
    #expect(bench.queue.nextStart() == beginning + .hours(24))
    bench.queue.reset(at: beginning)
    #expect(bench.start(at: beginning) == [1])

    var changed = Bench([far])
    changed.queue.reset(at: beginning)
    #expect(changed.start(at: beginning) == [1])
}

/// A receiver that is down for spells, is slow, and refuses some events for good.
@Test(arguments: [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233] as [UInt64])
func `whatever happens, order is kept and each delivery is settled once`(seed: UInt64) {
    var random = SplitMix64(state: seed)
    var bench = Bench([], limits: ChannelQueue.Limits(inFlight: 4, lookAhead: 16))
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
            bench.rows.append(delivery(nextID, subject: subject, createdAt: now))
            subjects[nextID] = subject
            bench.queue.noteMore()
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
