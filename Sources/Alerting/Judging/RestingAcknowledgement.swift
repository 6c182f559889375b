/// The acknowledgement of a resolved alert; it applies again if the alert is back soon.
package struct RestingAcknowledgement: Hashable, Sendable {
    package let condition: Condition
    /// The severity of the acknowledged alert.
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

    /// The time that an alert may be away and still count as the acknowledged one.
    package static let rest: Duration = .hours(1)

    func stands(at now: Instant) -> Bool {
        now - endedAt <= Self.rest && endedAt - now <= Self.rest && acknowledgement.until > now
    }
}

extension [RestingAcknowledgement] {
    /// The acknowledgements that still apply, and those of alerts that have just ended.
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
        // One per condition: an alert that is active again has taken its own along.
        let kept = filter { resting in
            resting.stands(at: now)
                && !held.contains { $0.condition == resting.condition }
                && !new.contains { $0.condition == resting.condition }
        }
        return kept + new
    }

    /// The acknowledgement that applies to an alert that returns, no more severe than it was.
    func standing(for condition: Condition, _ severity: Severity, at now: Instant)
        -> Acknowledgement?
    {
        first { $0.condition == condition && $0.severity >= severity && $0.stands(at: now) }?
            .acknowledgement
    }
}
