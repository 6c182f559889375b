/// Turns the findings of an evaluation into alerts that are raised, escalated, reminded or resolved.
struct AlertTransitions {
    let old: TokenState
    let occasion: Occasion
    let settings: TokenSettings
    let now: Instant

    /// The alerts that hold now; what is said of them is written by `author`.
    func apply(
        _ findings: [Finding],
        to alerts: [Alert],
        new: TokenState,
        author: inout EventAuthor,
        ids: inout EventIDs
    ) -> [Alert] {
        var held: [Alert] = []
        for alert in alerts {
            if findings.contains(where: { $0.condition == alert.condition }) {
                held.append(alert)
            } else if alert.condition == .expiring, Self.isReplaced(alert, by: findings) {
                continue
            } else if Self.isSilenced(alert, by: findings) || !occasion.canEnd(alert.condition) {
                held.append(alert)
            } else {
                author.writeResolved(alert, mended: mended(alert, new), &ids)
            }
        }
        // Under a clock that was put back an expiry lies ahead again: it is still said to have come.
        let hasExpired = held.contains { $0.condition == .expired }
        for finding in findings where !(hasExpired && finding.condition == .expiring) {
            guard let index = held.firstIndex(where: { $0.condition == finding.condition }) else {
                held.append(raised(finding, author: &author, ids: &ids))
                continue
            }
            update(
                &held[index],
                with: finding,
                mayLoosen: occasion.canEnd(finding.condition),
                author: &author,
                ids: &ids
            )
        }
        return held
    }

    /// An expiry that has come takes the place of the warnings before it.
    private static func isReplaced(_ alert: Alert, by findings: [Finding]) -> Bool {
        findings.contains { $0.condition == .expired }
    }

    /// While a token is rejected, its coming expiry is not spoken of, but not forgotten either.
    private static func isSilenced(_ alert: Alert, by findings: [Finding]) -> Bool {
        alert.condition == .expiring && findings.contains { $0.condition == .rejected }
    }

    private func raised(
        _ finding: Finding,
        author: inout EventAuthor,
        ids: inout EventIDs
    ) -> Alert {
        var alert = Alert(
            condition: finding.condition,
            id: EventID(high: 0, low: 0),
            severity: finding.severity,
            since: now,
            stage: finding.stage?.text,
            stageBefore: finding.stage?.before,
            nextReminderAt: nextReminder(finding.severity, afterReminders: 0)
        )
        author.write(.raised, &alert, finding, &ids)
        return alert
    }

    private func update(
        _ alert: inout Alert,
        with finding: Finding,
        mayLoosen: Bool,
        author: inout EventAuthor,
        ids: inout EventIDs
    ) {
        let tightens =
            if finding.severity != alert.severity {
                finding.severity > alert.severity
            } else if let before = finding.stage?.before, let was = alert.stageBefore {
                before < was
            } else {
                false
            }
        let differs =
            finding.severity != alert.severity || finding.stage?.before != alert.stageBefore
        if tightens || (differs && mayLoosen) {
            let severityChanges = finding.severity != alert.severity
            alert.severity = finding.severity
            alert.stage = finding.stage?.text
            alert.stageBefore = finding.stage?.before
            if tightens || severityChanges {
                alert.reminders = 0
                alert.nextReminderAt = nextReminder(alert.severity, afterReminders: 0)
            }
            if tightens { author.write(.escalated, &alert, finding, &ids) }
        }
        fitReminder(of: &alert)
        if let due = alert.nextReminderAt, due <= now {
            alert.reminders += 1
            alert.nextReminderAt = nextReminder(
                alert.severity,
                afterReminders: alert.reminders
            )
            author.write(.reminded, &alert, finding, &ids)
        }
    }

    /// Brings the next reminder in line with the policy of now.
    ///
    /// A new policy may remind sooner, or not at all; and a clock that was ahead and has been put right
    /// has left reminders that would come too late. Otherwise nothing changes.
    private func fitReminder(of alert: inout Alert) {
        let latest = nextReminder(alert.severity, afterReminders: alert.reminders)
        if let latest, let due = alert.nextReminderAt {
            alert.nextReminderAt = min(due, latest)
        } else if case .configured = occasion {
            alert.nextReminderAt = latest
        }
    }

    private func nextReminder(_ severity: Severity, afterReminders count: Int) -> Instant? {
        settings.policy.reminder(for: severity).interval(afterReminders: count).map { now + $0 }
    }

    /// What ended an alert, for people.
    private func mended(_ alert: Alert, _ new: TokenState) -> String {
        guard case .observed(let observation, _) = occasion else {
            return "the configuration no longer asks for it"
        }
        switch alert.condition {
        case .expiring, .expired: return renewal(new)
        case .rejected:
            return old.secret != new.secret
                ? "accepted again, with a new secret" : "accepted again"
        case .noSecret: return "the secret can be read again"
        case .unreachable, .malformed: return answered(alert, observation)
        case .permissionsMissing: return "everything required is held again"
        case .permissionsExcess: return "nothing beyond what is allowed is held"
        case .noExpiry: return "it has an expiry now"
        case .accountMismatch: return "it belongs to \(new.known?.account ?? "that account") now"
        default: return "it holds no longer"
        }
    }

    private func answered(_ alert: Alert, _ observation: Observation) -> String {
        let lasted = (now - alert.since).forPeople
        return switch observation.outcome {
        case .ok where alert.condition == .malformed: "the answer can be read again after \(lasted)"
        case .ok: "\(settings.host) answers again after \(lasted)"
        case .rejected: "\(settings.host) answers again, and refuses the token"
        default: "\(settings.host) answers again, but not as documented"
        }
    }

    private func renewal(_ new: TokenState) -> String {
        let was = EffectiveExpiry(of: old, statedExpiry: settings.statedExpiry).instant
        let before =
            if let was {
                was > now ? "was \((was - now).roundedForPeople)" : "had expired"
            } else {
                "had expired"
            }
        return switch EffectiveExpiry(of: new, statedExpiry: settings.statedExpiry) {
        case .at(let instant, _) where instant > now && instant == was:
            "it expires \(instant.forPeople(at: now))"
        case .at(let instant, _) where instant > now:
            "renewed: \(before), now \((instant - now).roundedForPeople)"
        case .at, .notSeen: "it holds no longer"
        case .never: "renewed: \(before), now it never expires"
        case .notTold: "the provider no longer tells an expiry"
        }
    }
}
