import Alerting
import Testing

/// A simulation foretells what the engine does when the same answers come one by one.
struct WorldTests {
    /// Tokens of a few hosts that renew, fail, change and are rejected by chance.
    private struct World {
        let seed: UInt64
        let settings: [TokenSettings]
        let policy: Policy
        /// Of each host.
        private let outages: [ClosedRange<Instant>]

        init(seed: UInt64) {
            self.seed = seed
            var random = SplitMix64(state: seed)
            let interval = Duration.minutes(Int64.random(in: 20...120, using: &random))
            let policy = Policy(
                remindCritical: .every(.hours(7)),
                unreachableAfter: .hours(Int64.random(in: 1...4, using: &random)),
                unreachableCriticalAfter: .hours(9),
                confirmAfter: Bool.random(using: &random) ? .seconds(30) : .zero,
                channels: [ChannelRoute(name: "log", minimumSeverity: .info)]
            )
            let hosts = Int.random(in: 1...3, using: &random)
            outages = (0..<hosts).map { _ in
                let begin = start + .hours(Int64.random(in: 1...20, using: &random))
                return begin...(begin + .hours(Int64.random(in: 1...12, using: &random)))
            }
            settings = (0..<Int.random(in: 1...4, using: &random)).map { slot in
                TokenSettings(
                    id: TokenID("token-\(slot)") ?? TokenSettings.numbered(slot).id,
                    provider: TokenProvider(
                        name: "p",
                        host: "host-\(slot % hosts).example",
                        interval: interval
                    ),
                    policy: policy
                )
            }
            self.policy = policy
        }

        func observation(_ slot: Int, _ now: Instant) -> Observation {
            Observation(
                askedAt: now,
                answeredAt: now,
                answer: answer(slot, now),
                secret: SecretDigest(high: 0, low: 1)
            )
        }

        private func answer(_ slot: Int, _ now: Instant) -> Observation.Answer {
            if outages[slot % outages.count].contains(now) { return .unreachable("no route") }
            let hours = UInt64(max(0, (now - start).milliseconds / 3_600_000))
            var random = SplitMix64(state: seed &* 31 &+ UInt64(slot) &* 1009 &+ hours / 5)
            switch Int.random(in: 0..<12, using: &random) {
            case 0: return .rejected("revoked")
            case 1: return .malformed("no JSON")
            case 2: return .rateLimited("slow down")
            case 3: return .serverError("503")
            default: break
            }
            let days = Int64.random(in: 0...40, using: &random)
            let words = ["dns:list", "dns:*", "servers:list"].filter { _ in
                Bool.random(using: &random)
            }
            return .ok(
                Facts(
                    permissions: PermissionSet(words),
                    expiry: .at(start + .days(days) + .hours(7))
                )
            )
        }
    }

    private func line(_ event: Event) -> String {
        var subject = "\(event.subject.kind)"
        if case .token(let card) = event.subject { subject = card.id.text }
        return "\(event.at.rfc3339) \(subject) \(event.kind.name) \(event.phase) \(event.severity)"
            + " \(event.channels)"
    }

    private func foretold(_ world: World, until end: Instant) -> [String] {
        var simulation = Simulation(
            world.settings,
            states: Array(repeating: TokenState(), count: world.settings.count),
            subjects: SubjectBook(policy: world.policy),
            answersStay: false,
            from: start,
            ids: EventIDs(seed: 3),
            provider: { slot, _, now in world.observation(slot, now) }
        )
        simulation.run(until: end)
        return simulation.events.map(line)
    }

    /// As the daemon does it: all polls that are due are under way before the first answer comes.
    private func done(_ world: World, until end: Instant) -> [String] {
        var random = SplitMix64(state: world.seed)
        var now = start
        func reading() -> Now {
            Now(instant: now, moment: Moment(milliseconds: now.milliseconds))
        }
        var engine = Engine(clock: ClockWatch(at: reading()), ids: EventIDs(seed: 3), seed: 0)
        engine.subjects.policy = world.policy
        let count = world.settings.count
        engine.take(
            Roster(world.settings),
            states: Array(repeating: TokenState(), count: count),
            concurrency: 32,
            perHost: 8
        )
        engine.countHosts(at: reading())
        for slot in 0..<count {
            engine.apply(slot, .configured, at: reading())
            engine.plan(slot, poll: reading().moment)
        }
        engine.beginHosts(at: reading())
        var events = engine.takeEvents()
        while now <= end {
            var underWay: [Int] = []
            while let due = engine.next(at: reading()) {
                switch due {
                case .wake(let slot): engine.apply(slot, .timePassed, at: reading())
                case .poll(let slot): underWay.append(slot)
                }
            }
            for slot in underWay.shuffled(using: &random) {
                let observation = world.observation(slot, now)
                guard !engine.isRefused(slot, observation.secret, at: reading()) else { continue }
                engine.conclude(slot, observation, at: reading())
                engine.turn(at: reading())
            }
            repeat { engine.turn(at: reading()) } while engine.wantsTurn
            events += engine.takeEvents()
            let next = max(engine.nextMoment(after: reading()), reading().moment)
            now = Instant(milliseconds: next.milliseconds)
        }
        return events.map(line)
    }

    @Test func `of a thousand worlds each goes as it was foretold`() {
        var count = 0
        for seed in 1...1000 as ClosedRange<UInt64> {
            let world = World(seed: seed)
            let end = start + .hours(30)
            let expected = foretold(world, until: end)
            let actual = done(world, until: end)
            count += expected.count
            guard expected.sorted() == actual.sorted() else {
                Issue.record("seed \(seed): \(expected.sorted()) is not \(actual.sorted())")
                return
            }
        }
        #expect(count > 5000, "events in all")
    }
}
