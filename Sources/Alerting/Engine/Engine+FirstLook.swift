extension Engine {
    /// What one occasion shows of a token that was never seen before, by the decisions of the daemon.
    package static func firstLook(
        at settings: TokenSettings,
        _ occasion: Occasion,
        now: Instant
    ) -> TokenState {
        let now = Now(instant: now, moment: Moment(milliseconds: 0))
        var engine = Engine(clock: ClockWatch(at: now), ids: EventIDs(seed: 0), seed: 0)
        engine.take(Roster([settings]), states: [TokenState()], concurrency: 1, perHost: 1)
        engine.countHosts(at: now)
        engine.apply(0, occasion, at: now)
        return engine.states[0]
    }
}
