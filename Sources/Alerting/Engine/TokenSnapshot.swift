/// A token's current state, to show.
package struct TokenSnapshot: Hashable, Sendable {
    package let settings: TokenSettings
    package let state: TokenState
    package let plan: PollPlan
    /// The time of this reading.
    package let at: Instant
    /// The range of the clocks that may be right.
    package internal(set) var spread = ClockSpread.none
    /// The token's mute; nil if it is not muted.
    package internal(set) var mute: Mute?
    /// The number of watched tokens in its list; nil unless it is an inventory.
    package internal(set) var lists: Int?
    /// The time for which the token is shown after its expiry; nil if no inventory lists it.
    package internal(set) var keepExpired: Duration?

    package init(settings: TokenSettings, state: TokenState, plan: PollPlan, at now: Instant) {
        self.settings = settings
        self.state = state
        self.plan = plan
        at = now
    }

    package var nextPollAt: Instant { plan.next(at: at) }
}

extension Engine {
    package func snapshot(of id: TokenID, at now: Now) -> TokenSnapshot? {
        roster.slot(of: id).map { snapshot($0, at: now) }
    }

    /// Returns a page of tokens in the order of their ids, after a given one.
    ///
    /// Pages keep 100,000 tokens from delaying polls; a reload between two pages neither repeats
    /// nor skips one.
    package func snapshots(after id: TokenID?, limit: Int, at now: Now) -> [TokenSnapshot] {
        let start = id.map { roster.firstSlot(after: $0) } ?? 0
        let end = min(states.count, start + limit)
        return (start..<end).map { snapshot($0, at: now) }
    }

    private func snapshot(_ slot: Int, at now: Now) -> TokenSnapshot {
        let settings = roster.settings[slot]
        var state = states[slot].shown(coveredBy: standing(of: slot).covered)
        // A listed token is polled with its inventory.
        let polled = roster.polledSlot(for: slot)
        var keepExpired: Duration?
        if polled != slot {
            state = state.read(with: states[polled])
            keepExpired = roster.inventories[roster.settings[polled].id]?.keepExpired
        }
        var snapshot = TokenSnapshot(
            settings: settings,
            state: state,
            plan: plan(polled, at: now),
            at: now.instant
        )
        snapshot.spread = clock.spread(of: settings.host)
        snapshot.mute = mutes.mute(of: settings)
        snapshot.lists = roster.lists(settings.id)
        snapshot.keepExpired = keepExpired
        return snapshot
    }

    private func plan(_ slot: Int, at now: Now) -> PollPlan {
        let held = schedule.heldUntil(host: roster.hostOfSlot[slot], at: now.moment)
        return PollPlan(
            stage: schedule.nextPoll(of: slot).map { .scheduled(now.instant(of: $0)) }
                ?? (schedule.isInFlight(slot) ? .inFlight : .ready),
            heldUntil: held.map(now.instant(of:)),
            limitedUntil: limitedUntil(slot, at: now),
            refusedUntil: refusals[slot].map { now.instant(of: $0.until) },
            doubtedUntil: clock.doubt.map { now.instant(of: $0.until) }
        )
    }
}
