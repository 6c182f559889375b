import Alerting

extension Query {
    static let upsertAlert = Query(
        "writing an alert",
        """
        INSERT OR REPLACE INTO alerts (subject, condition, id, severity, since, stage, stage_before,
            reminders, next_reminder_at, told, ack_by, ack_reason, ack_until, clear_since)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    )

    static let deleteAlert = Query(
        "ending an alert",
        "DELETE FROM alerts WHERE subject = ? AND condition = ?"
    )

    static let deleteAlerts = Query("ending alerts", "DELETE FROM alerts WHERE subject = ?")

    static let selectAlerts = Query(
        "reading the alerts",
        """
        SELECT subject, condition, id, severity, since, stage, stage_before, reminders,
            next_reminder_at, told, ack_by, ack_reason, ack_until, clear_since
        FROM alerts
        """
    )
}

extension Connection {
    func write(_ alert: Alert, of subject: String) throws {
        let acknowledgement = alert.acknowledgement
        try run(
            .upsertAlert,
            subject,
            alert.condition.rawValue,
            alert.id,
            alert.severity.rawValue,
            alert.since,
            alert.stage,
            alert.stageBefore?.milliseconds,
            alert.reminders,
            alert.nextReminderAt,
            TextArray.write(alert.told),
            acknowledgement?.by,
            acknowledgement?.reason,
            acknowledgement?.until,
            alert.clearSince
        )
    }

    /// Replaces a subject's alerts with these.
    func replaceAlerts(of subject: String, with alerts: [Alert]) throws {
        try run(.deleteAlerts, subject)
        for alert in alerts { try write(alert, of: subject) }
    }
}

extension Row {
    /// Reads the columns after the condition.
    mutating func alert(_ condition: String) throws -> Alert {
        guard let condition = Condition(rawValue: condition) else {
            throw damaged("is an unknown word")
        }
        var alert = Alert(
            condition: condition,
            id: try eventID(),
            severity: try word(Severity.self),
            since: try instant(),
            stage: optionalText(),
            stageBefore: optionalInteger().map { .milliseconds($0) },
            reminders: try count(),
            nextReminderAt: optionalInstant(),
            told: try optionalTexts() ?? []
        )
        let (by, reason, until) = (optionalText(), optionalText(), optionalInstant())
        if let by, let reason, let until {
            alert.acknowledgement = Acknowledgement(by: by, reason: reason, until: until)
        } else if by != nil || reason != nil || until != nil {
            throw damaged("is one of ack_by, ack_reason and ack_until, and another is missing")
        }
        alert.clearSince = optionalInstant()
        return alert
    }
}
