import Alerting
import Testing

/// Weeks of answers that contradict each other, with restarts in between.
struct EvidenceWeeksTests {
    private static let policy = Policy(
        remindCritical: .never,
        remindWarning: .never,
        channels: [ChannelRoute(name: "ops", minimumSeverity: .info)]
    )

    /// A provider whose bad answers come one at a time, and are counted.
    private final class Blips {
        var random: SplitMix64
        var count = 0
        private var wasBad = false
        let revoked: Instant?

        init(seed: UInt64, revoked: Instant? = nil) {
            random = SplitMix64(state: seed)
            self.revoked = revoked
        }

        func reply(at now: Instant) -> Reply {
            if let revoked, now >= revoked { return Reply(answer: .rejected("status 401")) }
            wasBad = !wasBad && Int.random(in: 0..<3, using: &random) == 0
            guard wasBad else { return .ok(Facts(expiry: .never)) }
            count += 1
            let answers: [Observation.Answer] = [
                .rejected("status 401"), .malformed("status 404"), .malformed("HTML"),
            ]
            return Reply(answer: answers.randomElement(using: &random) ?? answers[0])
        }
    }

    private static func run(_ blips: Blips, until end: Instant) -> Simulator {
        var simulator = Simulator([.numbered(0, policy)]) { _, now in blips.reply(at: now) }
        simulator.run(until: start + .minutes(90))
        while simulator.now < end {
            let pause = Int64.random(in: 1...40_000_000, using: &blips.random)
            simulator.run(until: min(end, simulator.now + .milliseconds(pause)))
            simulator.restart()
        }
        return simulator
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `three weeks of bad answers, one at a time, notify nobody`(seed: UInt64) {
        let blips = Blips(seed: seed)
        let simulator = Self.run(blips, until: start + .days(21))
        // The very first answer contradicts nothing.
        let sent = simulator.events.filter { !$0.channels.isEmpty && $0.at > start + .hours(2) }
        #expect(sent.map(\.summary) == [], "seed \(seed)")
        #expect(blips.count > 100)
        let ends = simulator.events.count { $0.phase == .resolved }
        #expect((blips.count - 1...blips.count).contains(ends), "seed \(seed)")
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a token that is revoked after all is notified once, half a minute later`(seed: UInt64) {
        let revoked = start + .days(10)
        let blips = Blips(seed: seed, revoked: revoked)
        let simulator = Self.run(blips, until: start + .days(21))
        let sent = simulator.events.filter { !$0.channels.isEmpty && $0.at > start + .hours(2) }
        #expect(sent.map(\.phase) == [.raised], "seed \(seed): \(sent.map(\.summary))")
        guard let raised = sent.first, let since = raised.since else { return }
        #expect(since >= revoked - .hours(1) && raised.at == since + .seconds(30), "seed \(seed)")
    }

    // MARK: - Foretelling

    private static func forecast(_ state: TokenState, days: Int64) -> [Event] {
        var simulation = Simulation(
            [.numbered(0, policy)],
            states: [state],
            answersStay: true,
            from: start,
            ids: EventIDs(seed: 3),
            provider: Simulation.asBefore
        )
        simulation.run(until: start + .days(days))
        return simulation.events
    }

    @Test func `simulate foretells that what awaits a second poll is notified`() {
        var state = TokenState()
        state.known = Facts(expiry: .never)
        state.secret = SecretDigest(high: 0, low: 1)
        state.askedWith = 1
        state.lastOutcome = .rejected
        state.lastPollAt = start - .seconds(10)
        state.rejectedSince = start - .seconds(10)
        state.failures = 1
        state.unconfirmed = .rejected
        let events = Self.forecast(state, days: 30)
        #expect(events.map(\.phase) == [.raised])
        #expect(events.first?.at == start + .seconds(20))
        #expect(events.first?.channels == ["ops"])
    }

    @Test(arguments: [Duration.minutes(90), .hours(24), .days(20)])
    func `simulate foretells that a rolling expiry goes on rolling`(life: Duration) {
        var state = TokenState()
        state.known = Facts(createdAt: start - .days(60), expiry: .at(start + life))
        state.expirySeenAt = start
        state.expiryMoves = movesOfRolling
        state.secret = SecretDigest(high: 0, low: 1)
        state.askedWith = 1
        state.lastOutcome = .ok
        state.lastPollAt = start
        let policy = Policy(
            warnBefore: [Stage(.partOfLife(thousandths: 250), text: "25%")],
            criticalBefore: Stage(.partOfLife(thousandths: 100), text: "10%")
        )
        var simulation = Simulation(
            [.numbered(0, policy)],
            states: [state],
            answersStay: true,
            from: start,
            ids: EventIDs(seed: 3),
            provider: Simulation.asBefore
        )
        simulation.run(until: start + .days(30))
        #expect(simulation.events.map(\.summary) == [])
    }
}
