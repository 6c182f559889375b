/// Tokens of inventories: they join, leave and change with their list, some at a time.
extension Engine {
    /// The number of listed tokens per turn.
    static let listedPerTurn = 512
    /// The number of states and events in memory beyond which a listing waits for the store.
    private static let mostUnwritten = 8192

    /// Whether a listing is pending.
    package var isTakingListings: Bool { !listings.isEmpty || !listings.outdated.isEmpty }

    /// Records what a poll of an inventory reported about its tokens.
    mutating func note(_ listing: Listing, of slot: Int, at now: Now) {
        let settings = roster.settings[slot]
        guard roster.inventories[settings.id] != nil else { return }
        listings.add(
            ListingProgress(
                settings.id,
                listing,
                readAt: now.instant,
                askedWith: settings.askedWith
            )
        )
        wantsTurn = true
    }

    /// Continues the listings, and forgets expired tokens that were shown long enough.
    ///
    /// It waits for sweeps that go by slots, because it moves the slots of listed tokens.
    mutating func takeListings(at now: Now) {
        guard isTakingListings, takeover == nil, clock.doubt == nil,
            sweeps[.configuration] == nil, sweeps[.time] == nil,
            pending.count < Self.mostUnwritten
        else { return }
        wantsTurn = true
        listings.advance()
        guard var progress = listings.present else { return dropOutdated(at: now) }
        // The arrays in it are changed in place, not copied.
        listings.present = nil
        guard let inventory = roster.inventories[progress.inventory] else { return }
        switch progress.stage {
        case .comparing: compare(&progress, inventory, at: now)
        case .parting(let departures, let early):
            part(&progress, inventory, departures, early: early, at: now)
        case .introducing(let done):
            guard done < progress.new.count else { return finish(progress, inventory) }
            introduce(&progress, inventory, done: done, at: now)
        }
        listings.present = progress
    }

    // MARK: - Comparing

    private mutating func compare(
        _ progress: inout ListingProgress,
        _ inventory: Inventory,
        at now: Now
    ) {
        let slots = roster.slots(listedBy: inventory.id)
        if progress.isListed.isEmpty {
            progress.isListed = Array(repeating: false, count: slots.count)
        }
        let (tokens, unreadable) = (progress.listing.tokens, progress.listing.unreadable)
        let all = tokens.count + unreadable.count
        let end = min(all, progress.compared + Self.listedPerTurn)
        for place in progress.compared..<end {
            guard place < tokens.count else {
                let id = TokenID(inventory.id, row: unreadable[place - tokens.count])
                if let slot = roster.slot(of: id), slots.contains(slot) {
                    progress.isListed[slot - slots.lowerBound] = true
                }
                continue
            }
            let token = tokens[place]
            let id = TokenID(inventory.id, row: token.id)
            let isWatched = inventory.isWatched(token)
            guard let slot = roster.slot(of: id), slots.contains(slot) else {
                // A token without an expiry time may have expired years ago.
                let isOver =
                    token.facts.saysExpired && token.facts.expiry == .notTold
                    || isOutdated(token.facts, id, inventory, at: now)
                if isWatched, !isOver { progress.new.append((id, place)) }
                continue
            }
            progress.isListed[slot - slots.lowerBound] = true
            if !isWatched {
                progress.unwanted.append(slot)
            } else if !states[slot].isSettled(by: token.facts) {
                let facts = sharedFacts.shared(token.facts, known: states[slot].known)
                apply(slot, .listed(facts), at: now)
            }
        }
        progress.compared = end
        guard end == all else { return }
        let departures = departures(progress, inventory, slots, at: now)
        let early = departures.count(where: \.isEarly)
        progress.stage = .parting(departures[...], early: early)
    }

    /// The tokens that leave, in the order of their slots.
    private mutating func departures(
        _ progress: ListingProgress,
        _ inventory: Inventory,
        _ slots: Range<Int>,
        at now: Now
    ) -> [ListingProgress.Departure] {
        var departures = progress.unwanted.map {
            ListingProgress.Departure(slot: $0, isEarly: false)
        }
        guard progress.listing.isWhole else { return departures.sorted { $0.slot < $1.slot } }
        var missing: Set<TokenID> = []
        let confirmAfter =
            roster.slot(of: inventory.id).map { roster.settings[$0].policy.confirmAfter } ?? .zero
        for slot in slots where !progress.isListed[slot - slots.lowerBound] {
            let settings = roster.settings[slot]
            let ended = standingOfExpiry(slot, at: now)
            if ended == .isShown { continue }
            // Pages shift while they are read: a second list confirms that a token is gone.
            let isConfirmed =
                confirmAfter == .zero || ended == .isOver
                || listings.missing[inventory.id]?.contains(settings.id) == true
            if isConfirmed, ended == .liesAhead, !listings.mayLeave(settings.id, at: now.instant) {
                continue
            }
            if isConfirmed {
                departures.append(
                    ListingProgress.Departure(slot: slot, isEarly: ended == .liesAhead)
                )
            } else {
                missing.insert(settings.id)
            }
        }
        listings.missing[inventory.id] = missing.isEmpty ? nil : missing
        if !missing.isEmpty, let slot = roster.slot(of: inventory.id) {
            let planned = schedule.nextPoll(of: slot) ?? .never
            schedule.plan(slot, poll: min(planned, now.moment + confirmAfter))
        }
        return departures.sorted { $0.slot < $1.slot }
    }

    // MARK: - Joining and leaving

    /// Removes some of the tokens, the last slots first, so that the others keep theirs.
    private mutating func part(
        _ progress: inout ListingProgress,
        _ inventory: Inventory,
        _ departures: ArraySlice<ListingProgress.Departure>,
        early: Int,
        at now: Now
    ) {
        let leaving = departures.suffix(Self.listedPerTurn)
        for departure in leaving {
            let (settings, state) = (roster.settings[departure.slot], states[departure.slot])
            if departure.isEarly {
                progress.notified += 1
                let share = Share(number: progress.notified, of: early)
                let staysUntil = listings.noteDeparture(of: settings.id, at: now.instant)
                record(
                    leftList(
                        state,
                        settings,
                        share,
                        staysUntil: staysUntil,
                        mute: mutes.standing(of: settings),
                        at: now.instant,
                        ids: &ids
                    )
                )
            } else {
                record(forgotten(state, settings, at: now.instant, ids: &ids))
            }
            pending.forget(settings.id)
        }
        reseat(adding: [], removing: leaving.map(\.slot))
        let rest = departures.dropLast(leaving.count)
        guard rest.isEmpty else {
            progress.stage = .parting(rest, early: early)
            return
        }
        progress.new.sort { $0.id.text < $1.id.text }
        progress.notified = 0
        progress.reported = progress.new.count { isReported($0.place, of: progress, inventory) }
        progress.stage = .introducing(done: 0)
    }

    /// Adds some of the new tokens.
    private mutating func introduce(
        _ progress: inout ListingProgress,
        _ inventory: Inventory,
        done: Int,
        at now: Now
    ) {
        let arrivals = progress.new[done...].prefix(Self.listedPerTurn)
        reseat(adding: arrivals.map { inventory.settings(of: $0.id) }, removing: [])
        for (id, place) in arrivals {
            guard let slot = roster.slot(of: id) else { continue }
            let (settings, facts) = (
                roster.settings[slot], sharedFacts.shared(progress.listing.tokens[place].facts)
            )
            var share: Share?
            if isReported(place, of: progress, inventory) {
                progress.notified += 1
                share = Share(number: progress.notified, of: progress.reported)
            }
            pending.note(id, from: nil, startsSpan: false)
            record([
                firstListed(
                    settings,
                    facts,
                    in: inventory.id,
                    share,
                    mute: mutes.standing(of: settings),
                    at: now.instant,
                    ids: &ids
                )
            ])
            apply(slot, .listed(facts), at: now)
        }
        progress.stage = .introducing(done: done + arrivals.count)
    }

    /// Whether the arrival of a token of the listing is reported.
    ///
    /// Nobody knows which tokens are new before a whole list was recorded: the first list may come
    /// in parts, or a restart may cut it short.
    private func isReported(
        _ place: Int,
        of progress: ListingProgress,
        _ inventory: Inventory
    ) -> Bool {
        guard inventory.reportsNew, let slot = roster.slot(of: inventory.id),
            let mark = states[slot].listMark
        else { return false }
        return mark.precedes(
            progress.listing.tokens[place].facts,
            scope: inventory.scope(askedWith: progress.askedWith)
        )
    }

    /// Marks that all tokens of a whole list have joined.
    private mutating func finish(_ progress: ListingProgress, _ inventory: Inventory) {
        guard progress.listing.isWhole, let slot = roster.slot(of: inventory.id) else { return }
        var state = states[slot]
        state.listMark = ListMark(
            readAt: progress.readAt,
            scope: inventory.scope(askedWith: progress.askedWith)
        )
        set(state, of: slot)
    }
}

extension TokenState {
    /// Whether a list reports nothing new about a token.
    fileprivate func isSettled(by facts: Facts) -> Bool {
        alerts.isEmpty && lastOutcome == .ok && facts.pinned(to: known?.expiry) == known
    }
}
