import Testing

@testable import Alerting

/// A fleet whose polls take some time, without the tokens' states.
private struct Fleet {
    var schedule: Schedule
    var pace: PaceWatch
    let intervals: [Duration]
    let hosts: [Int]
    /// How long a host takes to answer, and what.
    var answer: (_ host: Int, _ now: Moment) -> (Duration, Outcome)
    /// How long a host wants to be left alone after an answer.
    var hold: (_ host: Int, _ now: Moment) -> Duration? = { _, _ in nil }
    var now = Moment(milliseconds: 0)
    var polls: [Int]
    private var flying: [(end: Moment, slot: Int, start: Moment, outcome: Outcome)] = []
    private var nextCheck = Moment(milliseconds: 0)

    init(
        intervals: [Duration],
        hosts: [Int]? = nil,
        concurrency: Int = 32,
        perHost: Int = 8,
        answer: @escaping (_ host: Int, _ now: Moment) -> (Duration, Outcome)
    ) {
        self.intervals = intervals
        self.hosts = hosts ?? intervals.map { _ in 0 }
        self.answer = answer
        polls = intervals.map { _ in 0 }
        schedule = Schedule(hosts: self.hosts, concurrency: concurrency, perHost: perHost)
        pace = PaceWatch(perHost: perHost, concurrency: concurrency)
        for slot in intervals.indices {
            schedule.plan(slot, poll: .init(milliseconds: Int64(slot % 1000)))
        }
    }

    /// Lets time pass; answers come in order, and checks as often as the daemon makes them.
    mutating func run(for duration: Duration) {
        let end = now + duration
        while now < end {
            while let due = schedule.next(at: now) {
                guard case .poll(let slot) = due else { continue }
                let (time, outcome) = answer(hosts[slot], now)
                flying.append((now + time, slot, now, outcome))
                polls[slot] += 1
            }
            if nextCheck <= now {
                check()
                nextCheck = now + PaceWatch.checkInterval
            }
            let landing = flying.map(\.end).min() ?? .never
            let due = max(schedule.nextMoment(after: now), now + .milliseconds(1))
            now = min(end, landing, nextCheck, due)
            land()
        }
    }

    private mutating func land() {
        for flight in flying where flight.end <= now {
            let host = hosts[flight.slot]
            pace.note(flight.outcome, of: "\(host)", took: flight.end - flight.start)
            if let wait = hold(host, now) {
                schedule.hold(host: host, until: now + wait)
                pace.held("\(host)", from: now, until: now + wait)
            }
            schedule.finished(flight.slot, next: now + intervals[flight.slot])
        }
        flying.removeAll { $0.end <= now }
    }

    private mutating func check() {
        for host in Set(hosts) {
            var lag = PaceWatch.Lag()
            lag.tokens = hosts.count { $0 == host }
            for slot in schedule.ready(host: host) {
                guard let due = schedule.due(of: slot) else { continue }
                lag.note(
                    due,
                    since: pace.waitsSince(due, host: "\(host)", interval: intervals[slot]),
                    interval: intervals[slot],
                    at: now
                )
            }
            pace.check("\(host)", lag, inFlight: schedule.inFlight(host: host), at: now)
        }
        _ = pace.finishRound(at: now)
    }
}

struct PaceWatchTests {
    private func detail(_ key: String, _ finding: Finding?) -> Detail.Value? {
        finding?.details.first { $0.key == key }?.value
    }

    @Test func `3,000 tokens of a host that answers 16 polls/s fall behind, and none starves`() {
        var fleet = Fleet(intervals: Array(repeating: .seconds(1), count: 3000)) { _, _ in
            (.milliseconds(500), .ok)
        }
        fleet.run(for: .seconds(25))
        #expect(fleet.pace.finding == nil, "it must last for 30 s")
        fleet.run(for: .minutes(8))
        let finding = fleet.pace.finding
        #expect(finding?.condition == .fallingBehind && finding?.severity == .warning)
        #expect(detail("host", finding) == .text("0"))
        #expect(detail("cause", finding) == .text("per_host"))
        #expect(detail("answer_milliseconds", finding) == .integer(500))
        #expect(finding?.summary.contains("polling.per_host allows 8 requests") == true)
        #expect(fleet.pace.overdue > 2900)
        // 8,080 polls for 3,000 tokens: each has its turn, the longest overdue first.
        #expect(Set(fleet.polls) == [2, 3])
    }

    @Test func `the limit of all hosts together is named where it is the cause`() {
        let hosts = (0..<600).map { $0 % 6 }
        var fleet = Fleet(
            intervals: Array(repeating: .seconds(1), count: 600),
            hosts: hosts,
            concurrency: 6
        ) { _, _ in (.milliseconds(500), .ok) }
        fleet.run(for: .minutes(2))
        #expect(detail("cause", fleet.pace.finding) == .text("concurrency"))
        #expect(fleet.pace.finding?.summary.contains("5 more hosts are behind") == true)
    }

    @Test func `a host that keeps asking for short waits is the cause itself`() {
        var fleet = Fleet(intervals: Array(repeating: .seconds(60), count: 600)) { _, _ in
            (.milliseconds(100), .rateLimited)
        }
        fleet.hold = { _, _ in .seconds(20) }
        fleet.run(for: .minutes(10))
        #expect(detail("cause", fleet.pace.finding) == .text("hold"))
    }

    @Test func `a host that asks for a long wait is not behind, in it and after it`() {
        var fleet = Fleet(intervals: Array(repeating: .seconds(10), count: 40)) { _, _ in
            (.milliseconds(100), .ok)
        }
        var hasHeld = false
        fleet.hold = { _, _ in
            defer { hasHeld = true }
            return hasHeld ? nil : .minutes(10)
        }
        for _ in 0..<40 {
            fleet.run(for: .seconds(30))
            #expect(fleet.pace.finding == nil, "\(fleet.now)")
        }
    }

    @Test func `a host that does not answer is not behind`() {
        var fleet = Fleet(intervals: Array(repeating: .seconds(5), count: 400)) { _, _ in
            (.seconds(2), .unreachable)
        }
        for _ in 0..<40 {
            fleet.run(for: .seconds(30))
            #expect(fleet.pace.finding == nil, "\(fleet.now)")
        }
    }

    @Test func `it ends once no token was late for ten minutes, and does not flap`() {
        var slow = true
        var fleet = Fleet(intervals: Array(repeating: .seconds(10), count: 100)) { _, _ in
            (slow ? .seconds(4) : .milliseconds(20), .ok)
        }
        fleet.run(for: .minutes(5))
        #expect(fleet.pace.finding != nil)
        slow = false
        fleet.run(for: .minutes(9))
        #expect(fleet.pace.finding != nil)
        slow = true
        fleet.run(for: .minutes(2))
        slow = false
        fleet.run(for: .minutes(9))
        #expect(fleet.pace.finding != nil, "it was late in between")
        fleet.run(for: .minutes(2))
        #expect(fleet.pace.finding == nil)
        #expect(fleet.pace.overdue == 0 && !fleet.pace.isOpen)
    }

    @Test func `enough capacity is never behind`() {
        var fleet = Fleet(intervals: (1...300).map { .seconds(Int64($0)) }) { _, _ in
            (.milliseconds(500), .ok)
        }
        for _ in 0..<20 {
            fleet.run(for: .seconds(30))
            #expect(fleet.pace.finding == nil)
        }
    }

    @Test func `an alert of the last run ends like one of this run, not at the start`() {
        var pace = PaceWatch(perHost: 8, concurrency: 32)
        pace.resume()
        var now = Moment(milliseconds: 0)
        for _ in 0..<60 {
            let isKnown = pace.finishRound(at: now)
            #expect(!isKnown && pace.isOpen)
            now = now + PaceWatch.checkInterval
        }
        let isOver = pace.finishRound(at: now)
        #expect(isOver)
        #expect(pace.finding == nil && !pace.isOpen)
    }

    @Test func `a reload keeps what is known of the hosts that stay`() {
        var fleet = Fleet(intervals: Array(repeating: .seconds(1), count: 300)) { _, _ in
            (.milliseconds(500), .ok)
        }
        fleet.run(for: .minutes(2))
        let kept = PaceWatch(following: fleet.pace, hosts: ["0"], perHost: 8, concurrency: 32)
        #expect(kept.finding != nil && kept.overdue == fleet.pace.overdue && kept.isOpen)
        let left = PaceWatch(following: fleet.pace, hosts: ["1"], perHost: 8, concurrency: 32)
        #expect(left.finding == nil && left.overdue == 0 && !left.isOpen)
    }

    @Test func `a hold is the cause until a minute after its end`() {
        let begin = Moment(milliseconds: 1_000_000)
        for (later, cause) in [
            (Duration.minutes(2) - .milliseconds(1), PaceWatch.Cause.hold),
            (.minutes(2), .concurrency),
        ] {
            var pace = PaceWatch(perHost: 8, concurrency: 1)
            pace.held("one.example", from: begin, until: begin + .minutes(1))
            var lag = PaceWatch.Lag()
            lag.overdue = 1
            pace.check("one.example", lag, inFlight: 1, at: begin + later)
            #expect(pace.hosts["one.example"]?.cause == cause)
        }
    }

    @Test func `the cause is that of the last check with overdue tokens`() {
        let begin = Moment(milliseconds: 1_000_000)
        var pace = PaceWatch(perHost: 8, concurrency: 1)
        var lag = PaceWatch.Lag()
        lag.overdue = 1
        pace.check("one.example", lag, inFlight: 1, at: begin)
        lag.overdue = 0
        pace.check("one.example", lag, inFlight: 8, at: begin + .seconds(10))
        #expect(pace.hosts["one.example"]?.cause == .concurrency)
        lag.overdue = 1
        pace.check("one.example", lag, inFlight: 8, at: begin + .seconds(20))
        #expect(pace.hosts["one.example"]?.cause == .perHost)
    }
}
