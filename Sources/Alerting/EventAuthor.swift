/// Writes the events of one evaluation, in order, with their subject, ids and channels.
struct EventAuthor {
    let settings: TokenSettings
    let now: Instant
    private let card: TokenCard
    private(set) var events: [Event] = []

    init(settings: TokenSettings, known: Facts?, now: Instant) {
        self.settings = settings
        self.now = now
        card = TokenCard(
            id: settings.id,
            name: known?.name,
            provider: settings.provider,
            account: known?.account,
            owner: settings.owner,
            renewURL: settings.renewURL,
            note: settings.note
        )
    }

    mutating func write(_ draft: ChangeDraft, _ ids: inout EventIDs) {
        events.append(
            Event(
                id: ids.next(at: now),
                at: now,
                subject: .token(card),
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
    mutating func write(
        _ phase: Event.Phase,
        _ alert: inout Alert,
        _ finding: Finding,
        _ ids: inout EventIDs
    ) {
        let id = ids.next(at: now)
        if phase == .raised { alert.id = id }
        let channels = channels(for: alert.severity)
        alert.told += channels.filter { !alert.told.contains($0) }
        events.append(
            Event(
                id: id,
                at: now,
                subject: .token(card),
                kind: .condition(alert.condition),
                phase: phase,
                severity: alert.severity,
                summary: finding.summary,
                alertID: alert.id,
                since: alert.since,
                nextReminderAt: alert.nextReminderAt,
                details: finding.details,
                channels: channels
            )
        )
    }

    /// Writes the end of an alert, for whoever was told of it.
    mutating func writeResolved(_ alert: Alert, mended: String, _ ids: inout EventIDs) {
        events.append(
            Event(
                id: ids.next(at: now),
                at: now,
                subject: .token(card),
                kind: .condition(alert.condition),
                phase: .resolved,
                severity: alert.severity,
                summary: "\(settings.id): \(alert.condition.rawValue) resolved; \(mended)",
                alertID: alert.id,
                since: alert.since,
                details: [
                    Detail("mended", mended),
                    Detail("lasted_seconds", .integer(max(0, (now - alert.since).wholeSeconds))),
                ],
                channels: alert.told
            )
        )
    }

    private func channels(for severity: Severity) -> [String] {
        settings.policy.channels.filter { $0.minimumSeverity <= severity }.map(\.name)
    }
}
