/// The wall clock: the offset of a time zone from UTC.
package struct LocalTime: Sendable {
    /// Seconds east of UTC at an instant.
    private let offset: @Sendable (Instant) -> Int64

    package init(offset: @escaping @Sendable (Instant) -> Int64) {
        self.offset = offset
    }

    package static let utc = LocalTime { _ in 0 }

    /// The day and the minute that the clock shows at an instant.
    ///
    /// - Returns: days since 1970-01-01, and minutes since midnight, 0 to 1439.
    func reading(at instant: Instant) -> (day: Int64, minute: Int) {
        let local = instant.seconds.saturating(adding: offset(instant))
        var (day, rest) = local.quotientAndRemainder(dividingBy: 86400)
        if rest < 0 { (day, rest) = (day - 1, rest + 86400) }
        return (day, Int(rest / 60))
    }
}
