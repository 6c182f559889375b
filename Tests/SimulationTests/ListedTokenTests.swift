import Alerting
import Testing

/// Tokens that an inventory lists, under a clock that jumps.
@Suite struct ListedTokenTests {
    @Test func `they count down, expire and are forgotten without a poll of their own`() throws {
        let inv = try #require(TokenID("inv"))
        let provider = TokenProvider(name: "p", host: "one.example")
        let policy = Policy(channels: [ChannelRoute(name: "ops", minimumSeverity: .info)])
        let usual = TokenSettings(id: inv, provider: provider, policy: policy)
        let inventory = Inventory(id: inv, usual: usual, keepExpired: .days(2))
        var admin = TokenState()
        admin.known = Facts(expiry: .never)
        admin.askedWith = usual.askedWith
        admin.lastOutcome = .ok
        var listed = admin
        listed.known = Facts(expiry: .at(start + .days(4)))
        var simulation = Simulation(
            [usual, inventory.settings(of: TokenID(inv, row: "1"))],
            states: [admin, listed],
            inventories: [inventory],
            answersStay: true,
            from: start,
            ids: EventIDs(seed: 3),
            provider: Simulation.asBefore
        )
        simulation.run(until: start + .days(10))
        let events = simulation.events.map { "\($0.kind.name) \($0.phase.rawValue)" }
        #expect(events.first == "expiring raised" && events.last == "expired resolved")
        #expect(events.contains("expired raised") && events.contains("forgotten changed"))
        #expect(simulation.states.count == 1)
        let forgotten = try #require(simulation.events.last)
        #expect(forgotten.at == start + .days(6))
    }
}
