extension Engine {
    /// Returns the state of a token without data after one occasion, as the daemon decides.
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
