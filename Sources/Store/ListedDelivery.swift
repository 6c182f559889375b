package import Alerting

/// A delivery for lists: the content of its row, even if it cannot be sent.
package struct ListedDelivery: Hashable, Sendable {
    package let row: Int64
    package let eventID: String
    package let channel: String
    package let subject: String
    /// The type; nil if the event is missing.
    package let type: String?
    package let phase: String?
    package let severity: String?
    package let summary: String?
    package let createdAt: Instant
    package let attempts: Int64
    /// The time of the next attempt, as far as is known now.
    package var nextAttemptAt: Instant
    package let lastError: String?
    /// The time at which it was dropped; nil while it is pending.
    package let givenUpAt: Instant?

    /// The severity; critical if it cannot be read, because it may have been.
    package var knownSeverity: Severity { severity.flatMap(Severity.init(rawValue:)) ?? .critical }
}

extension StoreReader {
    /// Returns pending deliveries, oldest first.
    package func waitingDeliveries(limit: Int) throws -> [ListedDelivery] {
        try list(.listWaiting, limit: limit)
    }

    /// Returns the last dropped deliveries, oldest first.
    package func givenUpDeliveries(limit: Int) throws -> [ListedDelivery] {
        try list(.listGivenUp, limit: limit)
    }

    private func list(_ query: Query, limit: Int) throws -> [ListedDelivery] {
        try reopenIfReplaced()
        var deliveries: [ListedDelivery] = []
        try connection.each(query, limit) { row in
            deliveries.append(
                ListedDelivery(
                    row: try row.integer(),
                    eventID: try row.text(),
                    channel: try row.text(),
                    subject: try row.text(),
                    type: row.optionalText(),
                    phase: row.optionalText(),
                    severity: row.optionalText(),
                    summary: row.optionalText(),
                    createdAt: try row.instant(),
                    attempts: try row.integer(),
                    nextAttemptAt: try row.instant(),
                    lastError: row.optionalText(),
                    givenUpAt: row.optionalInstant()
                )
            )
        }
        return deliveries
    }
}

extension Query {
    private static let columns = """
        deliveries.id, event_id, channel, deliveries.subject, type, phase, severity, summary,
        created_at, attempts, next_attempt_at, last_error, given_up_at
        """

    fileprivate static let listWaiting = Query(
        "reading pending deliveries",
        """
        SELECT \(columns) FROM deliveries LEFT JOIN events ON events.id = event_id
        WHERE given_up_at IS NULL ORDER BY deliveries.id LIMIT ?
        """
    )

    fileprivate static let listGivenUp = Query(
        "reading dropped deliveries",
        """
        SELECT * FROM (
            SELECT \(columns) FROM deliveries LEFT JOIN events ON events.id = event_id
            WHERE given_up_at IS NOT NULL ORDER BY deliveries.id DESC LIMIT ?
        ) ORDER BY id
        """
    )
}
