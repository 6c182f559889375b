/// An acknowledged alert: no reminders until it ends.
package struct Acknowledgement: Hashable, Sendable {
    /// The person's name; claimed, not proved.
    package let by: String
    package let reason: String
    /// The time at which it ends by itself.
    package let until: Instant

    /// The default duration.
    package static let usual: Duration = .days(30)
    /// The longest duration; then someone must decide again.
    package static let longest: Duration = .days(90)

    package init(by: String, reason: String, until: Instant) {
        self.by = by
        self.reason = reason
        self.until = until
    }

    /// Returns the acknowledgement, cut to end no later than one made now could.
    ///
    /// A clock that was ahead and was corrected would otherwise silence an alert for years.
    func fitting(_ now: Instant) -> Acknowledgement {
        Acknowledgement(by: by, reason: reason, until: min(until, now + Self.longest))
    }
}

/// The result of an acknowledgement, or of its removal.
package struct AlertChange: Hashable, Sendable {
    package let alerts: [Alert]
    /// The events to record, which are not delivered.
    package let events: [Event]
}

extension [Alert] {
    /// Acknowledges the alerts of a condition, or all of them; nil if there are none.
    ///
    /// An unconfirmed alert cannot be acknowledged yet.
    package func acknowledged(
        _ condition: Condition?,
        _ acknowledgement: Acknowledgement,
        _ source: EventSource,
        ids: inout EventIDs
    ) -> AlertChange? {
        var author = EventAuthor(source)
        var alerts = self
        for index in alerts.indices where alerts[index].isMeant(by: condition) {
            alerts[index].acknowledgement = acknowledgement
            alerts[index].nextReminderAt = nil
            author.writeRecord(.acknowledged, alerts[index], by: acknowledgement, &ids)
        }
        return author.events.isEmpty ? nil : AlertChange(alerts: alerts, events: author.events)
    }

    /// Removes acknowledgements; nil if there are none.
    package func unacknowledged(
        _ condition: Condition?,
        by name: String,
        _ source: EventSource,
        ids: inout EventIDs
    ) -> AlertChange? {
        var author = EventAuthor(source)
        var alerts = self
        for index in alerts.indices where alerts[index].isMeant(by: condition) {
            guard let acknowledgement = alerts[index].acknowledgement else { continue }
            alerts[index].acknowledgement = nil
            alerts[index].nextReminderAt = source.policy.reminder(for: alerts[index].severity)
                .interval(afterReminders: alerts[index].reminders).map { source.now + $0 }
            let withdrawn = Acknowledgement(
                by: name,
                reason: acknowledgement.reason,
                until: acknowledgement.until
            )
            author.writeRecord(.unacknowledged, alerts[index], by: withdrawn, &ids)
        }
        return author.events.isEmpty ? nil : AlertChange(alerts: alerts, events: author.events)
    }
}

extension Alert {
    fileprivate func isMeant(by condition: Condition?) -> Bool {
        !isUnconfirmed && condition.map { self.condition == $0 } ?? true
    }
}
