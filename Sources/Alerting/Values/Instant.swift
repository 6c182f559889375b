/// A point of wall time in UTC, to the millisecond.
///
/// Leap seconds do not exist here, as in POSIX time.
package struct Instant: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z; negative before.
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Creates an instant; one too far away for the milliseconds is the farthest possible one.
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        milliseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// The instants that RFC 3339 can write: the years 0000 to 9999.
    package static let writable =
        Instant(seconds: -62_167_219_200)...Instant(milliseconds: 253_402_300_799_999)

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.milliseconds < right.milliseconds
    }

    // Sums and differences saturate: a far instant stays on its side of now.
    package static func + (instant: Instant, duration: Duration) -> Instant {
        Instant(milliseconds: instant.milliseconds.saturating(adding: duration.milliseconds))
    }

    package static func - (instant: Instant, duration: Duration) -> Instant {
        Instant(milliseconds: instant.milliseconds.saturating(subtracting: duration.milliseconds))
    }

    package static func - (left: Instant, right: Instant) -> Duration {
        .milliseconds(left.milliseconds.saturating(subtracting: right.milliseconds))
    }
}

extension Int64 {
    func saturating(adding other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    func saturating(subtracting other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}

extension Duration {
    /// Whole milliseconds, rounded toward zero.
    package var milliseconds: Int64 {
        // One division: `components` takes several, and every poll converts fifty times.
        Int64(clamping: attoseconds / 1_000_000_000_000_000)
    }

    /// Whole seconds, rounded toward zero.
    package var wholeSeconds: Int64 { components.seconds }

    package static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
    package static func hours(_ count: Int64) -> Duration { .seconds(count * 3600) }
    package static func days(_ count: Int64) -> Duration { .seconds(count * 86400) }
}
