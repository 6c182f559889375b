import Alerting
import Testing

/// Central European summer time, and its end in October.
private let berlin = LocalTime { instant in
    // 2026-10-25T01:00:00Z
    instant < Instant(seconds: 1_792_890_000) ? 7200 : 3600
}

/// A channel with its store and its receiver, under a clock that jumps from one thing to the next.
private struct Mailbox {
    var queue: ChannelQueue
    let limits: ChannelQueue.Limits
    /// Pending rows, in the order of their ids.
    var rows: [Delivery] = []
    var messages: [(at: Instant, digest: Digest)] = []
    var withdrawn: Set<Int64> = []
    var random: SplitMix64

    init(_ limits: ChannelQueue.Limits, seed: UInt64 = 1) {
        self.limits = limits
        queue = ChannelQueue(limits: limits, zone: berlin)
        random = SplitMix64(state: seed)
    }

    mutating func restart() { queue = ChannelQueue(limits: limits, zone: berlin) }

    mutating func commit(_ delivery: Delivery) {
        if delivery.isUrgent {
            for index in rows.indices where rows[index].subject == delivery.subject {
                rows[index].isUrgent = true
            }
        }
        rows.append(delivery)
        queue.noteMore(reorders: true)
    }

    /// Does what is due up to an instant; the receiver answers as `answer` says.
    mutating func run(
        from start: Instant,
        until end: Instant,
        answer: (Instant, Digest) -> DeliveryResult = { _, _ in .delivered }
    ) {
        var instant = start
        while instant <= end {
            let now = Now(instant: instant, moment: Moment(milliseconds: instant.milliseconds))
            load(now)
            while let digest = queue.startDigest(at: now) {
                let result = answer(instant, digest)
                if result == .delivered { messages.append((instant, digest)) }
                queue.finish(digest, result, at: now, using: &random)
                settle()
                load(now)
            }
            settle()
            guard let next = queue.nextStart() else { return }
            instant = max(instant + .milliseconds(1), now.instant(of: next))
        }
    }

    private mutating func load(_ now: Now) {
        while let page = queue.requestPage(at: now) {
            let found = rows.filter { row in page.after.map { $0 < place(row) } ?? true }
                .sorted { place($0) < place($1) }
                .prefix(page.limit)
            queue.take(Array(found), of: page, isFull: found.count >= page.limit, at: now)
        }
    }

    private mutating func settle() {
        let settlements = queue.unsettled()
        for settlement in settlements {
            if case .retry = settlement.outcome { continue }
            if settlement.outcome == .withdrawn { withdrawn.insert(settlement.id) }
            rows.removeAll { $0.id == settlement.id }
        }
        queue.confirm(settlements)
    }

    private func place(_ delivery: Delivery) -> ChannelQueue.Place {
        ChannelQueue.Place(isUrgent: delivery.isUrgent, id: delivery.id)
    }
}

private func delivery(
    _ id: Int64,
    _ subject: String,
    _ phase: Event.Phase,
    _ severity: Severity,
    alert: EventID?,
    at instant: Instant
) -> Delivery {
    Delivery(
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
        alertID: alert
    )
}

struct QuietWeeksTests {
    private static func limits(quiet: Bool) -> ChannelQueue.Limits {
        ChannelQueue.Limits(
            lookAhead: 1024,
            groupWait: .seconds(10),
            quiet: quiet ? QuietHours(begin: 22 * 60, end: 7 * 60) : nil
        )
    }

    /// What is said of forty tokens that expire at the same midnight, five weeks later.
    private static func fortyExpiries() -> [Event] {
        let policy = Policy(channels: [ChannelRoute(name: "ops", minimumSeverity: .warning)])
        let expiry = start + .days(35)
        var simulator = Simulator((0..<40).map { TokenSettings.numbered($0, policy) }) { _, _ in
            .ok(Facts(expiry: .at(expiry)))
        }
        simulator.run(until: start + .days(42))
        return simulator.events.filter { !$0.channels.isEmpty }
    }

    private static func sent(_ events: [Event], quiet: Bool) -> Mailbox {
        var mailbox = Mailbox(limits(quiet: quiet))
        for (number, event) in events.enumerated() {
            guard case .token(let card) = event.subject else { continue }
            mailbox.commit(
                delivery(
                    Int64(number + 1),
                    "token:\(card.id)",
                    event.phase,
                    event.severity,
                    alert: event.alertID,
                    at: event.at
                )
            )
            let next = number + 1 < events.count ? events[number + 1].at : event.at + .days(7)
            mailbox.run(from: event.at, until: next)
        }
        return mailbox
    }

    @Test func `forty tokens that expire at one midnight are one message a stage`() {
        let events = Self.fortyExpiries()
        let mailbox = Self.sent(events, quiet: false)
        let stages = Set(events.map(\.at))
        #expect(events.count == 40 * stages.count)
        #expect(mailbox.messages.count == stages.count)
        for (at, digest) in mailbox.messages {
            #expect(digest.deliveries.count == 40)
            #expect(stages.contains(at - .seconds(10)), "\(at.rfc3339)")
        }
    }

    @Test func `at night only what is critical is said, and the rest at seven`() {
        let mailbox = Self.sent(Self.fortyExpiries(), quiet: true)
        for (at, digest) in mailbox.messages {
            #expect(digest.deliveries.count == 40)
            let isCritical = digest.deliveries.allSatisfy { $0.severity == .critical }
            // Midnight in UTC is two in the night.
            let sinceMidnight = at.milliseconds % Duration.days(1).milliseconds
            let expected = isCritical ? Duration.seconds(10) : .hours(5)
            #expect(sinceMidnight == expected.milliseconds, "\(at.rfc3339)")
        }
        #expect(mailbox.messages.contains { $0.digest.notices[0].severity == .warning })
        #expect(mailbox.messages.contains { $0.digest.notices[0].severity == .critical })
    }

    @Test(arguments: 0..<20)
    func
        `in weeks of failures and restarts nothing is lost, doubled, turned around or out of hours`(
            number: Int
        )
    {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(state: seed)
        let limits = Self.limits(quiet: true)
        var mailbox = Mailbox(limits, seed: seed)
        var open: [String: (alert: EventID, severity: Severity)] = [:]
        var made: [Delivery] = []
        // Three weeks before the clock is put back, and one after.
        var now = Instant(seconds: 1_792_890_000) - .days(21)
        let end = now + .days(28)
        var outageEnds = now
        while now < end {
            let subject = "token:t\(Int.random(in: 0..<12, using: &random))"
            let id = Int64(made.count + 1)
            let phase: Event.Phase
            if let known = open[subject] {
                phase =
                    [.reminded, .escalated, .resolved, .resolved]
                    .randomElement(using: &random) ?? .resolved
                let severity = phase == .escalated ? .critical : known.severity
                made.append(
                    delivery(id, subject, phase, severity, alert: known.alert, at: now)
                )
                open[subject] = phase == .resolved ? nil : (known.alert, severity)
            } else {
                let alert = EventID(high: 1, low: UInt64(id))
                let severity: Severity =
                    Int.random(in: 0..<4, using: &random) == 0 ? .critical : .warning
                made.append(delivery(id, subject, .raised, severity, alert: alert, at: now))
                open[subject] = (alert, severity)
            }
            mailbox.commit(made[made.count - 1])
            if Int.random(in: 0..<40, using: &random) == 0 {
                outageEnds = now + .minutes(Int64.random(in: 1...300, using: &random))
            }
            if Int.random(in: 0..<30, using: &random) == 0 { mailbox.restart() }
            let next = now + .seconds(Int64.random(in: 1...7200, using: &random))
            mailbox.run(from: now, until: next) { instant, _ in
                instant < outageEnds ? .retry(error: "503", after: nil) : .delivered
            }
            now = next
        }
        mailbox.run(from: now, until: now + .days(4))
        #expect(mailbox.rows.isEmpty, "seed \(seed)")
        let delivered = mailbox.messages.flatMap { $0.digest.deliveries.map(\.id) }
        #expect(Set(delivered).count == delivered.count, "seed \(seed): doubled")
        #expect(
            Set(delivered).union(mailbox.withdrawn) == Set(made.map(\.id)),
            "seed \(seed): lost"
        )
        for subject in Set(made.map(\.subject)) {
            let own = Set(made.filter { $0.subject == subject }.map(\.id))
            let order = delivered.filter(own.contains)
            #expect(order == order.sorted(), "seed \(seed): \(subject) is turned around")
        }
        guard let quiet = limits.quiet else { return }
        for (at, digest) in mailbox.messages where quiet.contain(at, in: berlin) {
            let isUrgent = digest.deliveries.allSatisfy(\.isUrgent)
            #expect(isUrgent, "seed \(seed): \(at.rfc3339)")
        }
        // Of an alert all is withdrawn, or nothing; and all of it within one night.
        for alert in Set(made.compactMap(\.alertID)) {
            let own = made.filter { $0.alertID == alert }
            let gone = own.filter { mailbox.withdrawn.contains($0.id) }
            guard !gone.isEmpty else { continue }
            #expect(gone.count == own.count, "seed \(seed)")
            #expect(own.first?.phase == .raised && own.last?.phase == .resolved, "seed \(seed)")
            #expect(quiet.contain(own[0].createdAt, in: berlin), "seed \(seed)")
        }
    }
}
