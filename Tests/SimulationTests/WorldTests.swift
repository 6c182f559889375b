import Alerting
import Glibc
import Testing

/// A simulation predicts what the engine does when the same answers arrive one by one.
struct WorldTests {
    /// `make years` tries a thousand.
    private static let worlds = getenv("TOKENWATCH_WORLDS").flatMap { UInt64(String(cString: $0)) }

    private func foretold(_ world: World, until end: Instant) -> [String] {
        var simulation = Simulation(
            [],
            states: [],
            subjects: SubjectBook(policy: world.policy),
            answersStay: false,
            from: start,
            ids: EventIDs(seed: 3),
            provider: { slot, _, now in world.observation(slot, now) }
        )
        for (at, deed) in world.deeds {
            simulation.run(until: at)
            simulation.decide { World.perform(deed, policy: world.policy, on: &$0, at: $1) }
        }
        simulation.run(until: end)
        return simulation.events.map(\.lineOfWorld)
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
        var deeds = world.deeds[...]
        var events: [Event] = []
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
            var next = max(engine.nextMoment(after: reading()), reading().moment)
            if let (at, deed) = deeds.first, at.milliseconds <= next.milliseconds {
                if at > now {
                    next = Moment(milliseconds: at.milliseconds)
                } else if next > reading().moment {
                    World.perform(deed, policy: world.policy, on: &engine, at: reading())
                    deeds.removeFirst()
                    next = reading().moment
                }
            }
            now = Instant(milliseconds: next.milliseconds)
        }
        return events.map(\.lineOfWorld)
    }

    @Test func `of many worlds each goes as it was foretold`() {
        var count: UInt64 = 0
        let worlds = Self.worlds ?? 50
        for seed in 1...worlds {
            let world = World(seed: seed)
            let end = start + .hours(30)
            let expected = foretold(world, until: end).sorted()
            let actual = done(world, until: end).sorted()
            count += UInt64(expected.count)
            guard expected == actual else {
                let missing = expected.filter { !actual.contains($0) }
                let surplus = actual.filter { !expected.contains($0) }
                Issue.record("seed \(seed): \(missing) did not come, \(surplus) did")
                continue
            }
        }
        #expect(count > 20 * worlds, "events in all")
    }
}
