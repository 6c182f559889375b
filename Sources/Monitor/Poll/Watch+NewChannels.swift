import Alerting

/// Notifies channels that are new, or lead elsewhere now, once of the alerts that hold.
///
/// The progress is written with the notifications, so that a restart repeats and loses none.
extension Watch {
    /// Notifications in memory beyond which the next wait for the store.
    private static let mostUnwritten = 256
    /// Tokens in one turn of the queue.
    private static let tokensPerTurn = 4096

    /// Takes the channels of a configuration, and finds those that were not notified yet.
    ///
    /// - Parameters:
    ///   - names: all channels.
    ///   - addresses: where they lead; without those whose address cannot be read now.
    ///   - stored: the marks of the last run; nil at a reload.
    /// - Returns: the channels whose earlier notifications do not count, and from where on.
    func takeChannels(
        _ names: Set<String>,
        addresses: [String: SecretDigest],
        stored: [String: ChannelMark]?
    ) -> [String: ChannelMark] {
        let known = stored ?? channelMarks
        // Version 0.1 stored no marks, and notified every channel.
        let isFirst = stored?.isEmpty == true
        var untold = stored?.filter { $0.value.introduction != .done } ?? [:]
        channelMarks = known.filter { names.contains($0.key) }
        for name in known.keys where !names.contains(name) {
            pending.note(channel: name, nil)
        }
        for (name, address) in addresses where known[name]?.address != address {
            let mark = ChannelMark(
                address: address,
                introduction: isFirst ? .done : .reached(nil)
            )
            channelMarks[name] = mark
            untold[name] = isFirst ? nil : mark
            pending.note(channel: name, mark)
        }
        return untold
    }

    /// Notifies new channels of what holds, some tokens at a time.
    func introduceChannels(_ now: Now) {
        guard clock.doubt == nil, pending.events.count < Self.mostUnwritten,
            let (name, mark) = channelMarks.filter({ $0.value.introduction != .done })
                .min(by: { $0.key < $1.key }),
            case .reached(let last) = mark.introduction
        else { return }
        if mark.isAtStart { introduceToSubjects(name, now) }
        let start = last.map(roster.firstSlot(after:)) ?? 0
        let end = min(states.count, start + Self.tokensPerTurn)
        var slot = start
        while slot < end, pending.events.count < Self.mostUnwritten {
            // What is muted is notified to all channels when the mute ends.
            let isMuted = mutes.mute(of: roster.tokens[slot].settings) != nil
            if !states[slot].alerts.isEmpty, !isMuted { introduceToToken(name, slot, now) }
            slot += 1
        }
        let isDone = slot >= states.count
        channelMarks[name]?.introduction =
            isDone ? .done : .reached(slot > 0 ? roster.tokens[slot - 1].settings.id : nil)
        pending.note(channel: name, channelMarks[name])
        wakeCommitter()
        pumpSoon()
    }

    private func introduceToToken(_ channel: String, _ slot: Int, _ now: Now) {
        let old = states[slot]
        let settings = roster.tokens[slot].settings
        let source = EventSource(settings, known: old.known, now: now.instant)
        let spoken = old.spokenAlerts
        let findings = old.findings(for: settings, at: now.instant)
        let change = spoken.introduced(
            to: channel,
            source,
            finding: { alert in
                findings.first { $0.condition == alert.condition } ?? alert.finding(of: source)
            },
            ids: &ids
        )
        guard let change else { return }
        let conditions = Set(spoken.map(\.condition))
        states[slot].alerts =
            old.alerts.filter { !conditions.contains($0.condition) } + change.alerts
        pending.note(settings.id, from: old, startsSpan: false)
        pending.add(change.events)
    }

    private func introduceToSubjects(_ channel: String, _ now: Now) {
        for (subject, alerts) in subjectAlerts where muteStanding(of: subject) == .none {
            let source = subject.eventSource(
                policy: subjectPolicies[subject] ?? policy,
                now: now.instant
            )
            let change = alerts.introduced(
                to: channel,
                source,
                finding: { present($0, of: subject, now) },
                ids: &ids
            )
            guard let change else { continue }
            subjectAlerts[subject] = change.alerts
            pending.note(subject, holds: change.alerts, ended: [])
            pending.add(change.events)
        }
    }
}

extension Alert {
    /// Describes the alert by its age alone.
    func finding(of source: EventSource) -> Finding {
        let since = since.forPeople(at: source.now)
        return Finding(condition, severity, "\(source.label): \(condition.rawValue) since \(since)")
    }
}
