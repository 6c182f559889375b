import Alerting

extension Query {
    private static let columns = """
        deliveries.id, event_id, channel, deliveries.subject, type, phase, severity, summary, body,
        created_at, attempts, next_attempt_at, last_error, given_up_at
        """

    static let selectWaiting = Query(
        "reading what waits for a channel",
        """
        SELECT \(columns) FROM deliveries JOIN events ON events.id = event_id
        WHERE channel = ? AND deliveries.id > ? AND given_up_at IS NULL
        ORDER BY deliveries.id LIMIT ?
        """
    )

    static let selectAllWaiting = Query(
        "reading what waits",
        """
        SELECT \(columns) FROM deliveries JOIN events ON events.id = event_id
        WHERE given_up_at IS NULL ORDER BY deliveries.id LIMIT ?
        """
    )

    static let selectGivenUp = Query(
        "reading what was given up",
        """
        SELECT * FROM (
            SELECT \(columns) FROM deliveries JOIN events ON events.id = event_id
            WHERE given_up_at IS NOT NULL ORDER BY deliveries.id DESC LIMIT ?
        ) ORDER BY id
        """
    )

    static let retryDelivery = Query(
        "putting a delivery off",
        """
        UPDATE deliveries SET attempts = ?, next_attempt_at = ?, last_error = ?
        WHERE id = ? AND given_up_at IS NULL
        """
    )

    static let giveUpDelivery = Query(
        "giving a delivery up",
        """
        UPDATE deliveries SET attempts = attempts + 1, given_up_at = ?, last_error = ?
        WHERE id = ? AND given_up_at IS NULL
        """
    )

    static let countDeliveries = Query(
        "counting deliveries",
        """
        SELECT channel, count(*) - count(given_up_at), count(given_up_at),
            min(CASE WHEN given_up_at IS NULL THEN created_at END)
        FROM deliveries GROUP BY channel ORDER BY channel
        """
    )
}

extension Row {
    mutating func delivery() throws -> Delivery {
        Delivery(
            id: try integer(),
            eventID: try eventID(),
            channel: try text(),
            subject: try text(),
            type: try text(),
            phase: try word(Event.Phase.self),
            severity: try word(Severity.self),
            summary: try text(),
            body: try text(),
            createdAt: try instant(),
            attempts: try count(),
            nextAttemptAt: try instant(),
            lastError: optionalText(),
            givenUpAt: optionalInstant()
        )
    }
}

extension Connection {
    func deliveries(
        _ query: Query,
        _ bind: (inout Arguments) -> Void
    ) throws -> [Delivery] {
        var deliveries: [Delivery] = []
        try with(query) { statement in
            try statement.each(bind) { deliveries.append(try $0.delivery()) }
        }
        return deliveries
    }

    func deliveryCounts() throws -> [DeliveryCount] {
        var counts: [DeliveryCount] = []
        try with(.countDeliveries) { statement in
            try statement.each { row in
                counts.append(
                    DeliveryCount(
                        channel: try row.text(),
                        waiting: try row.count(),
                        givenUp: try row.count(),
                        oldestWaiting: row.optionalInstant()
                    )
                )
            }
        }
        return counts
    }
}
