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

    /// Those that wait: one that was given up is a record.
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
}

extension Connection {
    /// Writes an event and a delivery for each of its channels.
    ///
    /// A newer reminder replaces waiting ones. One that is being sent meanwhile may arrive too.
    func write(_ event: Event, instance: String) throws {
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
                try run(.deleteReminders) { arguments in
                    arguments.add(channel)
                    arguments.add(subject)
                    arguments.add(alert.description)
                }
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
}
