import Testing

@testable import Alerting

/// A notification of an alert, for digests.
private func notice(
    _ id: Int64,
    alert: Int64? = nil,
    _ phase: Event.Phase = .raised,
    _ severity: Severity = .warning,
    at instant: Instant = beginning.instant
) -> Delivery {
    let subject = "token:t\(alert ?? id)"
    return Delivery(
        id: id,
        eventID: EventID(high: 1, low: UInt64(id)),
        channel: "ops",
        subject: subject,
        type: "expiring",
        phase: phase,
        severity: severity,
        summary: "\(subject) \(phase.rawValue)",
        body: "{}",
        createdAt: instant,
        attempts: 0,
        nextAttemptAt: instant,
        lastError: nil,
        givenUpAt: nil,
        isUrgent: severity == .critical,
        alertID: EventID(high: 1, low: UInt64(alert ?? id))
    )
}

private let grouped = ChannelQueue.Limits(lookAhead: 1024, groupWait: .seconds(10))

extension QueueBench {
    fileprivate mutating func digest(at now: Now) -> Digest? {
        load(at: now)
        return queue.startDigest(at: now)
    }

    fileprivate mutating func finish(_ digest: Digest, _ result: DeliveryResult, at now: Now) {
        queue.finish(digest, result, at: now, using: &random)
    }
}

struct DigestTests {
    private static func ids(_ digest: Digest?) -> [Int64] { digest?.deliveries.map(\.id) ?? [] }

    @Test func `forty expiries at midnight are one message, ten seconds later`() {
        var bench = QueueBench((1...40).map { notice($0) }, limits: grouped)
        #expect(bench.digest(at: beginning) == nil)
        #expect(bench.queue.nextStart() == beginning.moment + .seconds(10))
        #expect(bench.digest(at: beginning + .milliseconds(9999)) == nil)
        let digest = bench.digest(at: beginning + .seconds(10))
        #expect(Self.ids(digest) == Array(1...40))
        #expect(bench.digest(at: beginning + .seconds(20)) == nil, "one at a time")
        #expect(bench.start(at: beginning + .seconds(20)) == [], "and none beside it")
        guard let digest else { return }
        bench.finish(digest, .delivered, at: beginning + .seconds(20))
        #expect(bench.settle().map(\.id) == Array(1...40))
        #expect(bench.queue.counts.delivered == 40)
        #expect(bench.digest(at: beginning + .days(1)) == nil)
    }

    @Test func `what comes later goes along with what has waited`() {
        var bench = QueueBench([notice(1)], limits: grouped)
        bench.load(at: beginning)
        let second = beginning + .seconds(9)
        bench.commit(notice(2, at: second.instant))
        #expect(bench.digest(at: second) == nil)
        #expect(Self.ids(bench.digest(at: beginning + .seconds(10))) == [1, 2])
    }

    @Test func `after a restart it waits only for the rest of the time`() {
        var bench = QueueBench([notice(1)], limits: grouped)
        #expect(bench.digest(at: beginning + .seconds(7)) == nil)
        #expect(bench.queue.nextStart() == beginning.moment + .seconds(10))
        bench = QueueBench([notice(1)], limits: grouped)
        #expect(bench.digest(at: beginning + .days(1)) != nil)
        // A wall clock that was set back makes nothing wait for long.
        bench = QueueBench([notice(1)], limits: grouped)
        #expect(bench.digest(at: beginning - .days(1)) == nil)
        #expect(bench.queue.nextStart() == beginning.moment - .days(1) + .seconds(10))
    }

    @Test func `the most urgent is first, an alert is said once, and what has ended is last`() {
        let digest = Digest([
            notice(1), notice(2, .raised, .critical), notice(3, .raised, .info),
            notice(4, alert: 1, .escalated, .critical), notice(5, alert: 3, .resolved, .info),
            notice(6),
        ])
        #expect(digest.notices.map(\.id) == [2, 4, 6, 5])
    }

    @Test func `twenty notices have a line each, and the rest is counted`() {
        let twenty = Digest((1...20).map { notice($0) })
        #expect(twenty.lines().count == 20 && twenty.lines()[19] == "warning: token:t20 raised")
        let more = Digest([notice(1, .raised, .critical)] + (2...21).map { notice($0, .resolved) })
        #expect(more.title == "21 notifications: 1 critical, 20 resolved")
        #expect(more.lines().count == 21 && more.lines()[0] == "critical: token:t1 raised")
        #expect(more.lines()[20] == "and 1 more")
    }

    @Test func `a digest is named by all that is in it, the same at every attempt`() {
        let digest = Digest([notice(1), notice(2), notice(4)])
        #expect(digest.id == Digest([notice(1), notice(2), notice(4)]).id)
        #expect(digest.id != Digest([notice(1), notice(3), notice(4)]).id)
        #expect(Digest([notice(1)]).id == notice(1).eventID.description)
    }

    @Test func `one attempt that fails puts all off, and what is new goes with them`() {
        var bench = QueueBench((1...3).map { notice($0) }, limits: grouped)
        let first = beginning + .seconds(10)
        guard let digest = bench.digest(at: beginning + .seconds(10)) ?? bench.digest(at: first)
        else { return #expect(Bool(false), "nothing was sent") }
        bench.finish(digest, failed503, at: first)
        #expect(bench.queue.counts.failedAttempts == 1)
        for settlement in bench.settle() {
            guard case .retry(_, _, let attempts, _) = settlement.outcome else {
                return #expect(Bool(false), "\(settlement)")
            }
            #expect(attempts == 1)
        }
        #expect(bench.digest(at: first + .seconds(1)) == nil)
        bench.commit(notice(4, at: first.instant + .seconds(1)))
        bench.load(at: first + .seconds(1))
        #expect(Self.ids(bench.digest(at: first + .seconds(7))) == [1, 2, 3, 4])
    }

    @Test func `what its receiver rejects is tried one by one, and costs no other`() {
        var bench = QueueBench((1...4).map { notice($0) }, limits: grouped)
        var now = beginning + .seconds(10)
        var sent: [[Int64]] = []
        var outcomes: [Int64: Settlement.Outcome] = [:]
        for _ in 0..<10 {
            guard let digest = bench.digest(at: now) else { break }
            sent.append(Self.ids(digest))
            // The third is not to its taste.
            let isBad = digest.deliveries.contains { $0.id == 3 }
            bench.finish(digest, isBad ? .giveUp(error: "400") : .delivered, at: now)
            for settlement in bench.settle() { outcomes[settlement.id] = settlement.outcome }
            now = now + .milliseconds(1)
        }
        #expect(sent == [[1, 2, 3, 4], [1], [2], [3], [4]])
        #expect([1, 2, 4].allSatisfy { outcomes[$0] == .delivered })
        guard case .gaveUp = outcomes[3] else {
            return #expect(Bool(false), "\(String(describing: outcomes[3]))")
        }
    }

    @Test
    func `what has reached some of its recipients is not sent to them again, and holds up nothing`()
    {
        var bench = QueueBench((1...3).map { notice($0) }, limits: grouped)
        var now = beginning + .seconds(10)
        let partly = DeliveryResult.inPart(error: "452 for bad@x.org", retries: true)
        guard let first = bench.digest(at: now) else { return #expect(Bool(false), "a digest") }
        #expect(Self.ids(first) == [1, 2, 3])
        bench.finish(first, partly, at: now)
        bench.settle()
        // The end of the second one is due before the others are tried again.
        bench.commit(notice(4, alert: 2, .resolved, at: now.instant))
        var sent: [[Int64]] = []
        for _ in 0..<60 {
            now = now + .seconds(1)
            guard let digest = bench.digest(at: now) else { continue }
            sent.append(Self.ids(digest))
            bench.finish(digest, Self.ids(digest) == [4] ? .delivered : partly, at: now)
            bench.settle()
        }
        #expect(sent.first == [4] || sent.first == [1, 2, 3], "\(sent)")
        #expect(sent.filter { $0 == [4] }.count == 1)
        #expect(sent.filter { $0 != [4] }.allSatisfy { $0 == [1, 2, 3] }, "\(sent)")
        #expect(sent.count >= 3, "\(sent)")
    }

    @Test func `a mail that some of its recipients never get is not sent to the others one by one`()
    {
        var bench = QueueBench((1...40).map { notice($0) }, limits: grouped)
        let now = beginning + .seconds(10)
        guard let digest = bench.digest(at: now) else { return #expect(Bool(false), "a digest") }
        bench.finish(digest, .inPart(error: "550 for bad@x.org", retries: false), at: now)
        let outcomes = bench.settle().map(\.outcome)
        #expect(outcomes.count == 40)
        #expect(Set(outcomes) == [.gaveUp(at: now.instant, error: "550 for bad@x.org")])
        #expect(bench.digest(at: now + .minutes(5)) == nil)
        #expect(bench.queue.hasGivenUp && bench.queue.failures == 0)
    }

    @Test func `what a receiver does not get is neither delivered nor dropped`() {
        var bench = QueueBench([pending(1)])
        #expect(bench.start(at: beginning) == [1])
        bench.finish(1, .notWanted, at: beginning)
        #expect(bench.settle().map(\.outcome) == [.withdrawn])
        #expect(!bench.queue.isProvenWell && bench.queue.counts.delivered == 0)
    }

    @Test func `one that makes its receiver fail holds up the others for minutes, not for days`() {
        var bench = QueueBench((1...30).map { notice($0) }, limits: grouped)
        var now = beginning + .seconds(10)
        var delivered: Set<Int64> = []
        while now.moment < beginning.moment + .hours(3) {
            while let digest = bench.digest(at: now) {
                let isBad = digest.deliveries.contains { $0.id == 7 }
                bench.finish(digest, isBad ? failed503 : .delivered, at: now)
                if !isBad { delivered.formUnion(digest.deliveries.map(\.id)) }
                _ = bench.settle()
            }
            now = now + .seconds(5)
        }
        #expect(delivered == Set(1...30).subtracting([7]))
    }

    @Test func `a receiver that is back gets what has waited for hours in two messages at most`() {
        for hours in 1...6 {
            var bench = QueueBench((1...30).map { notice($0) }, limits: grouped)
            var now = beginning + .seconds(10)
            let back = beginning + .hours(Int64(hours)) + .minutes(7)
            var messages = 0
            while now.moment < back.moment + .hours(1) {
                while let digest = bench.digest(at: now) {
                    bench.finish(digest, now.moment < back.moment ? failed503 : .delivered, at: now)
                    if now.moment >= back.moment { messages += 1 }
                    _ = bench.settle()
                }
                now = now + .seconds(5)
            }
            #expect((1...2).contains(messages), "\(hours) h: \(messages)")
            #expect(bench.queue.counts.delivered == 30)
        }
    }

    @Test func `each is dropped by its own age`() {
        var bench = QueueBench([notice(1)], limits: grouped)
        bench.load(at: beginning)
        let late = beginning + .days(3) + .seconds(1)
        bench.commit(notice(2, at: late.instant))
        guard let digest = bench.digest(at: late) else { return #expect(Bool(false)) }
        #expect(Self.ids(digest) == [1, 2])
        bench.finish(digest, failed503, at: late)
        let outcomes = bench.settle().map(\.outcome)
        guard case .gaveUp = outcomes[0], case .retry = outcomes[1] else {
            return #expect(Bool(false), "\(outcomes)")
        }
    }
}

/// Quiet hours of a queue: from 22 to 7, in UTC; `beginning` is 8 in the morning.
struct QuietQueueTests {
    private static func limits(
        groupWait: Duration? = .seconds(10),
        holdsCritical: Bool = false
    ) throws -> ChannelQueue.Limits {
        let quiet = try #require(
            QuietHours(begin: 22 * 60, end: 7 * 60, holdsCritical: holdsCritical)
        )
        return ChannelQueue.Limits(lookAhead: 1024, groupWait: groupWait, quiet: quiet)
    }

    private let evening = beginning + .hours(14)
    private let morning = beginning + .hours(23)

    private func ids(_ digest: Digest?) -> [Int64] { digest?.deliveries.map(\.id) ?? [] }

    @Test func `what comes at night waits for the morning and is one message`() throws {
        var bench = QueueBench([], limits: try Self.limits())
        for hour in 0...8 as ClosedRange<Int64> {
            let now = evening + .hours(hour)
            bench.commit(notice(hour + 1, at: now.instant))
            #expect(bench.digest(at: now) == nil)
            #expect(bench.digest(at: now + .minutes(59)) == nil)
        }
        #expect(bench.queue.nextStart() == morning.moment)
        #expect(bench.queue.health(at: morning.moment) == .unknown, "nothing is stuck")
        #expect(bench.queue.earliestStarts(at: evening.moment)[1] == morning.moment)
        #expect(ids(bench.digest(at: morning)) == Array(1...9))
        #expect(bench.queue.health(at: morning.moment) == .unknown)
    }

    @Test func `what is critical passes, with what is older of its subject`() throws {
        var bench = QueueBench([], limits: try Self.limits())
        bench.commit(notice(1, at: evening.instant))
        bench.commit(notice(2, at: evening.instant))
        #expect(bench.digest(at: evening + .minutes(1)) == nil)
        bench.commit(notice(3, alert: 1, .escalated, .critical, at: evening.instant + .hours(1)))
        let digest = bench.digest(at: evening + .hours(1) + .seconds(10))
        #expect(ids(digest) == [1, 3])
        #expect(digest?.notices.map(\.id) == [3])
    }

    @Test func `with quiet_critical nothing passes`() throws {
        var bench = QueueBench([], limits: try Self.limits(holdsCritical: true))
        bench.commit(notice(1, .raised, .critical, at: evening.instant))
        #expect(bench.digest(at: morning - .milliseconds(1)) == nil)
        #expect(ids(bench.digest(at: morning)) == [1])
    }

    @Test func `what was resolved at night is not said in the morning`() throws {
        var bench = QueueBench([], limits: try Self.limits())
        bench.commit(notice(1, at: evening.instant))
        bench.commit(notice(2, at: evening.instant))
        bench.commit(notice(3, alert: 1, .reminded, at: evening.instant + .hours(2)))
        bench.commit(notice(4, alert: 1, .resolved, at: evening.instant + .hours(3)))
        #expect(bench.digest(at: evening + .hours(4)) == nil)
        #expect(bench.settle().map(\.outcome) == [.withdrawn, .withdrawn, .withdrawn])
        #expect(bench.queue.counts.delivered == 0)
        #expect(ids(bench.digest(at: morning)) == [2])
    }

    @Test func `the end of what was said before the night is said in the morning`() throws {
        var bench = QueueBench([notice(1)], limits: try Self.limits())
        guard
            let first = bench.digest(at: beginning + .seconds(10))
                ?? bench.digest(at: beginning + .seconds(20))
        else { return #expect(Bool(false)) }
        bench.finish(first, .delivered, at: beginning + .seconds(20))
        _ = bench.settle()
        bench.commit(notice(2, alert: 1, .reminded, at: evening.instant))
        bench.commit(notice(3, alert: 1, .resolved, at: evening.instant + .hours(1)))
        let digest = bench.digest(at: morning)
        #expect(digest?.notices.map(\.id) == [3])
    }

    @Test func `what a dead receiver missed by day is not withdrawn`() throws {
        var bench = QueueBench([notice(1)], limits: try Self.limits())
        bench.load(at: beginning)
        bench.commit(notice(2, alert: 1, .resolved, at: evening.instant))
        #expect(ids(bench.digest(at: morning)) == [1, 2])
    }

    @Test func `the time of a night does not count for give_up_after`() throws {
        var limits = try Self.limits()
        limits.giveUpAfter = .hours(1)
        var bench = QueueBench([], limits: limits)
        bench.commit(notice(1, at: evening.instant))
        bench.load(at: evening)
        guard let digest = bench.digest(at: morning) else { return #expect(Bool(false)) }
        bench.finish(digest, failed503, at: morning)
        guard case .retry = bench.settle().first?.outcome else { return #expect(Bool(false)) }
    }

    @Test func `a restart at night keeps waiting`() throws {
        let bench = QueueBench([notice(1, at: evening.instant)], limits: try Self.limits())
        var restarted = bench
        #expect(restarted.digest(at: evening + .hours(5)) == nil)
        #expect(ids(restarted.digest(at: morning)) == [1])
        var late = bench
        #expect(ids(late.digest(at: morning + .hours(1))) == [1])
    }

    @Test func `machines get what waited one by one`() throws {
        var bench = QueueBench([], limits: try Self.limits(groupWait: nil))
        bench.commit(notice(1, at: evening.instant))
        bench.commit(notice(2, .raised, .critical, at: evening.instant))
        #expect(bench.start(at: evening) == [2])
        #expect(bench.start(at: morning - .milliseconds(1)) == [])
        #expect(bench.start(at: morning) == [1])
    }
}
