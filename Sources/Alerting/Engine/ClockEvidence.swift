/// The evidence of an answer about its host's clock.
package struct ClockEvidence: Hashable, Sendable {
    /// The `Date` of the answer.
    package let date: Instant
    /// The time that a cache may have kept the answer (RFC 9111 §5.1); zero without an `Age`.
    package let age: Duration
    /// The latest timestamp in the answer, such as its creation date; nil if it has none.
    package let latestTimestamp: Instant?

    /// An answer that a cache kept for longer is no evidence.
    private static let longestAge: Duration = .hours(24)

    /// - Parameters:
    ///   - date: the `Date` header.
    ///   - age: the `Age` header, as it was sent.
    ///   - facts: what a good answer reports.
    package init?(date: Instant?, age: String?, facts: Facts?) {
        guard let date, let age = Self.age(age) else { return nil }
        self.date = date
        self.age = age
        latestTimestamp = [facts?.createdAt, facts?.lastUsedAt].compactMap(\.self).max()
    }

    /// Reads `Age`; nil if the answer is too old, or its age unreadable.
    private static func age(_ text: String?) -> Duration? {
        guard let text else { return .zero }
        guard (1...6).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let seconds = Int64(text), .seconds(seconds) <= longestAge
        else { return nil }
        return .seconds(seconds)
    }

    /// The host's time when the answer arrived.
    ///
    /// Some caches refresh `Date` and some do not, so that the time lies between the date and the date
    /// plus the age. The value nearest to the local clock counts.
    ///
    /// - Parameters:
    ///   - local: the local clock.
    ///   - limits: what a credible date cannot precede.
    /// - Returns: nil if the date is not credible.
    package func time(nearest local: Instant, within limits: Limits) -> Instant? {
        let time = min(max(local, date), date + age)
        if let build = limits.build, time < build { return nil }
        if limits.isBehindRecord(time) { return nil }
        if let latestTimestamp, time + clockTolerance < latestTimestamp { return nil }
        return time
    }

    /// The instants that a credible date cannot precede.
    package struct Limits: Hashable, Sendable {
        /// The time at which this program was built.
        package var build: Instant?
        /// The newest entry of the record at the start; a date may be a day older.
        package var newestStored: Instant?

        package init(build: Instant? = nil, newestStored: Instant? = nil) {
            self.build = build
            self.newestStored = newestStored
        }

        /// Whether a time is more than a day before the newest entry of the record.
        func isBehindRecord(_ time: Instant) -> Bool {
            newestStored.map { time + .days(1) < $0 } ?? false
        }
    }
}

/// The clock that counts if the local clock and those of hosts differ.
package enum ClockVerdict: Hashable, Sendable {
    /// The local clock; hosts that differ are wrong.
    case local
    /// The hosts' clocks, by so much ahead of the local one.
    case hosts(ahead: Duration)
    /// Nothing decides between them.
    case none

    /// Decides by how far hosts' clocks are ahead of the local one.
    ///
    /// - Parameters:
    ///   - ahead: one duration a host, in any order.
    ///   - isSynchronised: whether the kernel holds the local clock synchronised.
    package init(ahead: [Duration], isSynchronised: Bool) {
        let sorted = ahead.sorted()
        guard let first = sorted.first, let last = sorted.last, !isSynchronised,
            !sorted.contains(where: clocksAgree)
        else {
            self = .local
            return
        }
        // Two hosts' dates are both cut to the second.
        self =
            last - first <= clockTolerance + .seconds(1)
            ? .hosts(ahead: sorted[sorted.count / 2]) : .none
    }
}

/// Whether a clock that is so far ahead agrees with the local one; a `Date` is cut to the second.
package func clocksAgree(_ ahead: Duration) -> Bool {
    ahead <= clockTolerance && .zero - ahead <= clockTolerance + .seconds(1)
}

/// The range of the clocks that may be right around the time in use, while nothing decides.
///
/// Either value is negative if the time in use belongs to another clock, outside the range.
package struct ClockSpread: Hashable, Sendable {
    /// The distance of the earliest of them behind the time in use.
    package var behind = Duration.zero
    /// The distance of the latest of them ahead of it.
    package var ahead = Duration.zero

    /// One clock counts.
    package static let none = ClockSpread()
}
