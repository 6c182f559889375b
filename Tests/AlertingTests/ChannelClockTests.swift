import Testing

@testable import Alerting

/// What a wall clock that is wrong does to deliveries: nothing.
@Suite
struct ChannelClockTests {
    /// When a delivery from the store starts; nil where it never does.
    private func start(of delivery: Delivery) -> Duration? {
        var bench = QueueBench([delivery])
        if bench.start(at: beginning) == [delivery.id] { return .zero }
        return bench.queue.nextStart().map { $0 - beginning.moment }
    }

    @Test func `what was never tried is due, whatever time is stored with it`() {
        #expect(start(of: pending(1, nextAttemptAt: beginning.instant + .hours(2))) == .zero)
    }

    @Test func `what was made after now is due: the clock was ahead`() {
        let ahead = beginning.instant + .hours(2)
        let delivery = pending(
            1,
            createdAt: ahead,
            attempts: 3,
            nextAttemptAt: ahead + .seconds(20),
            wait: .seconds(20)
        )
        #expect(start(of: delivery) == .zero)
    }

    @Test func `what was tried after now is due: the clock was ahead then`() {
        let delivery = pending(
            1,
            attempts: 3,
            nextAttemptAt: beginning.instant + .hours(2),
            wait: .seconds(20)
        )
        #expect(start(of: delivery) == .zero)
    }

    @Test(arguments: [
        (Duration.seconds(12), Duration.seconds(20), Duration.seconds(12)),
        (.seconds(20), .seconds(20), .seconds(20)),
        // The receiver asked for it.
        (.hours(5), .hours(6), .hours(5)),
        (.hours(30), .hours(40), .hours(24)),
        (.zero - .hours(1), .seconds(20), .zero),
    ])
    func `what was tried waits for the rest of its wait`(
        left: Duration,
        wait: Duration,
        start: Duration
    ) {
        let delivery = pending(
            1,
            attempts: 2,
            nextAttemptAt: beginning.instant + left,
            wait: wait
        )
        #expect(self.start(of: delivery) == start)
    }

    @Test func `a time that an earlier version stored counts up to 15 min`() {
        let far = pending(1, attempts: 3, nextAttemptAt: beginning.instant + .days(400))
        #expect(start(of: far) == .minutes(15))
        let near = pending(1, attempts: 3, nextAttemptAt: beginning.instant + .minutes(1))
        #expect(start(of: near) == .minutes(1))
    }

    @Test func `stored times mean nothing after new settings`() {
        let far = pending(1, attempts: 3, nextAttemptAt: beginning.instant + .minutes(9))
        var bench = QueueBench([far])
        #expect(bench.start(at: beginning) == [])
        bench.queue.reset(at: beginning)
        #expect(bench.start(at: beginning) == [1])

        var changed = QueueBench([far])
        changed.queue.reset(at: beginning)
        #expect(changed.start(at: beginning) == [1])
    }

    @Test(arguments: [Duration.days(365), .hours(2), .zero - .hours(2), .zero - .days(365)])
    func `a clock that is set neither lengthens nor shortens a wait`(step: Duration) {
        var bench = QueueBench([pending(1)])
        #expect(bench.start(at: beginning) == [1])
        bench.finish(1, failed503, at: beginning)
        #expect(bench.start(at: (beginning + .seconds(3)).stepped(step)) == [])
        #expect(bench.start(at: (beginning + .seconds(7)).stepped(step)) == [1])
    }

    @Test func `a clock that is off by ten seconds was not set`() {
        for (step, isSet): (Duration, Bool) in [
            (.seconds(10), false), (.seconds(10) + .milliseconds(1), true),
        ] {
            for step in [step, .zero - step] {
                var bench = QueueBench([pending(1)])
                bench.queue.follow(beginning)
                let later = beginning + .hours(2)
                bench.queue.follow(later.stepped(step))
                let old = pending(2, createdAt: beginning.instant - .days(1))
                let age = bench.queue.age(of: old, at: later.stepped(step))
                #expect(age == (isSet ? .zero : .hours(2)), "\(step)")
            }
        }
    }

    /// A queue of 300 whose receiver has been dead for a minute.
    private func failing() -> QueueBench {
        var bench = QueueBench((1...300).map { pending($0) })
        for second in 0...60 as ClosedRange<Int64> {
            let now = beginning + .seconds(second)
            for id in bench.start(at: now) { bench.finish(id, failed503, at: now) }
            bench.settle()
        }
        return bench
    }

    @Test func `a forward step of four days gives nothing up, in memory or in the store`() {
        var bench = failing()
        for minute in 2...600 as ClosedRange<Int64> {
            let now = (beginning + .minutes(minute)).stepped(.days(4))
            for id in bench.start(at: now) { bench.finish(id, failed503, at: now) }
            bench.settle()
        }
        #expect(bench.queue.counts.givenUp == 0)
        #expect(bench.rows.count == 300)
    }

    @Test func `nor does a start after it`() {
        let rows = failing().rows
        var bench = QueueBench(rows)
        for minute in 2...600 as ClosedRange<Int64> {
            let now = (beginning + .minutes(minute)).stepped(.days(4))
            for id in bench.start(at: now) { bench.finish(id, failed503, at: now) }
            bench.settle()
        }
        #expect(bench.queue.counts.givenUp == 0)
        #expect(bench.rows.count == 300)
    }

    @Test func `a dead receiver's deliveries are given up after three days, across restarts`() {
        var bench = QueueBench([pending(1)])
        var now = beginning
        var minutes: Int64 = 0
        while !bench.rows.isEmpty, minutes < 5 * 1440 {
            for id in bench.start(at: now) { bench.finish(id, failed503, at: now) }
            for settlement in bench.settle() {
                guard case .retry(let at, let wait, let attempts, _) = settlement.outcome else {
                    continue
                }
                bench.rows = [
                    pending(1, attempts: attempts, nextAttemptAt: at, wait: wait)
                ]
            }
            // The daemon is restarted each day.
            if minutes % 1440 == 1439 { bench = QueueBench(bench.rows) }
            minutes += 1
            now = now + .minutes(1)
        }
        #expect(bench.rows.isEmpty)
        #expect((3 * 1440...4 * 1440).contains(minutes), "\(minutes) min")
    }

    @Test(arguments: [Duration.hours(2), .days(400), .zero - .hours(2)])
    func `a jump of the clock makes nobody wait for an hour`(step: Duration) {
        // 300, so that some are read from the store after the jump.
        var bench = QueueBench((1...300).map { pending($0) })
        _ = bench.start(at: beginning)
        let jumped = (beginning + .seconds(1)).stepped(step)
        for id in 1...4 as ClosedRange<Int64> { bench.finish(id, .delivered, at: jumped) }
        bench.settle()
        var now = jumped
        while bench.rows.count > 20 {
            now = now + .milliseconds(100)
            for id in bench.start(at: now) { bench.finish(id, .delivered, at: now) }
            bench.settle()
            #expect(bench.queue.health(at: now.moment) == .well)
        }
        // And an hour without a jump does.
        let hour = now + .hours(1)
        bench.load(at: hour)
        guard case .failing = bench.queue.health(at: hour.moment) else {
            Issue.record("it does not fail after an hour")
            return
        }
    }
}
