/// The hours without notifications for a channel, by the wall clock.
package struct QuietHours: Hashable, Sendable {
    package enum Day: String, Hashable, Sendable, CaseIterable {
        case monday = "mon"
        case tuesday = "tue"
        case wednesday = "wed"
        case thursday = "thu"
        case friday = "fri"
        case saturday = "sat"
        case sunday = "sun"

        /// The day of the week of a number of days since 1970-01-01, a Thursday.
        init(day: Int64) {
            let number = Int((day % 7 + 7 + 3) % 7)
            self = Self.allCases[number]
        }
    }

    /// Minutes since midnight, 0 to 1439.
    package let begin: Int
    /// Minutes since midnight, 1 to 1440; on the next day if not after `begin`.
    package let end: Int
    /// The days on which they begin.
    package let days: Set<Day>
    /// Whether critical notifications wait, too.
    package let holdsCritical: Bool

    /// - Returns: nil if the hours would never end, or are empty.
    package init?(
        begin: Int,
        end: Int,
        days: Set<Day> = Set(Day.allCases),
        holdsCritical: Bool = false
    ) {
        guard (0...1439).contains(begin), (1...1440).contains(end), begin != end, !days.isEmpty,
            !(begin == 0 && end == 1440 && days.count == Day.allCases.count)
        else { return nil }
        self.begin = begin
        self.end = end
        self.days = days
        self.holdsCritical = holdsCritical
    }

    /// Whether an instant is in the quiet hours.
    package func contain(_ instant: Instant, in zone: LocalTime) -> Bool {
        let (day, minute) = zone.reading(at: instant)
        if begin < end { return begin <= minute && minute < end && days.contains(Day(day: day)) }
        return minute >= begin && days.contains(Day(day: day))
            || minute < end && days.contains(Day(day: day - 1))
    }

    /// The end of the quiet hours; nil if it is not quiet now.
    ///
    /// The wall clock may move forward or back in between: the time that it shows counts.
    package func end(after now: Instant, in zone: LocalTime) -> Instant? {
        guard contain(now, in: zone) else { return nil }
        var quiet = now
        // Consecutive quiet hours last one day each; those of all days end within a day.
        for _ in 0...Day.allCases.count {
            let loud = firstLoud(after: quiet, in: zone)
            guard contain(loud, in: zone) else { return loud }
            quiet = loud
        }
        return quiet
    }

    /// Whether an alert that began in the current quiet hours is not yet notified.
    package func holds(
        _ severity: Severity,
        since: Instant,
        at now: Instant,
        in zone: LocalTime
    ) -> Bool {
        guard severity < .critical || holdsCritical, let end = end(after: now, in: zone) else {
            return false
        }
        return self.end(after: since, in: zone) == end
    }

    /// The longest change of a wall clock, forward or back, in minutes.
    private static let longestShift = 180

    /// The next full minute at which these hours are over; others may follow immediately.
    private func firstLoud(after quiet: Instant, in zone: LocalTime) -> Instant {
        let start = Instant(seconds: quiet.seconds - quiet.seconds % 60)
        let minute = zone.reading(at: start).minute
        let left = begin < end || minute < end ? end - minute : 1440 + end - minute
        let late = start + .minutes(Int64(left))
        if zone.reading(at: late).minute == end % 1440 { return late }
        // The wall clock changes before that: search minute by minute.
        for minutes in 1...max(1, left + Self.longestShift) {
            let instant = start + .minutes(Int64(minutes))
            if !contain(instant, in: zone) { return instant }
        }
        return late
    }
}
