/// Expired tokens of inventories: the daemon shows them for a while, then forgets them.
extension Engine {
    enum ExpiryStanding {
        case liesAhead
        /// The token has expired, and is shown for a while.
        case isShown
        /// The token has expired, and was shown long enough.
        case isOver
    }

    func standingOfExpiry(_ slot: Int, at now: Now) -> ExpiryStanding {
        let (settings, state) = (roster.settings[slot], states[slot])
        let spread = clock.spread(of: settings.host)
        // A provider drops a token a little before its expiry by our clock.
        let soon = now.instant + rejectionMargin
        guard state.hasExpired(settings, at: soon, spread: spread) else { return .liesAhead }
        guard let end = endOfShowing(slot, at: now) else { return .isOver }
        return end > now.instant ? .isShown : .isOver
    }

    /// The end of showing an expired listed token; nil if it has no expiry.
    func endOfShowing(_ slot: Int, at now: Now) -> Instant? {
        let settings = roster.settings[slot]
        guard slot >= roster.polled,
            let inventory = settings.id.inventory.flatMap({ roster.inventories[$0] })
        else { return nil }
        return states[slot].endOfShowing(
            statedExpiry: settings.statedExpiry,
            for: inventory.keepExpired,
            at: now.instant
        )
    }

    /// Whether a token that joins expired so long ago that it would not be shown any more.
    func isOutdated(
        _ facts: Facts,
        _ id: TokenID,
        _ inventory: Inventory,
        at now: Now
    ) -> Bool {
        var ends = [inventory.statedExpiry(of: id)].compactMap(\.self)
        if case .at(let expiry) = facts.expiry { ends.append(expiry) }
        return ends.contains { $0 + inventory.keepExpired <= now.instant }
    }

    mutating func dropOutdated(at now: Now) {
        var slots: [Int] = []
        for id in listings.outdated.sorted().prefix(Self.listedPerTurn) {
            listings.outdated.remove(id)
            guard let slot = roster.slot(of: id), let end = endOfShowing(slot, at: now),
                end <= now.instant
            else { continue }
            record(forgotten(states[slot], roster.settings[slot], at: now.instant, ids: &ids))
            pending.forget(id)
            slots.append(slot)
        }
        if !slots.isEmpty { reseat(adding: [], removing: slots) }
    }

    /// Marks a listed token that was shown long enough.
    mutating func noteEndOfShowing(_ slot: Int, at now: Now) {
        guard let end = endOfShowing(slot, at: now), end <= now.instant else { return }
        listings.outdated.insert(roster.settings[slot].id)
        wantsTurn = true
    }
}

extension TokenState {
    /// The end of showing a listed token; nil if its expiry is unknown.
    ///
    /// The time counts from the token's alert. The expiry may lie far back when it becomes known or
    /// the daemon starts again, and a token must not leave at the moment that its alert is raised.
    func endOfShowing(
        statedExpiry: Instant?,
        for kept: Duration,
        at now: Instant
    ) -> Instant? {
        let expiry = EffectiveExpiry(of: self, statedExpiry: statedExpiry).instant
        let raised = alerts.first { $0.condition == .expired }?.since
        return expiry.map { max($0, raised ?? now) + kept }
    }
}
