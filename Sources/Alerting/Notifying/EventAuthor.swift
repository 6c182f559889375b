/// Writes the events of one evaluation, in order, with their subject, ids and channels.
struct EventAuthor {
    /// The recipients of a transition.
    enum Audience {
        /// The channels that take the event.
        case channels
        /// Nobody, because another alert, usually of its host, stands for it.
        case host
        /// Nobody, because it is only recorded.
        case record
    }

    let source: EventSource
    /// Whether events are only recorded, except for the ends of alerts that were notified.
    private let isMuted: Bool
    private(set) var events: [Event] = []
    private(set) var damping: Damping

    private var now: Instant { source.now }

    /// Begins with the alternations of the last day.
    init(_ source: EventSource, swings: [Swing] = [], isMuted: Bool = false) {
        self.source = source
        self.isMuted = isMuted
        damping = Damping(swings, at: source.now)
    }

    /// Writes a change; an alternating one is notified a few times a day, and then only recorded.
    mutating func write(_ draft: ChangeDraft, _ ids: inout EventIDs) {
        let isDelivered = draft.isDelivered ?? draft.change.isDelivered
        var channels = isDelivered ? channels(for: .change(draft.change), draft.severity) : []
        if Damping.concerns(.change(draft.change)), !damping.admits(draft.change) { channels = [] }
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
                channels: channels
            )
        )
        guard !channels.isEmpty, let until = damping.note(.change(draft.change)) else { return }
        noteUnstable(
            until: until,
            "changed \(Damping.mostPerDay) times within a day; until \(until.forPeople(at: now)) "
                + "further changes are only recorded"
        )
    }

    /// Adds to the last event that its value is unstable.
    private mutating func noteUnstable(until: Instant, _ consequence: String) {
        let last = events.count - 1
        events[last].summary += "; unstable: \(consequence)"
        events[last].details.append(Detail("unstable_until", until))
    }

    /// Adds further information for the reader of the last event.
    mutating func add(remark: String) {
        events[events.count - 1].summary += "; \(remark)"
    }

    /// Counts the end of an alert, if any channel was notified of it.
    mutating func noteEnd(of alert: Alert) {
        if !alert.told.isEmpty { _ = damping.note(.condition(alert.condition)) }
    }

    /// Counts that an alert has become less severe.
    ///
    /// - Returns: whether it may; false if it has done so too often within the day.
    mutating func noteLoosening(of alert: Alert) -> Bool {
        guard damping.looseningWaitsUntil(alert.condition) == nil else { return false }
        noteEnd(of: alert)
        return true
    }

    /// Writes a transition of an active alert, and notes its recipients in the alert.
    mutating func write(
        _ phase: Event.Phase,
        _ alert: inout Alert,
        _ finding: Finding,
        to audience: Audience,
        _ ids: inout EventIDs
    ) {
        let id = ids.next(at: now)
        if phase == .raised { alert.id = id }
        let channels =
            audience == .channels ? channels(for: .condition(alert.condition), alert.severity) : []
        alert.told += channels.filter { !alert.told.contains($0) }
        alert.isCovered = audience == .host
        let known = audience == .record ? alert.acknowledgement : nil
        var event = event(phase, of: alert, id: id, finding.summary, finding.details, channels)
        event.nextReminderAt = alert.isCovered ? nil : alert.nextReminderAt
        event.acknowledgedBy = known?.by
        event.reason = known?.reason
        events.append(event)
        guard !channels.isEmpty else { return }
        switch phase {
        case .raised:
            _ = damping.note(.condition(alert.condition))
            noteDelayedEnd(of: alert)
        case .escalated:
            if !noteDelayedEnd(of: alert) { noteDelayedLoosening(of: alert) }
        default: break
        }
    }

    /// Adds to the last event that the end of its alert waits.
    ///
    /// - Returns: whether it waits.
    @discardableResult
    private mutating func noteDelayedEnd(of alert: Alert) -> Bool {
        guard let until = damping.endWaitsUntil(alert.condition) else { return false }
        noteUnstable(
            until: until,
            "raised repeatedly within a day; its end is sent once it stays clear, not before "
                + until.forPeople(at: now)
        )
        return true
    }

    /// Adds to the last event that its alert cannot become less severe, only end.
    private mutating func noteDelayedLoosening(of alert: Alert) {
        guard let until = damping.looseningWaitsUntil(alert.condition) else { return }
        noteUnstable(
            until: until,
            "changed repeatedly within a day; until \(until.forPeople(at: now)) it keeps this "
                + "severity and stage, unless it resolves"
        )
    }

    /// Writes an active alert for one channel that was not notified of it.
    ///
    /// The reminders of the other channels stay as they are.
    mutating func writeIntroduction(
        _ alert: inout Alert,
        _ finding: Finding,
        to channel: String,
        _ ids: inout EventIDs
    ) {
        alert.told.append(channel)
        var event = event(
            .reminded,
            of: alert,
            id: ids.next(at: now),
            finding.summary,
            finding.details,
            [channel]
        )
        event.nextReminderAt = alert.nextReminderAt
        event.isIntroduction = true
        events.append(event)
    }

    /// Writes that an acknowledgement has ended; this is delivered, because reminders resume.
    mutating func writeEnd(
        of acknowledgement: Acknowledgement,
        _ alert: inout Alert,
        _ finding: Finding,
        to audience: Audience,
        _ ids: inout EventIDs
    ) {
        write(.unacknowledged, &alert, finding, to: audience, &ids)
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
        var event = event(phase, of: alert, id: ids.next(at: now), summary, [], [])
        event.nextReminderAt = alert.nextReminderAt
        event.acknowledgedBy = acknowledgement.by
        event.reason = acknowledgement.reason
        event.details = [Detail("until", acknowledgement.until)]
        events.append(event)
    }

    /// Writes the beginning and the end of an alert that a second poll did not confirm.
    ///
    /// Both are only recorded: nobody was notified.
    mutating func writeRefuted(_ alert: Alert, _ finding: Finding, _ ids: inout EventIDs) {
        var alert = alert
        write(.raised, &alert, finding, to: .record, &ids)
        let mended = "\(alert.condition.rawValue) was not confirmed by a second poll"
        writeResolved(alert, mended: mended, &ids)
    }

    /// Writes the end of an alert, for the channels that were notified of it.
    mutating func writeResolved(_ alert: Alert, mended: String, _ ids: inout EventIDs) {
        noteEnd(of: alert)
        writeEnd(of: alert, mended: mended, to: alert.told, &ids)
    }

    /// Writes the end of an alert that another one replaces.
    ///
    /// It goes to the channels that were notified of it and do not get the other one.
    ///
    /// - Returns: the other channels: the end of the other alert concerns them, even if they are
    ///   not notified of its beginning because the subject is muted.
    mutating func writeReplaced(
        _ alert: Alert,
        by successor: Condition,
        _ ids: inout EventIDs
    ) -> [String] {
        let parted = alert.told.filter { name in
            route(name)?.filter.takes(.condition(successor), of: source.subject) != true
        }
        if !parted.isEmpty {
            let mended =
                "\(alert.condition.rawValue) was replaced by \(successor.rawValue), which this "
                + "channel does not get"
            writeEnd(of: alert, mended: mended, to: parted, &ids)
        }
        return alert.told.filter { !parted.contains($0) }
    }

    private mutating func writeEnd(
        of alert: Alert,
        mended: String,
        to told: [String],
        _ ids: inout EventIDs
    ) {
        events.append(
            event(
                .resolved,
                of: alert,
                id: ids.next(at: now),
                "\(source.label): \(mended)",
                [
                    Detail("mended", mended),
                    Detail("lasted_seconds", .integer(max(0, (now - alert.since).wholeSeconds))),
                ],
                told.filter { route($0)?.filter.sendsResolved ?? true }
            )
        )
    }

    /// Creates the event of an alert's transition.
    private func event(
        _ phase: Event.Phase,
        of alert: Alert,
        id: EventID,
        _ summary: String,
        _ details: [Detail],
        _ channels: [String]
    ) -> Event {
        Event(
            id: id,
            at: now,
            subject: source.subject,
            kind: .condition(alert.condition),
            phase: phase,
            severity: alert.severity,
            summary: summary,
            alertID: alert.id,
            since: alert.since,
            details: source.identified(details),
            channels: channels
        )
    }

    private func channels(for kind: Event.Kind, _ severity: Severity) -> [String] {
        guard !isMuted else { return [] }
        return source.policy.channels.filter { $0.takes(kind, severity, of: source.subject) }
            .map(\.name)
    }

    private func route(_ channel: String) -> ChannelRoute? {
        source.policy.channels.first { $0.name == channel }
    }
}
