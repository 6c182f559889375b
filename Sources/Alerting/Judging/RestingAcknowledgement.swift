/// The acknowledgement of an alert that has resolved; it stands again if the alert is back soon.
package struct RestingAcknowledgement: Hashable, Sendable {
    package let condition: Condition
    /// How severe the alert was that someone acknowledged.
    package let severity: Severity
    package let endedAt: Instant
    package let acknowledgement: Acknowledgement

    package init(
        condition: Condition,
        severity: Severity,
        endedAt: Instant,
        acknowledgement: Acknowledgement
    ) {
        self.condition = condition
        self.severity = severity
        self.endedAt = endedAt
        self.acknowledgement = acknowledgement
    }

    /// How long an alert may be away and still be the one that someone knows of.
    package static let rest: Duration = .hours(1)

    func stands(at now: Instant) -> Bool {
        now - endedAt <= Self.rest && endedAt - now <= Self.rest && acknowledgement.until > now
    }
}

extension [RestingAcknowledgement] {
    /// Those that still stand, and those of alerts that have ended now.
    func resting(ended old: [Alert], without held: [Alert], at now: Instant) -> Self {
        let ended = old.filter { alert in !held.contains { $0.condition == alert.condition } }
        let new = ended.compactMap { alert in
            alert.acknowledgement.map {
                RestingAcknowledgement(
                    condition: alert.condition,
                    severity: alert.severity,
                    endedAt: now,
                    acknowledgement: $0
                )
            }
        }
        // One a condition: what holds again has taken its own along.
        let kept = filter { resting in
            resting.stands(at: now)
                && !held.contains { $0.condition == resting.condition }
                && !new.contains { $0.condition == resting.condition }
        }
        return kept + new
    }

    /// The one that stands for an alert that comes back, no more severe than it was.
    func standing(for condition: Condition, _ severity: Severity, at now: Instant)
        -> Acknowledgement?
    {
        first { $0.condition == condition && $0.severity >= severity && $0.stands(at: now) }?
            .acknowledgement
    }
}
