import Alerting

extension Query {
    static let insertEvent = Query(
        "writing an event",
        """
        INSERT INTO events (id, at, subject, type, phase, severity, summary, alert_id, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    )

    static let insertDelivery = Query(
        "writing a delivery",
        """
        INSERT INTO deliveries (event_id, channel, subject, created_at, attempts, next_attempt_at)
        VALUES (?, ?, ?, ?, 0, ?)
        """
    )

    static let selectWaitingReminders = Query(
        "finding an older reminder",
        """
        SELECT deliveries.id FROM deliveries JOIN events ON events.id = deliveries.event_id
        WHERE deliveries.channel = ? AND deliveries.subject = ? AND given_up_at IS NULL
            AND events.phase = 'reminded' AND events.alert_id = ?
        """
    )

    static let deleteDelivery = Query(
        "removing a delivery",
        "DELETE FROM deliveries WHERE id = ?"
    )
}

extension Connection {
    /// Writes an event and a delivery for each of its channels.
    ///
    /// A newer reminder replaces waiting ones, but none of those in flight.
    func write(_ event: Event, instance: String, inFlight: Set<Int64>) throws {
        let id = event.id.description
        let subject = SubjectKey.of(event.subject)
        try run(.insertEvent) { arguments in
            arguments.add(id)
            arguments.add(event.at)
            arguments.add(subject)
            arguments.add(event.kind.name)
            arguments.add(event.phase.rawValue)
            arguments.add(event.severity.rawValue)
            arguments.add(event.summary)
            arguments.add(event.alertID?.description)
            arguments.add(event.json(instance: instance))
        }
        for channel in event.channels {
            if event.phase == .reminded, let alert = event.alertID {
                try removeReminders(of: alert, on: channel, subject: subject, but: inFlight)
            }
            try run(.insertDelivery) { arguments in
                arguments.add(id)
                arguments.add(channel)
                arguments.add(subject)
                arguments.add(event.at)
                arguments.add(event.at)
            }
        }
    }

    /// Removes the waiting reminders of an alert, which a newer one makes superfluous.
    private func removeReminders(
        of alert: EventID,
        on channel: String,
        subject: String,
        but inFlight: Set<Int64>
    ) throws {
        var superfluous: [Int64] = []
        try with(.selectWaitingReminders) { statement in
            try statement.each { arguments in
                arguments.add(channel)
                arguments.add(subject)
                arguments.add(alert.description)
            } _: { row in
                superfluous.append(try row.integer())
            }
        }
        for delivery in superfluous where !inFlight.contains(delivery) {
            try run(.deleteDelivery) { $0.add(delivery) }
        }
    }
}
