import Testing

@testable import Alerting

/// Alerts of an expiry that a wrong clock raised too early.
struct CredibleExpiryTests {
    private let settings = TokenSettings.sample()

    /// A token that expires so much later than `start`, with an alert raised by a clock that was ahead.
    private func token(
        _ left: Duration,
        _ condition: Condition,
        raised since: Instant,
        stage: Duration? = nil
    ) -> TokenState {
        var state = TokenState()
        state.known = .expiring(start + left)
        state.alerts = [
            Alert(
                condition: condition,
                id: EventID(high: 1, low: 1),
                severity: .critical,
                since: since,
                stageBefore: stage
            )
        ]
        return state
    }

    @Test(arguments: [
        // It has expired in truth: nothing is early.
        (Duration.zero, Duration.days(2), false),
        (.milliseconds(1), .days(2), true),
        (.days(1), .days(2), true),
        (.days(1) + .milliseconds(1), .days(2), false),
        // It lay ahead by the clock that raised the alert, too.
        (.hours(3), .hours(3), true),
        (.hours(3), .hours(3) - .milliseconds(1), false),
    ])
    func `an expiry that was reported up to a day too early stands`(
        left: Duration,
        raised: Duration,
        stands: Bool
    ) {
        let state = token(left, .expired, raised: start + raised)
        #expect(state.isEarly(.expired, after: state, settings, at: start) == stands)
    }

    @Test(arguments: [
        (Duration.days(7), false), (.days(7) + .milliseconds(1), true), (.days(8), true),
        (.days(8) + .milliseconds(1), false),
    ])
    func `a stage that was reported up to a day too early stands`(left: Duration, stands: Bool) {
        let state = token(left, .expiring, raised: start, stage: .days(7))
        #expect(state.isEarly(.expiring, after: state, settings, at: start) == stands)
        let other = token(left, .expiring, raised: start, stage: .days(5))
        #expect(!other.isEarly(.expiring, after: other, settings, at: start), "no such stage")
    }

    @Test func `what was moved or said by the provider is not early`() {
        let old = token(.hours(3), .expired, raised: start + .days(1))
        var new = old
        #expect(new.isEarly(.expired, after: old, settings, at: start))
        new.known = .expiring(start + .hours(4))
        #expect(!new.isEarly(.expired, after: old, settings, at: start))
        var said = old
        said.known?.saysExpired = true
        #expect(!old.isEarly(.expired, after: said, settings, at: start))
        #expect(!old.isEarly(.rejected, after: old, settings, at: start))
    }
}
