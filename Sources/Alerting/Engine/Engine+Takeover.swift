/// A configuration that was put in place, and that its tokens are still to learn of.
struct Takeover: Sendable {
    /// The slot that each token had before; -1 for one without.
    let previous: [Int32]
    /// Which tokens are not in the store.
    let isNew: [Bool]
    /// So many tokens, in the order of the slots, are known to the record.
    var announced = 0
    /// Tokens that left, before the record has it.
    var leaving: ArraySlice<(settings: TokenSettings, state: TokenState)>
    /// What was planned before.
    let schedule: Schedule
}

/// Taking over a configuration: at once what concerns all tokens, and one token after the other.
extension Engine {
    /// Whether there are tokens that are still to learn of the configuration.
    package var isTakingOver: Bool { takeover != nil }

    /// Puts a roster in the place of the one before.
    ///
    /// - Parameters:
    ///   - succession: the roster, made from the one in use.
    ///   - stored: the states of the last run.
    ///   - policy: what hosts and the daemon are judged by.
    ///   - concurrency: requests in flight, all hosts together.
    ///   - perHost: requests in flight to one host.
    ///   - now: the current time.
    /// - Returns: states that are not needed any more; to give back 100,000 of them takes its time.
    package mutating func succeed(
        _ succession: Succession,
        stored: [TokenID: TokenState],
        policy: Policy,
        concurrency: Int,
        perHost: Int,
        at now: Now
    ) -> [TokenState] {
        let (old, oldStates, oldSchedule) = (roster, states, schedule)
        subjects.policy = policy
        listings.beginAgain()
        take(
            succession.roster,
            states: succession.keepsSlots ? oldStates : [],
            concurrency: concurrency,
            perHost: perHost
        )
        var isNew = Array(repeating: false, count: roster.settings.count)
        var leaving = succession.removed.map {
            (settings: old.settings[$0], state: oldStates[$0])
        }
        for leaver in leaving { census.remove(leaver.state) }
        for id in stored.keys.filter({ roster.slot(of: $0) == nil && old.slot(of: $0) == nil }) {
            let settings = TokenSettings(id: id, provider: .unknown, policy: policy)
            leaving.append((settings, stored[id] ?? TokenState()))
        }
        if !stored.isEmpty { leaving.sort { $0.settings.id < $1.settings.id } }
        if !succession.keepsSlots {
            states.reserveCapacity(roster.settings.count)
            for (slot, before) in succession.previous.enumerated() {
                if before >= 0 {
                    states.append(oldStates[Int(before)])
                    continue
                }
                let state = stored[roster.settings[slot].id]
                isNew[slot] = state == nil
                states.append(state ?? TokenState())
                census.add(states[slot])
            }
        }
        takeover = Takeover(
            previous: succession.previous,
            isNew: isNew,
            leaving: leaving[...],
            schedule: oldSchedule
        )
        for (number, host) in old.hosts.enumerated() {
            guard let until = oldSchedule.heldUntil(host: number, at: now.moment),
                let present = roster.hosts.firstIndex(of: host)
            else { continue }
            hold(host: present, until: until)
        }
        return succession.keepsSlots ? [] : oldStates
    }

    /// Takes a new configuration's channels: one that left or has a new address was never notified.
    ///
    /// - Parameters:
    ///   - channels: all of them.
    ///   - untold: those whose earlier notifications do not count, and from where on.
    ///   - isStart: whether the states are those of the last run.
    package mutating func keepAlerts(
        _ channels: Set<String>,
        untold: [String: ChannelMark],
        isStart: Bool
    ) {
        for slot in states.indices where !states[slot].alerts.isEmpty {
            let settings = roster.settings[slot]
            for index in states[slot].alerts.indices {
                let alert = states[slot].alerts[index]
                if isStart, HostTrouble(ofToken: alert.condition) != nil {
                    // Nobody was notified, so its host's alert stood for it.
                    states[slot].alerts[index].isCovered =
                        alert.told.isEmpty && !alert.isUnconfirmed && alert.acknowledgement == nil
                        && mutes.mute(of: settings) == nil
                }
                let told = alert.told.filter {
                    channels.contains($0) && untold[$0]?.isAhead(of: settings.id) != true
                }
                if told.count < alert.told.count { states[slot].alerts[index].told = told }
            }
        }
    }

    /// What left the configuration resolves and is forgotten, some tokens at a time.
    ///
    /// - Returns: whether all are.
    package mutating func forgetSome(_ count: Int, at now: Now) -> Bool {
        guard let leaving = takeover?.leaving, !leaving.isEmpty else { return true }
        for (settings, state) in leaving.prefix(count) {
            record(forgotten(state, settings, at: now.instant, ids: &ids))
            pending.forget(settings.id)
        }
        takeover?.leaving = leaving.dropFirst(count)
        return leaving.count <= count
    }

    /// Records the tokens that came and went, if the next configuration comes early.
    package mutating func announceAll(at now: Now) {
        guard let takeover else { return }
        _ = forgetSome(takeover.leaving.count, at: now)
        for slot in takeover.announced..<takeover.isNew.count { announce(slot, at: now) }
        self.takeover = nil
    }

    private mutating func announce(_ slot: Int, at now: Now) {
        guard let announced = takeover?.announced, slot >= announced else { return }
        takeover?.announced = slot + 1
        guard takeover?.isNew[slot] == true else { return }
        let settings = roster.settings[slot]
        pending.note(settings.id, from: nil, startsSpan: false)
        record([firstSeen(settings, at: now.instant, ids: &ids)])
    }

    /// Evaluates a token under the new configuration, and plans its next poll.
    package mutating func takeOver(_ slot: Int, at now: Now) {
        announce(slot, at: now)
        guard clock.doubt == nil else { return }
        if slot < roster.polled { planFirstPoll(slot, at: now) }
        apply(slot, .configured, at: now)
    }

    /// Continues the evaluation of all tokens.
    ///
    /// - Returns: whether anything is judged now: not while the clock is doubted.
    package mutating func finishTakeover(at now: Now) -> Bool {
        takeover = nil
        guard clock.doubt == nil else { return false }
        for (token, asked) in doubtedPolls {
            guard let slot = roster.slot(of: token) else { continue }
            // They may have counted as use, at a time that nobody knows exactly.
            apply(slot, .cancelled(askedAt: now.instant - (now.moment - asked)), at: now)
        }
        doubtedPolls = []
        beginHosts(at: now)
        return true
    }

    /// Plans the first poll under this configuration, unless an earlier one is planned.
    ///
    /// What was planned out of phase is kept: polls that were asked for or under way are made at once,
    /// and failed ones are tried again when they would have been.
    private mutating func planFirstPoll(_ slot: Int, at now: Now) {
        var first = min(firstPoll(slot, at: now), schedule.nextPoll(of: slot) ?? .never)
        if let before = takeover?.previous[slot], before >= 0 {
            let planned = takeover?.schedule.nextPoll(of: Int(before))
            let isTriedAgain = states[slot].failures > 0 && states[slot].lastOutcome != .rejected
            // All others that are planned have their phase, in the new interval.
            if planned == nil || isTriedAgain {
                // One that waits keeps its place: the longest overdue goes first.
                let waits = takeover?.schedule.due(of: Int(before))
                first = min(first, planned ?? waits ?? now.moment)
            }
        }
        schedule.plan(slot, poll: first)
    }

    /// At once without a good answer to the current request, when a second poll is to confirm the
    /// last, else in its phase.
    private func firstPoll(_ slot: Int, at now: Now) -> Moment {
        let (settings, state) = (roster.settings[slot], states[slot])
        guard state.askedWith == settings.askedWith else { return now.moment }
        if state.awaitsSecondPoll {
            let wait = settings.policy.confirmAfter
            // A clock that was set makes it neither sooner nor later than it would be now.
            let left = state.lastPollAt.map { $0 + wait - now.instant } ?? .zero
            return now.moment + min(max(left, .zero), wait)
        }
        guard state.known != nil else { return now.moment }
        return now.moment(
            of: Cadence.nextPhase(
                of: settings.id.stableHash,
                interval: settings.interval,
                after: now.instant
            )
        )
    }
}
