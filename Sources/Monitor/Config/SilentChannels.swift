import Alerting

extension ConfigurationDecoder {
    /// Warns of channels that no alert of any token can reach, which is probably a mistake.
    func warnOfSilentChannels(
        _ root: ConfigurationTable,
        _ channels: [ChannelSettings],
        _ tokens: [WatchedToken]
    ) {
        guard case .table(let table) = root["channels"]?.value, !tokens.isEmpty
        else { return }
        for channel in channels {
            guard let place = table[channel.name]?.keyPlace,
                let reason = Self.whyNothingReaches(channel, tokens)
            else { continue }
            report.warning(place, "channels.\(channel.name) gets no notifications: \(reason)")
        }
    }

    private static func whyNothingReaches(
        _ channel: ChannelSettings,
        _ tokens: [WatchedToken]
    ) -> String? {
        let filter = channel.filter
        guard EventFilter.names.contains(where: { filter.takes(name: $0) }) else {
            return "except excludes everything in only; change one of them"
        }
        guard filter.takesAny(channel.minimumSeverity) else {
            return
                "nothing in only is as severe as min_severity, \(channel.minimumSeverity.rawValue)"
        }
        // This is cached by policy, because tokens share few policies.
        var names: [ObjectIdentifier: Bool] = [:]
        let named = tokens.lazy.filter { token in
            let policy = token.settings.policy
            if let known = names[ObjectIdentifier(policy)] { return known }
            let isNamed = policy.channels.contains { $0.name == channel.name }
            names[ObjectIdentifier(policy)] = isNamed
            return isNamed
        }
        if named.first == nil { return "no token and no [policy] lists it in channels" }
        if !named.contains(where: { filter.takes(owner: $0.settings.owner) }) {
            return "no token has an owner that matches owner"
        }
        return nil
    }
}
