/// Turns findings into alerts that are raised, escalated, reminded or resolved; of any subject.
struct AlertTransitions {
    /// What a subject does otherwise than all others with an alert that has no finding.
    enum Ending {
        /// It resolves, by this.
        case resolves(String)
        /// It resolves by this, if there was none for so long.
        case resolvesWhenClear(String, for: Duration)
        /// It goes on, since nothing has shown that it ended.
        case holds
        /// It goes without a word, for another alert stands in its place.
        case isReplaced
    }

    let policy: Policy
    let now: Instant
    /// Whether a configuration was loaded, which may have another policy.
    let isConfigured: Bool
    /// Whether what holds less than before is taken to do so.
    let canEnd: (Condition) -> Bool
    /// What becomes of an alert without a finding.
    let ending: (Alert) -> Ending
    /// Whether events of a condition are sent, or recorded only.
    let isSent: (Condition) -> Bool
    /// Whether an alert that a host's alert stood for is sent now, if it does so no longer.
    ///
    /// Only a poll shows that it outlasts the alert that stood for it.
    let tellsCovered: (Condition) -> Bool

    /// The alerts that hold now; what is said of them is written by `author`.
    func apply(
        _ findings: [Finding],
        to alerts: [Alert],
        author: inout EventAuthor,
        ids: inout EventIDs
    ) -> [Alert] {
        var held: [Alert] = []
        for alert in alerts {
            if findings.contains(where: { $0.condition == alert.condition }) {
                held.append(alert)
                continue
            }
            switch ending(alert) {
            case .resolves(let mended): author.writeResolved(alert, mended: mended, &ids)
            case .resolvesWhenClear(let mended, let settling):
                var alert = alert
                // A clock that was set back begins it anew.
                let since = min(alert.clearSince ?? now, now)
                alert.clearSince = since
                if now - since < settling {
                    held.append(alert)
                } else {
                    author.writeResolved(alert, mended: mended, &ids)
                }
            case .holds: held.append(alert)
            case .isReplaced: continue
            }
        }
        for finding in findings {
            guard let index = held.firstIndex(where: { $0.condition == finding.condition }) else {
                held.append(raised(finding, author: &author, ids: &ids))
                continue
            }
            update(&held[index], with: finding, author: &author, ids: &ids)
        }
        return held
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
        author.write(.raised, &alert, finding, isSent: isSent(finding.condition), &ids)
        return alert
    }

    private func update(
        _ alert: inout Alert,
        with finding: Finding,
        author: inout EventAuthor,
        ids: inout EventIDs
    ) {
        // What comes again was seen to have ended, and may hold less than before.
        let mayLoosen = canEnd(finding.condition) || alert.clearSince != nil
        alert.clearSince = nil
        let isSent = isSent(finding.condition)
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
            if tightens { author.write(.escalated, &alert, finding, isSent: isSent, &ids) }
        }
        if let acknowledgement = alert.acknowledgement?.fitting(now) {
            alert.acknowledgement = acknowledgement
            guard acknowledgement.until <= now else { return }
            alert.acknowledgement = nil
            alert.nextReminderAt = nextReminder(alert.severity, afterReminders: alert.reminders)
            author.writeEnd(of: acknowledgement, &alert, finding, isSent: isSent, &ids)
        }
        if alert.isCovered, isSent, tellsCovered(alert.condition) { alert.nextReminderAt = now }
        remind(&alert, finding, isSent: isSent, author: &author, ids: &ids)
    }

    private func remind(
        _ alert: inout Alert,
        _ finding: Finding,
        isSent: Bool,
        author: inout EventAuthor,
        ids: inout EventIDs
    ) {
        fitReminder(of: &alert)
        guard let due = alert.nextReminderAt, due <= now else { return }
        alert.reminders += 1
        alert.nextReminderAt = nextReminder(alert.severity, afterReminders: alert.reminders)
        // What another alert stands for is reminded by it.
        if isSent { author.write(.reminded, &alert, finding, &ids) }
    }

    /// Brings the next reminder in line with the policy of now.
    ///
    /// A new policy may remind sooner, or not at all; and a clock that was ahead and has been put right
    /// has left reminders that would come too late. Otherwise nothing changes.
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
