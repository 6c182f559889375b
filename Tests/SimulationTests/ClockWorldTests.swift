import Alerting
import Testing

/// Setting the local clock changes nothing but `clock_wrong` while hosts report the time.
struct ClockWorldTests {
    /// A few hosts whose clocks are right, and tokens that expire.
    private struct ClockWorld {
        let settings: [TokenSettings]
        let expiries: [Instant]
        let policy: Policy
        /// When the local clock is set, and how far ahead of the right time it is then.
        let steps: [(at: Instant, ahead: Duration)]

        init(seed: UInt64) {
            var random = SplitMix64(state: seed)
            let policy = Policy(
                remindCritical: .every(.hours(7)),
                channels: [ChannelRoute(name: "log", minimumSeverity: .info)]
            )
            let hosts = Int.random(in: 1...3, using: &random)
            settings = (0..<Int.random(in: hosts...8, using: &random)).map { slot in
                let provider = TokenProvider(
                    name: "p",
                    host: "host-\(slot % hosts).example",
                    interval: .hours(6)
                )
                let id = TokenID("token-\(slot)") ?? TokenSettings.numbered(slot).id
                return TokenSettings(id: id, provider: provider, policy: policy)
            }
            expiries = settings.map { _ in
                start + .minutes(Int64.random(in: 1...(40 * 1440), using: &random))
            }
            self.policy = policy
            let aheads: [Duration] = [
                .zero, .minutes(4), .hours(2), .days(3), .days(400), .zero - .hours(5),
                .zero - .days(30),
            ]
            steps = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                let at = Int64.random(in: 7_200_000...(4 * 86_400_000), using: &random)
                return (
                    start + .milliseconds(at),
                    aheads[Int.random(in: 0..<aheads.count, using: &random)]
                )
            }.sorted { $0.at < $1.at }
        }
    }

    /// What is reported of the tokens in five days.
    private func lines(_ world: ClockWorld, steps: [(at: Instant, ahead: Duration)]) -> [String] {
        var (right, ahead, steps) = (start, Duration.zero, steps[...])
        func machine() -> Now {
            Now(instant: right + ahead, moment: Moment(milliseconds: right.milliseconds))
        }
        var engine = Engine(clock: ClockWatch(at: machine()), ids: EventIDs(seed: 3), seed: 0)
        engine.reload(world.settings, policy: world.policy, at: machine())
        var events = engine.takeEvents()
        let end = start + .days(5)
        while right <= end {
            engine.keepTime(machine()) { _ in false }
            var now: Now { engine.now(at: machine().moment) }
            while let due = engine.next(at: now) {
                guard case .poll(let slot) = due else {
                    if case .wake(let slot) = due { engine.apply(slot, .timePassed, at: now) }
                    continue
                }
                let facts = Facts(expiry: .at(world.expiries[slot]))
                // A `Date` has no fractions of a second.
                let date = Instant(seconds: right.milliseconds / 1000)
                let evidence = ClockEvidence(date: date, age: nil, facts: facts)
                let host = engine.roster.settings[slot].host
                engine.keepTime(machine(), evidence.map { Engine.TimeOfHost(host, $0) }) { _ in
                    false
                }
                let observation = Observation(
                    askedAt: now.instant,
                    answeredAt: now.instant,
                    answer: .ok(facts),
                    secret: World.secret
                )
                engine.conclude(slot, observation, at: now)
            }
            repeat { engine.turn(at: now) } while engine.wantsTurn
            events += engine.takeEvents()
            var next = max(engine.nextMoment(after: now), now.moment).milliseconds
            if let step = steps.first, step.at.milliseconds <= next {
                next = max(step.at.milliseconds, right.milliseconds)
                ahead = step.ahead
                steps.removeFirst()
            }
            right = Instant(milliseconds: next)
        }
        return events.filter { $0.kind != .condition(.clockWrong) }.map(\.lineOfWorld)
    }

    @Test func `in a hundred worlds a clock that is set raises, ends and repeats nothing`() {
        var count = 0
        for seed in 1...100 as ClosedRange<UInt64> {
            let world = ClockWorld(seed: seed)
            let expected = lines(world, steps: [])
            let actual = lines(world, steps: world.steps)
            count += expected.count
            guard expected == actual else {
                let missing = expected.filter { !actual.contains($0) }
                let surplus = actual.filter { !expected.contains($0) }
                Issue.record("seed \(seed): \(missing) did not come, \(surplus) did")
                return
            }
        }
        #expect(count > 500, "events in all")
    }
}
