package import Alerting

/// A token as it is now, for showing.
package struct TokenSnapshot: Hashable, Sendable {
    package let settings: TokenSettings
    package let state: TokenState
    package let plan: PollPlan
    /// When this was so.
    package let at: Instant
    /// How far clocks lie apart that may be right.
    package var spread = ClockSpread.none
    /// What leaves it out of notifications; nil while nothing does.
    package var mute: Mute?

    package var nextPollAt: Instant { plan.next(at: at) }
}
