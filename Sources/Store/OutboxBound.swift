import Alerting

/// Keeps pending deliveries from filling the disk.
///
/// Deliveries beyond the bound are dropped like expired ones, so that they are listed and counted.
/// Reminders are dropped first, because a newer one reports the same, then the oldest deliveries
/// that are not critical.
extension Store {
    /// The maximum of pending deliveries for one channel.
    ///
    /// They take about 100 MB: one change for each of 100,000 tokens.
    package static let longestOutbox = 100_000

    /// Drops deliveries beyond the bound of each channel.
    ///
    /// - Returns: the numbers of dropped deliveries, by channel; nearly always empty.
    func boundOutbox(
        _ channels: Set<String>,
        atMost limit: Int,
        at now: Instant
    ) throws -> [String: Int] {
        var dropped: [String: Int] = [:]
        for channel in channels {
            let waiting = try connection.count(.countWaiting, channel)
            guard waiting > limit else { continue }
            let reason =
                "more than \(limit) are pending: reminders are dropped first, then the oldest"
            try connection.run(.giveUpSurplus, now, reason, channel, waiting - limit)
            dropped[channel] = waiting - limit
        }
        return dropped
    }
}

extension Query {
    fileprivate static let countWaiting = Query(
        "counting pending deliveries of a channel",
        "SELECT count(*) FROM deliveries WHERE channel = ? AND given_up_at IS NULL"
    )

    fileprivate static let giveUpSurplus = Query(
        "dropping deliveries beyond the bound of a channel",
        """
        UPDATE deliveries SET given_up_at = ?, last_error = ? WHERE id IN (
            SELECT deliveries.id FROM deliveries LEFT JOIN events ON events.id = event_id
            WHERE channel = ? AND given_up_at IS NULL
            ORDER BY phase IS 'reminded' DESC, place DESC, deliveries.id LIMIT ?
        )
        """
    )
}
