import Testing

@testable import Alerting

struct ScheduleTests {
    private func moment(_ milliseconds: Int64) -> Moment { Moment(milliseconds: milliseconds) }

    /// All that is to be done at a moment.
    private func drain(_ schedule: inout Schedule, at now: Moment) -> [Schedule.Due] {
        var due: [Schedule.Due] = []
        while let next = schedule.next(at: now) { due.append(next) }
        return due
    }

    @Test
    func `a slot is due at its moment, not before`() {
        var schedule = Schedule(hosts: [0], concurrency: 1, perHost: 1)
        #expect(schedule.nextMoment(after: moment(0)) == .never)
        schedule.plan(0, poll: moment(10))
        #expect(schedule.nextPoll(of: 0) == moment(10))
        #expect(schedule.nextMoment(after: moment(0)) == moment(10))
        #expect(schedule.next(at: moment(9)) == nil)
        #expect(schedule.next(at: moment(10)) == .poll(0))
        #expect(schedule.isInFlight(0))
        #expect(schedule.next(at: moment(99)) == nil)
        schedule.finished(0, next: moment(20))
        #expect(!schedule.isInFlight(0))
        #expect(schedule.next(at: moment(21)) == .poll(0))
    }

    @Test
    func `the limits of the daemon and of a host hold`() {
        var schedule = Schedule(hosts: [0, 0, 0, 1, 1, 1], concurrency: 3, perHost: 2)
        for slot in 0..<6 { schedule.plan(slot, poll: moment(0)) }
        let first = drain(&schedule, at: moment(0))
        #expect(first.count == 3)
        #expect(schedule.inFlight == 3)
        schedule.finished(0, next: .never)
        #expect(drain(&schedule, at: moment(0)).count == 1)
    }

    @Test
    func `a host with much to do does not keep others waiting`() {
        var schedule = Schedule(
            hosts: Array(repeating: 0, count: 1000) + [1],
            concurrency: 1,
            perHost: 1
        )
        for slot in 0...1000 { schedule.plan(slot, poll: moment(0)) }
        var turns = 0
        while let due = schedule.next(at: moment(0)), due != .poll(1000) {
            guard case .poll(let slot) = due else { continue }
            schedule.finished(slot, next: .never)
            turns += 1
        }
        #expect(turns <= 1)
    }

    @Test
    func `the longest overdue of a host goes first, and keeps its moment while it waits`() {
        var schedule = Schedule(hosts: [0, 0, 0, 0], concurrency: 1, perHost: 1)
        for (slot, due) in [30, 10, 20, 0].enumerated() {
            schedule.plan(slot, poll: moment(Int64(due)))
        }
        #expect(schedule.next(at: moment(50)) == .poll(3))
        #expect(schedule.next(at: moment(50)) == nil)
        #expect(schedule.waiting == 3 && schedule.hasReady(host: 0))
        #expect(Array(schedule.ready(host: 0)) == [1, 2, 0])
        #expect((0..<4).map { schedule.due(of: $0) } == [moment(30), moment(10), moment(20), nil])
        // A plan for now changes nothing for one that waits.
        schedule.plan(0, poll: moment(50))
        #expect(schedule.due(of: 0) == moment(30))
        for slot in [1, 2, 0] {
            schedule.finished(slot == 1 ? 3 : slot == 2 ? 1 : 2, next: .never)
            #expect(schedule.next(at: moment(60)) == .poll(slot))
        }
        #expect(schedule.waiting == 0)
    }

    @Test
    func `a host that asked for it is left alone, others are not`() {
        var schedule = Schedule(hosts: [0, 1], concurrency: 4, perHost: 4)
        schedule.plan(0, poll: moment(0))
        schedule.plan(1, poll: moment(0))
        schedule.hold(host: 0, until: moment(50))
        schedule.hold(host: 0, until: moment(20))
        #expect(schedule.heldUntil(host: 0, at: moment(49)) == moment(50))
        #expect(schedule.heldUntil(host: 0, at: moment(50)) == nil)
        #expect(drain(&schedule, at: moment(0)) == [.poll(1)])
        #expect(schedule.nextMoment(after: moment(0)) == moment(50))
        #expect(drain(&schedule, at: moment(49)) == [])
        #expect(drain(&schedule, at: moment(50)) == [.poll(0)])
    }

    @Test
    func `time alone wakes a slot in whatever stage it is`() {
        var schedule = Schedule(hosts: [0, 0], concurrency: 1, perHost: 1)
        schedule.plan(0, poll: moment(0))
        schedule.plan(1, poll: moment(0))
        #expect(schedule.next(at: moment(0)) == .poll(0))
        schedule.plan(0, wake: moment(5))
        schedule.plan(1, wake: moment(6))
        #expect(drain(&schedule, at: moment(4)) == [])
        #expect(drain(&schedule, at: moment(6)) == [.wake(0), .wake(1)])
        #expect(schedule.nextMoment(after: moment(6)) == .never)
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `it does what a naive model allows, and loses nothing`(seed: UInt64) {
        var run = ModelRun(seed: seed)
        for step in 0..<250 {
            if let fault = run.step() {
                Issue.record("seed \(seed), step \(step): \(fault)")
                return
            }
        }
    }

    @Test
    func `100,000 slots are all polled`() {
        let count = 100_000
        var schedule = Schedule(
            hosts: (0..<count).map { $0 % 7 },
            concurrency: 32,
            perHost: 8
        )
        var random = SplitMix64(state: 1)
        for slot in 0..<count {
            schedule.plan(slot, poll: moment(Int64.random(in: 0..<3_600_000, using: &random)))
        }
        var polls = Array(repeating: 0, count: count)
        var flying: [Int] = []
        var now = moment(0)
        while true {
            while let due = schedule.next(at: now) {
                guard case .poll(let slot) = due else { continue }
                polls[slot] += 1
                flying.append(slot)
            }
            if flying.isEmpty {
                now = schedule.nextMoment(after: now)
                if now == .never { break }
            }
            for slot in flying { schedule.finished(slot, next: .never) }
            flying.removeAll(keepingCapacity: true)
        }
        #expect(polls.allSatisfy { $0 == 1 })
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `the heap's first is the earliest, whatever was moved`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let count = Int.random(in: 1...60, using: &random)
        var heap = DueHeap(count: count)
        var model = Array(repeating: Moment.never, count: count)
        for round in 0..<3000 {
            let slot = Int.random(in: 0..<count, using: &random)
            let due =
                Int.random(in: 0..<5, using: &random) == 0
                ? Moment.never : moment(Int64.random(in: -20...20, using: &random))
            heap.set(slot, due: due)
            model[slot] = due
            guard let first = heap.first, first.due == model.min(), model[first.slot] == first.due
            else {
                Issue.record("seed \(seed), round \(round)")
                return
            }
        }
        #expect(DueHeap(count: 0).first == nil)
    }
}

/// A schedule beside the plainest thing that could do its work.
private struct ModelRun {
    var random: SplitMix64
    var schedule: Schedule
    let hosts: [Int]
    let concurrency: Int
    let perHost: Int
    /// When each slot is to be polled; nil in flight.
    var polls: [Moment?]
    var wakes: [Moment]
    var held: [Moment]
    var now = Moment(milliseconds: 0)

    init(seed: UInt64) {
        random = SplitMix64(state: seed)
        let hostCount = Int.random(in: 1...5, using: &random)
        var hosts = Array(0..<hostCount)
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            hosts.append(Int.random(in: 0..<hostCount, using: &random))
        }
        self.hosts = hosts
        concurrency = Int.random(in: 1...8, using: &random)
        perHost = Int.random(in: 1...4, using: &random)
        schedule = Schedule(hosts: hosts, concurrency: concurrency, perHost: perHost)
        polls = Array(repeating: .never, count: hosts.count)
        wakes = Array(repeating: .never, count: hosts.count)
        held = Array(repeating: Moment(milliseconds: .min), count: hostCount)
        for slot in hosts.indices { plan(slot, poll: later()) }
    }

    private var flying: [Int] { polls.indices.filter { polls[$0] == nil } }

    private func isFull(_ host: Int) -> Bool {
        flying.filter { hosts[$0] == host }.count >= perHost
    }

    /// The earliest moment at which there is something to do without an answer.
    private var nextWork: Moment {
        var next = wakes.min() ?? .never
        guard flying.count < concurrency else { return next }
        for slot in polls.indices where !isFull(hosts[slot]) {
            guard let due = polls[slot] else { continue }
            next = min(next, max(due, due == .never ? due : held[hosts[slot]]))
        }
        return next
    }

    private mutating func later() -> Moment {
        now + .milliseconds(Int64.random(in: 0...50, using: &random))
    }

    private mutating func plan(_ slot: Int, poll moment: Moment) {
        schedule.plan(slot, poll: moment)
        // One that is due already keeps its place.
        if let due = polls[slot], due > now { polls[slot] = moment }
    }

    /// Does something at random, then all that is due; says what was wrong.
    mutating func step() -> String? {
        let slot = Int.random(in: 0..<hosts.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            let moment = later()
            schedule.plan(slot, wake: moment)
            wakes[slot] = moment
        case 1:
            let moment = later()
            let host = hosts[slot]
            schedule.hold(host: host, until: moment)
            held[host] = max(held[host], moment)
        case 2:
            if let due = polls[slot], due > now { plan(slot, poll: later()) }
        case 3:
            let moment = schedule.nextMoment(after: now)
            if moment > nextWork { return "sleeps until \(moment), past \(nextWork)" }
            if moment != .never { now = max(now, moment) }
        default:
            if let slot = flying.randomElement(using: &random) {
                let next = later()
                schedule.finished(slot, next: next)
                polls[slot] = next
            }
        }
        return drain()
    }

    private mutating func drain() -> String? {
        while let due = schedule.next(at: now) {
            switch due {
            case .wake(let slot):
                guard wakes[slot] <= now else { return "wakes \(slot) too early" }
                wakes[slot] = .never
            case .poll(let slot):
                guard let planned = polls[slot] else { return "polls \(slot) twice" }
                guard planned <= now else { return "polls \(slot) too early" }
                guard held[hosts[slot]] <= now else { return "polls a held host" }
                guard !isFull(hosts[slot]) else { return "host over its limit" }
                guard flying.count < concurrency else { return "daemon over its limit" }
                polls[slot] = nil
            }
        }
        if nextWork <= now { return "leaves work of \(nextWork) at \(now)" }
        let moment = schedule.nextMoment(after: now)
        if moment <= now { return "has nothing to do, and would be asked again at once" }
        if moment > nextWork { return "sleeps until \(moment), past \(nextWork)" }
        if schedule.inFlight != flying.count { return "counts \(schedule.inFlight) in flight" }
        for slot in polls.indices {
            if schedule.isInFlight(slot) != (polls[slot] == nil) { return "\(slot) is lost" }
            if let due = polls[slot], due > now, schedule.nextPoll(of: slot) != due {
                return "\(slot) has another moment"
            }
        }
        return nil
    }
}
