import Alerting

/// A configuration that was put in place, and that its tokens are still to learn of.
struct Takeover {
    /// The slot that each token had before; -1 for one without.
    let previous: [Int32]
    /// Which tokens are not in the store.
    let isNew: [Bool]
    /// So many tokens, in the order of the slots, are known to the record.
    var announced = 0
    /// Tokens that are gone, and of which the record does not know yet.
    var leaving: ArraySlice<(settings: TokenSettings, state: TokenState)>
    /// What was planned before.
    let schedule: Schedule
}

/// What a new configuration means for each token.
extension Watch {
    /// Brings the states into the order of a new roster.
    ///
    /// - Parameters:
    ///   - plan: the roster, which is in use.
    ///   - old: the one before.
    ///   - stored: the states of the last run.
    ///   - schedule: what was planned before.
    func takeStates(
        _ plan: RosterPlan,
        of old: Roster,
        stored: [TokenID: TokenState],
        _ schedule: Schedule
    ) {
        var isNew = Array(repeating: false, count: roster.tokens.count)
        var leaving = plan.removed.map { (settings: old.tokens[$0].settings, state: states[$0]) }
        for leaver in leaving { tally.remove(leaver.state) }
        for id in stored.keys.filter({ roster.slot(of: $0) == nil && old.slot(of: $0) == nil }) {
            let settings = TokenSettings(id: id, provider: .unknown, policy: policy)
            leaving.append((settings, stored[id] ?? TokenState()))
        }
        if !stored.isEmpty { leaving.sort { $0.settings.id < $1.settings.id } }
        if !plan.keepsSlots {
            var moved: [TokenState] = []
            moved.reserveCapacity(roster.tokens.count)
            for (slot, before) in plan.previous.enumerated() {
                if before >= 0 {
                    moved.append(states[Int(before)])
                    continue
                }
                let state = stored[roster.tokens[slot].settings.id]
                isNew[slot] = state == nil
                moved.append(state ?? TokenState())
                tally.add(moved[slot])
            }
            states = moved
        }
        takeover = Takeover(
            previous: plan.previous,
            isNew: isNew,
            leaving: leaving[...],
            schedule: schedule
        )
    }

    /// Counts all tokens from scratch.
    func countStates() {
        tally = tally.withoutTokens
        for state in states { tally.add(state) }
    }

    /// Takes a new configuration's channels: one that is gone or leads elsewhere was told nothing.
    func keepAlerts(_ channels: Set<String>, _ untold: [String: ChannelMark]) {
        for slot in states.indices where !states[slot].alerts.isEmpty {
            let settings = roster.tokens[slot].settings
            for index in states[slot].alerts.indices {
                let alert = states[slot].alerts[index]
                if !hasStarted, HostTrouble(ofToken: alert.condition) != nil {
                    // Nobody was told, so its host's alert stood for it.
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

    /// Leaves hosts alone for as long as they asked.
    func keepHolds(_ schedule: Schedule, of old: Roster, _ now: Now) {
        for (number, host) in old.hosts.enumerated() {
            guard let until = schedule.heldUntil(host: number, at: now.moment),
                let present = roster.hosts.firstIndex(of: host)
            else { continue }
            self.schedule.hold(host: present, until: until)
        }
    }

    /// What left the configuration resolves and is forgotten, some tokens at a time.
    ///
    /// - Returns: whether all are.
    func forgetSome(_ count: Int, _ now: Now) -> Bool {
        guard let leaving = takeover?.leaving, !leaving.isEmpty else { return true }
        for (settings, state) in leaving.prefix(count) {
            record(forgotten(state, settings, at: now.instant, ids: &ids))
            pending.forget(settings.id)
        }
        takeover?.leaving = leaving.dropFirst(count)
        wakeCommitter()
        return leaving.count <= count
    }

    /// Tells the record of the tokens that came and went, where the next configuration comes early.
    func announceAll(_ now: Now) {
        guard let takeover else { return }
        _ = forgetSome(takeover.leaving.count, now)
        for slot in takeover.announced..<takeover.isNew.count { announce(slot, now) }
        self.takeover = nil
    }

    private func announce(_ slot: Int, _ now: Now) {
        guard let announced = takeover?.announced, slot >= announced else { return }
        takeover?.announced = slot + 1
        guard takeover?.isNew[slot] == true else { return }
        let settings = roster.tokens[slot].settings
        pending.note(settings.id, from: nil, startsSpan: false)
        record([firstSeen(settings, at: now.instant, ids: &ids)])
        wakeCommitter()
    }

    /// Evaluates a token under the new configuration, and plans its next poll.
    func takeOver(_ slot: Int, _ now: Now) {
        announce(slot, now)
        guard clock.doubt == nil else { return }
        planFirstPoll(slot, now)
        apply(slot, .configured, now)
    }

    /// Goes on with what all tokens had to be evaluated for.
    func finishTakeover() {
        takeover = nil
        guard clock.doubt == nil else { return }
        let now = ports.clock()
        for (token, asked) in doubtedPolls {
            guard let slot = roster.slot(of: token) else { continue }
            // They may have counted as use, at a time that nobody knows exactly.
            apply(slot, .cancelled(askedAt: now.instant - (now.moment - asked)), now)
        }
        doubtedPolls = []
        beginHosts(now)
        begin(.secrets)
    }

    /// Plans the first poll under this configuration, unless an earlier one is planned.
    ///
    /// What was planned out of phase is kept: polls that were asked for or under way are made at once,
    /// and failed ones are tried again when they would have been.
    private func planFirstPoll(_ slot: Int, _ now: Now) {
        var first = min(firstPoll(slot, now), schedule.nextPoll(of: slot) ?? .never)
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

    /// At once without a good answer to the present question, when a second poll is to confirm the
    /// last, else in its phase.
    private func firstPoll(_ slot: Int, _ now: Now) -> Moment {
        let token = roster.tokens[slot]
        let state = states[slot]
        if state.awaitsSecondPoll, state.askedWith == token.access.askedWith {
            let wait = token.settings.policy.confirmAfter
            // A clock that was set makes it neither sooner nor later than it would be now.
            let left = state.lastPollAt.map { $0 + wait - now.instant } ?? .zero
            return now.moment + min(max(left, .zero), wait)
        }
        let isAnswered = state.known != nil && state.askedWith == token.access.askedWith
        return isAnswered ? now.moment(of: nextPhase(token.settings, now.instant)) : now.moment
    }
}
