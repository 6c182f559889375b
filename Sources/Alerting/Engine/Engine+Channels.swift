/// Notifies new channels, and channels with a new address, once of the active alerts.
///
/// One commit holds the progress and the notifications, so that a restart repeats and loses none.
extension Engine {
    /// The maximum of notifications in memory; more wait for the store.
    private static let mostUnwritten = 256
    /// The number of tokens per turn.
    private static let tokensPerTurn = 4096

    /// Whether a channel has yet to be notified of active alerts.
    package var isIntroducing: Bool { channelMarks.values.contains { $0.introduction != .done } }

    /// Takes over the channels of a configuration, and finds those that were not notified yet.
    ///
    /// - Parameters:
    ///   - names: all channels.
    ///   - addresses: digests of their addresses, without those that cannot be read now.
    ///   - stored: the marks of the last run; nil at a reload.
    /// - Returns: the channels whose earlier notifications do not count, and from where on.
    package mutating func takeChannels(
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

    /// Notifies new channels of active alerts, some tokens at a time.
    package mutating func introduceChannels(at now: Now) {
        // Until a token has taken over the channels, its alert may wrongly count as notified.
        guard takeover == nil, clock.doubt == nil, pending.events.count < Self.mostUnwritten,
            let (name, mark) = channelMarks.filter({ $0.value.introduction != .done })
                .min(by: { $0.key < $1.key }),
            case .reached(let last) = mark.introduction
        else { return }
        if mark.isAtStart { introduce(name, at: now) }
        let start = last.map(roster.firstSlot(after:)) ?? 0
        let end = min(states.count, start + Self.tokensPerTurn)
        var slot = start
        while slot < end, pending.events.count < Self.mostUnwritten {
            // When a mute ends, all channels are notified of its alerts.
            let isMuted = mutes.mute(of: roster.settings[slot]) != nil
            if !states[slot].alerts.isEmpty, !isMuted { introduce(name, toToken: slot, at: now) }
            slot += 1
        }
        let isDone = slot >= states.count
        channelMarks[name]?.introduction =
            isDone ? .done : .reached(slot > 0 ? roster.settings[slot - 1].id : nil)
        pending.note(channel: name, channelMarks[name])
        wantsTurn = true
    }

    private mutating func introduce(_ channel: String, toToken slot: Int, at now: Now) {
        var state = states[slot]
        let settings = roster.settings[slot]
        let source = EventSource(settings, known: state.known, now: now.instant)
        let spoken = state.spokenAlerts
        let findings = state.findings(for: settings, at: now.instant)
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
        state.alerts = state.alerts.filter { !conditions.contains($0.condition) } + change.alerts
        set(state, of: slot)
        record(change.events)
    }
}

extension Alert {
    /// Describes the alert by its age alone.
    package func finding(of source: EventSource) -> Finding {
        let since = since.forPeople(at: source.now)
        return Finding(condition, severity, "\(source.label): \(condition.rawValue) since \(since)")
    }
}
