/// Turns findings into alerts that are raised, escalated, reminded or resolved; of any subject.
struct AlertTransitions {
    /// The fate of an alert without a finding.
    enum Ending {
        /// The alert resolves, for this reason.
        case resolves(String)
        /// The alert resolves at an instant for this reason, unless the condition returns by then.
        case resolvesAt(Instant, String)
        /// The alert stays active: nothing has shown that it ended.
        case holds
        /// A second poll did not confirm this finding.
        case isRefuted(Finding)
        /// Another alert replaces it: only channels that do not get that one are notified.
        case isReplaced(by: Condition)
    }

    let policy: Policy
    let now: Instant
    /// Whether a configuration was loaded, which may have another policy.
    let isConfigured: Bool
    /// Whether an alert may become less severe.
    let canEnd: (Condition) -> Bool
    /// The ending of an alert without a finding.
    let ending: (Alert) -> Ending
    /// Whether events of a condition are sent, or only recorded.
    let isSent: (Condition) -> Bool
    /// Whether an alert is sent now that was covered by its host's alert and is not any more.
    ///
    /// Only a poll shows that it outlasts the host's alert.
    let tellsCovered: (Condition) -> Bool
    /// The acknowledgement that still applies to an alert of this severity that was away briefly.
    var standing: (Condition, Severity) -> Acknowledgement? = { _, _ in nil }
    /// Whether the subject is muted, or its mute has just ended.
    var mute = MuteStanding.none

    /// The active alerts; `author` writes their events.
    func apply(
        _ findings: [Finding],
        to alerts: [Alert],
        author: inout EventAuthor,
        ids: inout EventIDs
    ) -> [Alert] {
        var held: [Alert] = []
        /// The channels that were notified of the alert that another one replaces.
        var inherited: [Condition: [String]] = [:]
        for alert in alerts {
            if findings.contains(where: { $0.condition == alert.condition }) {
                held.append(alert)
                continue
            }
            switch ending(alert) {
            case .resolves(let mended): author.writeResolved(alert, mended: mended, &ids)
            case .resolvesAt(let instant, let mended):
                guard now < instant else {
                    author.writeResolved(alert, mended: mended, &ids)
                    continue
                }
                var alert = alert
                alert.clearSince = alert.clearSince ?? now
                held.append(alert)
            case .isRefuted(let finding): author.writeRefuted(alert, finding, &ids)
            case .holds:
                var alert = alert
                // Nothing describes the alert now: channels are notified as soon as something does.
                if case .ended = mute, alert.acknowledgement == nil { alert.nextReminderAt = now }
                held.append(alert)
            case .isReplaced(let successor):
                inherited[successor, default: []] +=
                    author.writeReplaced(alert, by: successor, &ids)
            }
        }
        for finding in findings {
            let told = inherited[finding.condition] ?? []
            guard let index = held.firstIndex(where: { $0.condition == finding.condition }) else {
                held.append(raised(finding, told: told, author: &author, ids: &ids))
                continue
            }
            held[index].told += told.filter { !held[index].told.contains($0) }
            update(&held[index], with: finding, author: &author, ids: &ids)
        }
        return held
    }

    private func raised(
        _ finding: Finding,
        told: [String],
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
            acknowledgement: standing(finding.condition, finding.severity)
        )
        alert.told = told.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        if finding.awaitsConfirmation {
            alert.isUnconfirmed = true
        } else {
            begin(&alert, finding, author: &author, ids: &ids)
        }
        return alert
    }

    /// Raises an alert.
    private func begin(
        _ alert: inout Alert,
        _ finding: Finding,
        author: inout EventAuthor,
        ids: inout EventIDs
    ) {
        alert.isUnconfirmed = false
        let isKnown = alert.acknowledgement != nil
        if !isKnown { alert.nextReminderAt = nextReminder(alert.severity, afterReminders: 0) }
        author.write(.raised, &alert, finding, to: audience(of: alert, isKnown: isKnown), &ids)
    }

    /// The channels that get an alert; those that have it are not notified of its return.
    private func audience(of alert: Alert, isKnown: Bool = false) -> EventAuthor.Audience {
        guard isSent(alert.condition) else { return .host }
        return isKnown ? .record : .channels
    }

    private func update(
        _ alert: inout Alert,
        with finding: Finding,
        author: inout EventAuthor,
        ids: inout EventIDs
    ) {
        if alert.isUnconfirmed {
            guard !finding.awaitsConfirmation else { return }
            return begin(&alert, finding, author: &author, ids: &ids)
        }
        alert.clearSince = nil
        let audience = audience(of: alert)
        // Parts of a life that grows or shrinks are the same stages.
        let isSameStage =
            finding.severity == alert.severity && finding.stage?.text == alert.stage
        if isSameStage { alert.stageBefore = finding.stage?.before }
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
        if tightens || (differs && mayLoosen(alert, &author)) {
            let severityChanges = finding.severity != alert.severity
            if let acknowledgement = alert.acknowledgement, finding.severity > alert.severity {
                alert.acknowledgement = nil
                author.writeRecord(.unacknowledged, alert, by: acknowledgement, &ids)
            }
            alert.severity = finding.severity
            alert.stage = finding.stage?.text
            alert.stageBefore = finding.stage?.before
            if tightens || severityChanges, alert.acknowledgement == nil {
                alert.reminders = 0
                alert.nextReminderAt = nextReminder(alert.severity, afterReminders: 0)
            }
            if tightens { author.write(.escalated, &alert, finding, to: audience, &ids) }
        }
        if let acknowledgement = alert.acknowledgement?.fitting(now) {
            alert.acknowledgement = acknowledgement
            guard acknowledgement.until <= now else { return }
            alert.acknowledgement = nil
            alert.nextReminderAt = nextReminder(alert.severity, afterReminders: alert.reminders)
            author.writeEnd(of: acknowledgement, &alert, finding, to: audience, &ids)
        }
        if alert.isCovered, audience == .channels, tellsCovered(alert.condition),
            alert.acknowledgement == nil, mute != .muted
        {
            alert.nextReminderAt = now
        }
        if case .ended = mute, alert.acknowledgement == nil { alert.nextReminderAt = now }
        remind(&alert, finding, to: audience, author: &author, ids: &ids)
    }

    /// Whether an alert that has become less severe may be reported as such.
    ///
    /// An alternating one may not: each return would be an escalation.
    private func mayLoosen(_ alert: Alert, _ author: inout EventAuthor) -> Bool {
        canEnd(alert.condition) && author.noteLoosening(of: alert)
    }

    private func remind(
        _ alert: inout Alert,
        _ finding: Finding,
        to audience: EventAuthor.Audience,
        author: inout EventAuthor,
        ids: inout EventIDs
    ) {
        fitReminder(of: &alert)
        guard let due = alert.nextReminderAt, due <= now else { return }
        alert.reminders += 1
        alert.nextReminderAt = nextReminder(alert.severity, afterReminders: alert.reminders)
        // The alert that stands for others sends their reminders.
        guard audience == .channels, mute != .muted else { return }
        author.write(.reminded, &alert, finding, to: audience, &ids)
        if case .ended(let ended?) = mute { author.add(remark: ended.remark) }
    }

    /// Adjusts the next reminder to the current policy.
    ///
    /// A new policy may remind sooner, or not at all. A clock that was ahead and has been corrected
    /// leaves reminders that would come too late. Otherwise nothing changes.
    private func fitReminder(of alert: inout Alert) {
        let latest = nextReminder(alert.severity, afterReminders: alert.reminders)
        if let latest, let due = alert.nextReminderAt {
            alert.nextReminderAt = min(due, latest)
        } else if isConfigured {
            alert.nextReminderAt = latest
        }
    }

    private func nextReminder(_ severity: Severity, afterReminders count: Int) -> Instant? {
        policy.reminder(for: severity).interval(afterReminders: count).map { now + $0 }
    }
}
