package import Alerting

/// The changes of a reload, for display.
package struct RosterChange: Hashable, Sendable {
    package var added: [TokenID] = []
    package var removed: [TokenID] = []
    package var changed: [TokenID] = []
}

/// The provider access and the secret for polls of a token.
package struct TokenSource: Sendable {
    let secret: SecretSource
    let access: ProviderAccess
}

/// The tokens of a new configuration, with the state that it takes over from the old one.
///
/// A reload makes it outside the watch, because comparing 100,000 tokens would delay polls.
package struct RosterPlan: Sendable {
    let succession: Succession
    let sources: [TokenSource]
    package let change: RosterChange
    /// The old values; the plan holds them so that they are freed with it.
    private let old: (Roster, [TokenSource])

    /// - Parameters:
    ///   - old: the current roster.
    ///   - oldSources: the sources of its tokens.
    ///   - tokens: the new tokens, in the order of their ids.
    ///   - inventories: the watch settings for the lists of some tokens.
    ///   - stored: the listed tokens of the last run; at a reload the current roster has them.
    ///   - channels: the channels that both configurations have.
    package init(
        from old: Roster,
        _ oldSources: [TokenSource],
        to tokens: [WatchedToken],
        _ inventories: [Inventory] = [],
        stored: [TokenID] = [],
        channels: Set<String> = []
    ) {
        var settings: [TokenSettings] = []
        var sources: [TokenSource] = []
        var previous: [Int32] = []
        settings.reserveCapacity(tokens.count)
        sources.reserveCapacity(tokens.count)
        previous.reserveCapacity(tokens.count)
        var removed: [Int] = []
        var change = RosterChange()
        var before = 0
        let listing = Dictionary(inventories.map { ($0.id, $0) }) { first, _ in first }
        var policies = PolicyComparison(channels: channels)
        for token in tokens {
            let id = token.settings.id
            while before < old.polled, old.settings[before].id < id {
                removed.append(before)
                before += 1
            }
            guard before < old.polled, old.settings[before].id == id else {
                settings.append(token.settings)
                sources.append(TokenSource(secret: token.secret, access: token.access))
                previous.append(-1)
                change.added.append(id)
                continue
            }
            let (known, source) = (old.settings[before], oldSources[before])
            let hasSameSource =
                token.secret == source.secret
                && token.access.secrets == source.access.secrets
                && old.inventories[id] == listing[id]
            let isSame = hasSameSource && token.settings == known
            if !isSame,
                !hasSameSource || token.settings.under(known.policy) != known
                    || policies.differ(known.policy, token.settings.policy)
            {
                change.changed.append(id)
            }
            // Equal values keep the old storage, without a second copy.
            settings.append(isSame ? known : token.settings)
            sources.append(
                TokenSource(secret: isSame ? source.secret : token.secret, access: token.access)
            )
            previous.append(Int32(before))
            before += 1
        }
        removed += before..<old.polled
        change.removed = removed.map { old.settings[$0].id }
        for slot in old.polled..<old.settings.count {
            let known = old.settings[slot]
            guard let inventory = known.id.inventory.flatMap({ listing[$0] }) else {
                removed.append(slot)
                continue
            }
            let present = inventory.settings(of: known.id)
            settings.append(present == known ? known : present)
            previous.append(Int32(slot))
        }
        for id in stored.sorted() {
            guard let inventory = id.inventory.flatMap({ listing[$0] }) else { continue }
            settings.append(inventory.settings(of: id))
            previous.append(-1)
        }
        succession = Succession(
            Roster(settings, inventories: inventories),
            from: old,
            previous: previous,
            removed: removed
        )
        self.sources = sources
        self.change = change
        self.old = (old, oldSources)
    }
}

/// A comparison of policies.
///
/// It ignores the settings of their channels, which a reload reports as changes of the channels.
private struct PolicyComparison {
    /// The channels of both configurations: others do not count as changes of a token's settings.
    let channels: Set<String>
    /// The last result: most tokens share a policy with the token before them.
    var last: (old: Policy, new: Policy, differ: Bool)?

    mutating func differ(_ old: Policy, _ new: Policy) -> Bool {
        if let last, last.old === old, last.new === new { return last.differ }
        let differ =
            old.telling([]) != new.telling([]) || names(of: old) != names(of: new)
        last = (old, new, differ)
        return differ
    }

    private func names(of policy: Policy) -> [String] {
        policy.channels.map(\.name).filter(channels.contains)
    }
}
