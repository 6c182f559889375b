/// Alerts that a configuration takes out of a mute, because their token has another owner, host or
/// provider: nobody was notified of them, and no end of a mute will do so.
extension Engine {
    /// The mutes of tokens with alerts, by their slots.
    func mutesOfAlerts() -> [Int32: Mute] {
        var muted: [Int32: Mute] = [:]
        guard !mutes.isEmpty else { return muted }
        for slot in states.indices where !states[slot].alerts.isEmpty {
            muted[Int32(slot)] = mutes.mute(of: roster.settings[slot])
        }
        return muted
    }

    /// The mutes of hosts with alerts.
    func mutesOfHostAlerts() -> [String: Mute] {
        var muted: [String: Mute] = [:]
        for case .host(let host) in subjects.alerts.keys where isMuted(host, by: mutes) {
            let ofTokens = roster.settings[..<roster.polled].lazy.filter { $0.host == host }
            muted[host] =
                mutes.mute(.host(host)) ?? ofTokens.compactMap { mutes.mute(of: $0) }.first
        }
        return muted
    }

    /// Returns the effect of mutes on a token that takes over a configuration.
    func muteStanding(of slot: Int, after takeover: Takeover) -> MuteStanding {
        guard !mutes.isEmpty else { return .none }
        let settings = roster.settings[slot]
        guard mutes.mute(of: settings) == nil else { return .muted }
        if let mute = takeover.muted[takeover.previous[slot]] { return .ended(mute) }
        let isLeft =
            takeover.isStart && states[slot].alerts.contains { isUntold($0, settings.policy) }
        return isLeft ? .ended(nil) : .none
    }

    /// Notifies of the alerts of hosts that are not muted any more.
    mutating func remindOfHosts(after takeover: Takeover, at now: Now) {
        guard !mutes.isEmpty else { return }
        for case .host(let host) in Array(subjects.alerts.keys) where !isMuted(host, by: mutes) {
            let open = subjects.alerts[.host(host)] ?? []
            let isLeft = takeover.isStart && open.contains { isUntold($0, subjects.policy) }
            if let mute = takeover.mutedHosts[host] {
                remind(.host(host), mute: .ended(mute), at: now)
            } else if isLeft {
                remind(.host(host), mute: .ended(nil), at: now)
            }
        }
    }

    /// Whether nobody was notified of an alert that is meant for some channel.
    private func isUntold(_ alert: Alert, _ policy: Policy) -> Bool {
        alert.told.isEmpty && !alert.isCovered && !alert.isUnconfirmed
            && alert.acknowledgement == nil
            && policy.channels.contains { $0.minimumSeverity <= alert.severity }
    }
}
