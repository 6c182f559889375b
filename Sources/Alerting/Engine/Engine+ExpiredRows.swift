/// Expired tokens of inventories: they are shown for a while, and are then forgotten.
extension Engine {
    enum ExpiryStanding {
        case liesAhead
        /// It has expired, and is shown for a while.
        case isShown
        /// It has expired, and was shown long enough.
        case isOver
    }

    func standingOfExpiry(_ slot: Int, at now: Now) -> ExpiryStanding {
        let (settings, state) = (roster.settings[slot], states[slot])
        let spread = clock.spread(of: settings.host)
        // A provider drops a token a little before its expiry by our clock.
        let soon = now.instant + rejectionMargin
        guard state.hasExpired(settings, at: soon, spread: spread) else { return .liesAhead }
        guard let end = state.endOfShowing(settings, roster) else { return .isOver }
        return end > now.instant ? .isShown : .isOver
    }

    /// Until when to show an expired listed token; nil if it has no expiry.
    func endOfShowing(_ slot: Int) -> Instant? {
        guard slot >= roster.polled else { return nil }
        return states[slot].endOfShowing(roster.settings[slot], roster)
    }

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
            guard let slot = roster.slot(of: id), let end = endOfShowing(slot),
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
        guard let end = endOfShowing(slot), end <= now.instant else { return }
        listings.outdated.insert(roster.settings[slot].id)
        wantsTurn = true
    }
}

extension TokenState {
    /// Until when to show it after its expiry; nil if that is unknown.
    fileprivate func endOfShowing(_ settings: TokenSettings, _ roster: Roster) -> Instant? {
        guard let inventory = settings.id.inventory.flatMap({ roster.inventories[$0] }),
            let expiry = EffectiveExpiry(of: self, statedExpiry: settings.statedExpiry).instant
        else { return nil }
        return expiry + inventory.keepExpired
    }
}
