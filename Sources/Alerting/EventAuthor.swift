/// What all events of one evaluation have in common.
package struct EventSource: Sendable {
    package let subject: Event.Subject
    /// The subject's name at the beginning of a summary.
    package let label: String
    /// Whom it tells, and how often.
    package let policy: Policy
    package let now: Instant
    /// What tells the subject from others of its kind, in every event of it.
    private let identity: [Detail]

    package init(
        subject: Event.Subject,
        label: String,
        policy: Policy,
        now: Instant,
        identity: [Detail] = []
    ) {
        self.subject = subject
        self.label = label
        self.policy = policy
        self.now = now
        self.identity = identity
    }

    /// Details with those that every event of the subject has.
    package func identified(_ details: [Detail]) -> [Detail] {
        details + identity.filter { own in !details.contains { $0.key == own.key } }
    }

    /// A token; `known` is what its last good answer said.
    package init(_ settings: TokenSettings, known: Facts?, now: Instant) {
        self.init(
            subject: .token(
                TokenCard(
                    id: settings.id,
                    name: known?.name,
                    provider: settings.provider,
                    account: known?.account,
                    owner: settings.owner,
                    renewURL: settings.renewURL,
                    note: settings.note
                )
            ),
            label: settings.id.text,
            policy: settings.policy,
            now: now
        )
    }
}

/// Writes the events of one evaluation, in order, with their subject, ids and channels.
struct EventAuthor {
    let source: EventSource
    private(set) var events: [Event] = []

    private var now: Instant { source.now }

    init(_ source: EventSource) {
        self.source = source
    }

    mutating func write(_ draft: ChangeDraft, _ ids: inout EventIDs) {
        events.append(
            Event(
                id: ids.next(at: now),
                at: now,
                subject: source.subject,
                kind: .change(draft.change),
                phase: .changed,
                severity: draft.severity,
                summary: draft.summary,
                details: draft.details,
                channels: draft.change.isDelivered ? channels(for: draft.severity) : []
            )
        )
    }

    /// Writes a transition of an alert that holds, and notes in the alert who is told.
    ///
    /// With `isSent` false it is recorded only: another alert stands for it.
    mutating func write(
        _ phase: Event.Phase,
        _ alert: inout Alert,
        _ finding: Finding,
        isSent: Bool = true,
        _ ids: inout EventIDs
    ) {
        let id = ids.next(at: now)
        if phase == .raised { alert.id = id }
        let channels = isSent ? channels(for: alert.severity) : []
        alert.told += channels.filter { !alert.told.contains($0) }
        alert.isCovered = !isSent
        events.append(
            Event(
                id: id,
                at: now,
                subject: source.subject,
                kind: .condition(alert.condition),
                phase: phase,
                severity: alert.severity,
                summary: finding.summary,
                alertID: alert.id,
                since: alert.since,
                nextReminderAt: alert.nextReminderAt,
                details: source.identified(finding.details),
                channels: channels
            )
        )
    }

    /// Writes that the time of an acknowledgement is over, which is delivered: reminders resume.
    mutating func writeEnd(
        of acknowledgement: Acknowledgement,
        _ alert: inout Alert,
        _ finding: Finding,
        isSent: Bool,
        _ ids: inout EventIDs
    ) {
        write(.unacknowledged, &alert, finding, isSent: isSent, &ids)
        let last = events.count - 1
        events[last].acknowledgedBy = acknowledgement.by
        events[last].reason = acknowledgement.reason
        events[last].summary +=
            "; acknowledged by \(acknowledgement.by) until now: \(acknowledgement.reason)"
    }

    /// Writes that an alert was acknowledged, or is no longer: recorded, not delivered.
    mutating func writeRecord(
        _ phase: Event.Phase,
        _ alert: Alert,
        by acknowledgement: Acknowledgement,
        _ ids: inout EventIDs
    ) {
        let verb = phase == .acknowledged ? "acknowledged" : "no longer acknowledged"
        var summary = "\(source.label): \(alert.condition.rawValue) \(verb)"
        if phase == .acknowledged {
            summary += " by \(acknowledgement.by) until \(acknowledgement.until.forPeople):"
            summary += " \(acknowledgement.reason)"
        }
        events.append(
            Event(
                id: ids.next(at: now),
                at: now,
                subject: source.subject,
                kind: .condition(alert.condition),
                phase: phase,
                severity: alert.severity,
                summary: summary,
                alertID: alert.id,
                since: alert.since,
                nextReminderAt: alert.nextReminderAt,
                acknowledgedBy: acknowledgement.by,
                reason: acknowledgement.reason,
                details: [Detail("until", acknowledgement.until)]
            )
        )
    }

    /// Writes the end of an alert, for whoever was told of it.
    mutating func writeResolved(_ alert: Alert, mended: String, _ ids: inout EventIDs) {
        events.append(
            Event(
                id: ids.next(at: now),
                at: now,
                subject: source.subject,
                kind: .condition(alert.condition),
                phase: .resolved,
                severity: alert.severity,
                summary: "\(source.label): \(alert.condition.rawValue) resolved; \(mended)",
                alertID: alert.id,
                since: alert.since,
                details: source.identified([
                    Detail("mended", mended),
                    Detail("lasted_seconds", .integer(max(0, (now - alert.since).wholeSeconds))),
                ]),
                channels: alert.told
            )
        )
    }

    private func channels(for severity: Severity) -> [String] {
        source.policy.channels.filter { $0.minimumSeverity <= severity }.map(\.name)
    }
}
