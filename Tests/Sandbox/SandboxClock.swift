import Alerting

/// The stand-in's wall clock, which can run faster than real time, and can be set.
struct SandboxClock: Sendable {
    /// The sandbox's time at the start.
    let start: Instant
    /// How many sandbox seconds a second has; more than 0.
    let speed: Double
    /// What is added: how far the clock is set ahead.
    var offset: Duration = .zero
    private let started: ContinuousClock.Instant

    init(start: Instant, started: ContinuousClock.Instant, speed: Double) {
        self.start = start
        self.started = started
        self.speed = speed
    }

    /// The sandbox's time at a moment of the machine's.
    func time(at moment: ContinuousClock.Instant) -> Instant {
        let elapsed = Double((moment - started).milliseconds) * speed
        // Some 290 million years: what a clock of milliseconds holds.
        let bounded = min(max(elapsed, -9e18), 9e18)
        return start + .milliseconds(Int64(bounded)) + offset
    }
}
