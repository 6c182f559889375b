import Alerting

extension Query {
    static let insertDelivery = Query(
        "writing a delivery",
        """
        INSERT INTO deliveries
            (event_id, channel, subject, created_at, attempts, next_attempt_at, place)
        VALUES (?, ?, ?, ?, 0, ?, ?)
        """
    )

    /// Makes older deliveries of a subject urgent, so that a critical one need not wait for them.
    static let hastenSubject = Query(
        "hastening what is older of a subject",
        """
        UPDATE deliveries SET place = 0
        WHERE channel = ? AND subject = ? AND given_up_at IS NULL AND place > 0
        """
    )

    /// Deletes pending reminders; a dropped one is only a record.
    static let deleteReminders = Query(
        "removing an older reminder",
        """
        DELETE FROM deliveries WHERE channel = ? AND subject = ? AND given_up_at IS NULL
            AND EXISTS (SELECT 1 FROM events
                WHERE events.id = event_id AND phase = 'reminded' AND alert_id = ?)
        """
    )

    static let deleteDelivery = Query(
        "removing a delivery",
        "DELETE FROM deliveries WHERE id = ?"
    )

    /// Selects with an outer join, because a missing event must be noticed.
    static let selectWaiting = Query(
        "reading pending deliveries of a channel",
        """
        SELECT deliveries.id, place, event_id, channel, deliveries.subject, created_at, attempts,
            next_attempt_at, wait_ms, last_error, given_up_at,
            events.id AS event, type, phase, severity, summary, body, alert_id
        FROM deliveries LEFT JOIN events ON events.id = event_id
        WHERE channel = ? AND (place, deliveries.id) > (?, ?) AND given_up_at IS NULL
        ORDER BY place, deliveries.id LIMIT ?
        """
    )

    static let retryDelivery = Query(
        "putting a delivery off",
        """
        UPDATE deliveries SET attempts = ?, next_attempt_at = ?, wait_ms = ?, last_error = ?
        WHERE id = ? AND given_up_at IS NULL
        """
    )

    /// Drops a delivery; a damaged count must not overflow, or the row would hold up its channel.
    static let giveUpDelivery = Query(
        "giving a delivery up",
        """
        UPDATE deliveries SET
            attempts = CASE WHEN attempts BETWEEN 0 AND 1000000 THEN attempts + 1 ELSE 1 END,
            given_up_at = ?, last_error = ?
        WHERE id = ? AND given_up_at IS NULL
        """
    )

    static let countWaitingOfAlert = Query(
        "counting the pending notifications of an alert",
        """
        SELECT count(*) FROM deliveries JOIN events ON events.id = event_id
        WHERE channel = ? AND deliveries.subject = ? AND given_up_at IS NULL AND alert_id = ?
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

    /// Returns the value of the column `place`, which sorts first.
    static func place(_ place: ChannelQueue.Place) -> Int64 { place.isUrgent ? 0 : 1 }
}

extension Row {
    /// Reads a pending delivery with its event, starting at the column after its id.
    mutating func delivery(_ id: Int64) throws -> Delivery {
        let isUrgent = try integer() <= 0
        let eventID = try eventID()
        let (channel, subject) = (try text(), try text())
        let createdAt = try instant()
        let attempts = try attempts()
        let nextAttemptAt = try instant()
        let wait = optionalInteger().map { Duration.milliseconds(max(0, $0)) }
        let (lastError, givenUpAt) = (optionalText(), optionalInstant())
        _ = try text()
        let type = try text()
        guard Event.Kind.isKnown(type) else { throw damaged("is an unknown word") }
        let phase = try word(Event.Phase.self)
        let severity = try word(Severity.self)
        let summary = try text()
        let body = try text()
        guard EventBody.isSound(body, of: eventID) else {
            throw damaged("is not the JSON of its event")
        }
        // Without an alert id, a notification is sent alone, not withheld.
        let alertID = optionalText().flatMap { EventID($0) }
        return Delivery(
            id: id,
            eventID: eventID,
            channel: channel,
            subject: subject,
            type: type,
            phase: phase,
            severity: severity,
            summary: summary,
            body: body,
            createdAt: createdAt,
            attempts: attempts,
            nextAttemptAt: nextAttemptAt,
            wait: wait,
            lastError: lastError,
            givenUpAt: givenUpAt,
            isUrgent: isUrgent,
            alertID: alertID
        )
    }

    /// Reads the attempts; ignores an impossible count, because the delivery matters more.
    private mutating func attempts() throws -> Int {
        let count = try integer()
        return (0...100_000).contains(count) ? Int(count) : 0
    }
}

extension Connection {
    /// Writes a delivery of an event for each of its channels.
    ///
    /// A newer reminder replaces pending ones. One in flight may arrive, too.
    func writeDeliveries(of event: Event, subject: String) throws {
        let isCritical = event.severity == .critical
        for channel in event.channels {
            if try event.isIntroduction && isWaiting(event.alertID, of: subject, for: channel) {
                continue
            }
            if event.phase == .reminded, let alert = event.alertID {
                try run(.deleteReminders, channel, subject, alert)
            }
            if isCritical { try run(.hastenSubject, channel, subject) }
            let place = isCritical ? 0 : 1
            try run(.insertDelivery, event.id, channel, subject, event.at, event.at, place)
        }
    }

    /// Whether a notification of an alert is pending for a channel at its current address.
    private func isWaiting(
        _ alert: EventID?,
        of subject: String,
        for channel: String
    ) throws -> Bool {
        try count(.countWaitingOfAlert, channel, subject, alert) > 0
    }

    func deliveryCounts() throws -> [DeliveryCount] {
        var counts: [DeliveryCount] = []
        try each(.countDeliveries) { row in
            counts.append(
                DeliveryCount(
                    channel: try row.text(),
                    waiting: try row.count(),
                    givenUp: try row.count(),
                    oldestWaiting: row.optionalInstant()
                )
            )
        }
        return counts
    }
}
