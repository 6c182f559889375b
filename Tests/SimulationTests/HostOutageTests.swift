import Alerting
import Testing

/// A host whose tokens fail together, through the whole engine.
struct HostOutageTests {
    private static let policy = Policy(
        remindCritical: .never,
        remindWarning: .never,
        unreachableAfter: .seconds(20),
        unreachableCriticalAfter: .hours(30),
        channels: [ChannelRoute(name: "log", minimumSeverity: .info)]
    )

    private static let good = Observation.Answer.ok(Facts(expiry: .never))

    /// `count` tokens of one host, polled every ten seconds, that answer as they are told.
    private func simulation(
        _ count: Int,
        interval: Duration = .seconds(10),
        policy: Policy = policy,
        answer: @escaping (_ slot: Int, _ now: Instant) -> Observation.Answer
    ) -> Simulation {
        let provider = TokenProvider(name: "p", host: "one.example", interval: interval)
        return Simulation(
            (0..<count).map { slot in
                let id = TokenID("token-\(slot)") ?? TokenSettings.numbered(slot).id
                return TokenSettings(id: id, provider: provider, policy: policy)
            },
            states: Array(repeating: TokenState(), count: count),
            subjects: SubjectBook(policy: policy),
            answersStay: false,
            from: start,
            ids: EventIDs(seed: 5)
        ) { slot, _, now in
            Observation(
                askedAt: now,
                answeredAt: now,
                answer: answer(slot, now),
                secret: SecretDigest(high: 0, low: 1)
            )
        }
    }

    private func sent(_ simulation: Simulation) -> [Event] {
        simulation.events.filter { !$0.channels.isEmpty }
    }

    private func lines(_ events: [Event]) -> [String] {
        events.map { event in
            guard case .token(let card) = event.subject else {
                return "\(event.kind.name) \(event.phase)"
            }
            return "\(card.id) \(event.kind.name) \(event.phase)"
        }
    }

    /// Outages with a pause between them.
    private func outages(
        _ count: Int,
        of length: () -> Duration,
        pause: Duration
    ) -> [ClosedRange<Instant>] {
        var at = start + .minutes(10)
        return (0..<count).map { _ in
            let outage = at...(at + length())
            at = outage.upperBound + pause
            return outage
        }
    }

    @Test func `ten outages with 30 s between are the host's, and no token's`() {
        let outages = outages(10, of: { .seconds(60) }, pause: .seconds(30))
        var simulation = simulation(20) { _, now in
            outages.contains { $0.contains(now) } ? .unreachable("no route") : Self.good
        }
        simulation.run(until: start + .minutes(40))
        let raised = ["host_unreachable raised", "host_unreachable resolved"]
        #expect(
            lines(sent(simulation)) == (0..<4).flatMap { _ in raised } + [raised[0]],
            "the fifth stays open"
        )
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a host's alert stands for its tokens however often it comes and goes`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let count = Int.random(in: 5...30, using: &random)
        let pause = Duration.minutes(Int64.random(in: 6...60, using: &random))
        let outages = outages(
            Int.random(in: 3...14, using: &random),
            of: { .minutes(Int64.random(in: 15...40, using: &random)) },
            pause: pause
        )
        let policy = Policy(
            remindCritical: .never,
            remindWarning: .never,
            unreachableAfter: .minutes(8),
            channels: [ChannelRoute(name: "log", minimumSeverity: .info)]
        )
        var simulation = simulation(count, interval: .minutes(5), policy: policy) { _, now in
            outages.contains { $0.contains(now) } ? .unreachable("no route") : Self.good
        }
        simulation.run(until: start + .days(2))
        let all = lines(sent(simulation))
        let pair = ["host_unreachable raised", "host_unreachable resolved"]
        #expect((1...10).contains(all.count), "seed \(seed): \(all)")
        #expect(all == (0..<(all.count / 2)).flatMap { _ in pair }, "seed \(seed)")
        #expect(simulation.states.allSatisfy { $0.alerts.isEmpty }, "seed \(seed)")
    }

    @Test func `the fifth alert within a day says that it stays, and ends a day after the first`() {
        let times = (5...9).map { start + .hours($0) }
        var simulation = simulation(6, interval: .minutes(2)) { _, now in
            times.contains { now >= $0 && now < $0 + .minutes(9) } ? .unreachable("x") : Self.good
        }
        simulation.run(until: start + .hours(31))
        let sent = sent(simulation)
        #expect(sent.count == 10)
        let raised = sent.filter { $0.phase == .raised }
        let isUnstable = raised.map { $0.summary.contains("unstable") }
        #expect(isUnstable == [false, false, false, false, true])
        #expect(sent.last?.phase == .resolved)
        #expect(sent.last.map { $0.at - raised[0].at } == .days(1))
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `a host's alert names all tokens it stands for, and its end is true`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let count = seed == 1 ? 100 : Int.random(in: 8...150, using: &random)
        let begin = start + .hours(3)
        let end = begin + .minutes(Int64.random(in: 70...300, using: &random))
        var simulation = simulation(count, interval: .hours(1)) { _, now in
            now >= begin && now < end ? .rejected("status 401") : Self.good
        }
        simulation.run(until: start + .hours(20))
        let sent = sent(simulation)
        let pair = ["host_rejecting raised", "host_rejecting resolved"]
        #expect(lines(sent) == pair, "seed \(seed)")
        let named = sent.first?.details.first { $0.key == "tokens" }?.value
        #expect(
            named == .texts((0..<count).map { "token-\($0)" }),
            "seed \(seed): \(sent.first?.summary ?? "")"
        )
        #expect(sent.first?.summary.contains("rejects \(count) of \(count) tokens") == true)
        #expect(sent.last?.summary.hasSuffix(": it accepts tokens again") == true)
    }

    @Test func `tokens that stay in trouble are counted at the end, and have alerts of their own`()
    {
        let (begin, end) = (start + .hours(3), start + .hours(5))
        var simulation = simulation(8, interval: .hours(1)) { slot, now in
            now >= begin && (now < end || slot < 3) ? .rejected("status 401") : Self.good
        }
        simulation.run(until: start + .days(1))
        let sent = sent(simulation)
        #expect(
            lines(sent) == [
                "host_rejecting raised", "host_rejecting resolved", "token-0 rejected reminded",
                "token-1 rejected reminded", "token-2 rejected reminded",
            ]
        )
        let words = "it accepts tokens again; 3 of 8 tokens are still rejected"
        #expect(sent.first { $0.phase == .resolved }?.summary.hasSuffix(words) == true)
    }

    @Test func `one token's own trouble is notified while its host's alert waits to end`() {
        // Six outages; then one token alone stays silent.
        let outages = (1...6).map { start + .hours($0) }
        let alone = start + .hours(8)
        var simulation = simulation(20, interval: .minutes(2)) { slot, now in
            if slot == 7, now >= alone { return .unreachable("gone") }
            return outages.contains { now >= $0 && now < $0 + .minutes(9) }
                ? .unreachable("no route") : Self.good
        }
        simulation.run(until: start + .hours(9))
        let own = sent(simulation).filter { $0.kind == .condition(.unreachable) }
        #expect(lines(own) == ["token-7 unreachable raised"])
        #expect(own.first.map { $0.at - alone < .minutes(5) } == true)
    }
}
