import Alerting
import Testing

/// A simulation ends early where it has too many events.
struct CutOffTests {
    private let end = start + .days(3) + .hours(12)

    /// Three tokens, of which one expires on each day, until half a day after the last.
    private func run(mostEvents: Int) -> Simulation {
        let policy = Policy(channels: [ChannelRoute(name: "ops", minimumSeverity: .info)])
        let states = (1...3).map { day in
            var state = TokenState()
            state.known = Facts(expiry: .at(start + .days(Int64(day))))
            return state
        }
        var simulation = Simulation(
            (0..<3).map { TokenSettings.numbered($0, policy) },
            states: states,
            isApart: true,
            answersStay: true,
            mostEvents: mostEvents,
            from: start,
            ids: EventIDs(seed: 3),
            provider: Simulation.asBefore
        )
        simulation.run(until: end)
        return simulation
    }

    @Test func `it ends with the last event that it may have, and not before`() {
        let whole = run(mostEvents: 100)
        let count = whole.events.count
        #expect(count > 3 && !whole.isCutOff && whole.now == end)
        #expect(!run(mostEvents: count + 1).isCutOff)
        let bounded = run(mostEvents: count)
        #expect(bounded.isCutOff && bounded.events.count == count)
        #expect(bounded.now < end, "the rest of the time did not pass")
    }
}
