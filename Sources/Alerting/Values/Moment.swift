/// A reading of the clock that never steps and counts during suspend; for waiting, not for dates.
package struct Moment: Hashable, Comparable, Sendable {
    /// Milliseconds since the machine started.
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// A moment later than all others.
    package static let never = Moment(milliseconds: .max)

    package static func < (left: Moment, right: Moment) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// Saturates, so that `.never` plus anything is `.never`.
    package static func + (moment: Moment, duration: Duration) -> Moment {
        let (sum, overflow) =
            moment.milliseconds.addingReportingOverflow(duration.milliseconds)
        return overflow ? .never : Moment(milliseconds: sum)
    }

    /// Saturates; a moment before the machine started is as good as any.
    package static func - (moment: Moment, duration: Duration) -> Moment {
        Moment(milliseconds: moment.milliseconds.saturating(subtracting: duration.milliseconds))
    }

    package static func - (left: Moment, right: Moment) -> Duration {
        .milliseconds(left.milliseconds.saturating(subtracting: right.milliseconds))
    }
}

/// One reading of both clocks: wall time to store and compare, `moment` to wait.
package struct Now: Hashable, Sendable {
    package let instant: Instant
    package let moment: Moment

    package init(instant: Instant, moment: Moment) {
        self.instant = instant
        self.moment = moment
    }

    /// The moment of a wall instant, as far as the two clocks agree; now for a past one.
    package func moment(of instant: Instant) -> Moment {
        moment + max(.zero, instant - self.instant)
    }

    /// The wall instant of a moment.
    package func instant(of moment: Moment) -> Instant {
        instant + (moment - self.moment)
    }
}
