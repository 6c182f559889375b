/// A configuration that tokens have yet to take over.
struct Takeover: Sendable {
    /// The change that a token has yet to take over.
    enum Lesson: UInt8 {
        case none
        /// The channels that were notified of its alerts.
        case channels
        /// The same channels, and the token has yet to be recorded.
        case firstSeen
    }

    /// The slot that each token had before; -1 for one without.
    let previous: [Int32]
    /// The lesson of each token.
    var lessons: [Lesson]
    /// Removed tokens that are not recorded yet.
    var leaving: ArraySlice<(settings: TokenSettings, state: TokenState)>
    /// The polls planned before.
    let schedule: Schedule
    /// All channels.
    let channels: Set<String>
    /// The channels whose earlier notifications do not count, and from where on.
    let untold: [String: ChannelMark]
    /// Whether the states come from the last run.
    let isStart: Bool
    /// The mutes of tokens with alerts, by the slots that they had before.
    let muted: [Int32: Mute]
    /// The mutes of hosts with alerts.
    let mutedHosts: [String: Mute]
}

/// The switch to a configuration: first the work that concerns all tokens, then token by token.
extension Engine {
    /// Whether some tokens have yet to take over the configuration.
    package var isTakingOver: Bool { takeover != nil }

    /// Replaces the roster.
    ///
    /// Its time depends on the tokens that came, left or moved; all others take some milliseconds.
    ///
    /// - Parameters:
    ///   - new: the configuration.
    ///   - untold: the channels whose earlier notifications do not count, and from where on.
    ///   - stored: the states of the last run.
    ///   - isStart: whether the daemon starts with it.
    ///   - now: the current time.
    /// - Returns: states to free elsewhere, because freeing 100,000 of them takes time.
    mutating func succeed(
        _ new: NewConfiguration,
        untold: [String: ChannelMark],
        stored: [TokenID: TokenState],
        isStart: Bool,
        at now: Now
    ) -> [TokenState] {
        let succession = new.succession
        let (old, oldSchedule) = (roster, schedule)
        let muted = mutesOfAlerts()
        let mutedHosts = mutesOfHostAlerts()
        subjects.policy = new.policy
        listings.beginAgain()
        leave(succession)
        var retired: [TokenState] = []
        if !succession.keepsSlots {
            swap(&retired, &states)
            states = Array(repeating: TokenState(), count: succession.roster.settings.count)
            // States that stay are moved: a copy of 100,000 would count references up and down.
            for (slot, before) in succession.previous.enumerated() where before >= 0 {
                swap(&states[slot], &retired[Int(before)])
            }
        }
        var leaving = succession.removed.map { (settings: old.settings[$0], state: retired[$0]) }
        put(succession.roster, concurrency: new.concurrency, perHost: new.perHost)
        openHosts(keepsCounts: true, at: now)
        var lessons = Array(repeating: Takeover.Lesson.channels, count: states.count)
        var unclaimed = stored.count
        for slot in succession.added {
            if let state = stored[roster.settings[slot].id] {
                states[slot] = state
                unclaimed -= 1
            } else {
                lessons[slot] = .firstSeen
            }
            census.add(states[slot])
        }
        // Usually every stored token is still watched, and none needs a search.
        if unclaimed > 0 {
            for (id, state) in stored where roster.slot(of: id) == nil && old.slot(of: id) == nil {
                let settings = TokenSettings(id: id, provider: .unknown, policy: new.policy)
                leaving.append((settings, state))
            }
            leaving.sort { $0.settings.id < $1.settings.id }
        }
        for slot in succession.added + succession.moved where slot < roster.polled {
            hosts.count(slot, states[slot])
        }
        takeover = Takeover(
            previous: succession.previous,
            lessons: lessons,
            leaving: leaving[...],
            schedule: oldSchedule,
            channels: new.channels,
            untold: untold,
            isStart: isStart,
            muted: muted,
            mutedHosts: mutedHosts
        )
        for (number, host) in old.hosts.enumerated() {
            guard let until = oldSchedule.heldUntil(host: number, at: now.moment),
                let present = roster.hosts.firstIndex(of: host)
            else { continue }
            hold(host: present, until: until)
        }
        return retired
    }

    /// Removes the tokens that leave, or leave their host, from the counts.
    private mutating func leave(_ succession: Succession) {
        for slot in succession.removed {
            census.remove(states[slot])
            if slot < roster.polled { hosts.discount(slot, states[slot]) }
        }
        for slot in succession.moved {
            let before = Int(succession.previous[slot])
            hosts.discount(before, states[before])
        }
    }

    /// Applies the configuration to a token before any decision about it.
    ///
    /// A channel that is gone or has a new address counts as not notified.
    mutating func learn(_ slot: Int, at now: Now) {
        guard let lesson = takeover?.lessons[slot], lesson != .none else { return }
        takeover?.lessons[slot] = .none
        let settings = roster.settings[slot]
        if lesson == .firstSeen {
            pending.note(settings.id, from: nil, startsSpan: false)
            record([firstSeen(settings, at: now.instant, ids: &ids)])
        }
        guard let takeover, !states[slot].alerts.isEmpty else { return }
        for index in states[slot].alerts.indices {
            let alert = states[slot].alerts[index]
            if takeover.isStart, HostTrouble(ofToken: alert.condition) != nil {
                // Nobody was notified, so its host's alert stood for this one.
                states[slot].alerts[index].isCovered =
                    alert.told.isEmpty && !alert.isUnconfirmed && alert.acknowledgement == nil
                    && mutes.mute(of: settings) == nil
            }
            let told = alert.told.filter {
                takeover.channels.contains($0)
                    && takeover.untold[$0]?.isAhead(of: settings.id) != true
            }
            if told.count < alert.told.count { states[slot].alerts[index].told = told }
        }
    }

    /// Resolves the alerts of removed tokens and forgets them, some at a time.
    ///
    /// - Returns: whether all of them are forgotten.
    package mutating func forgetSome(_ count: Int, at now: Now) -> Bool {
        guard let leaving = takeover?.leaving, !leaving.isEmpty else { return true }
        for (settings, state) in leaving.prefix(count) {
            record(forgotten(state, settings, at: now.instant, ids: &ids))
            pending.forget(settings.id)
        }
        takeover?.leaving = leaving.dropFirst(count)
        return leaving.count <= count
    }

    /// Records the tokens that joined and left, if the next configuration comes early.
    package mutating func announceAll(at now: Now) {
        guard let takeover else { return }
        _ = forgetSome(takeover.leaving.count, at: now)
        for slot in takeover.lessons.indices { learn(slot, at: now) }
        self.takeover = nil
    }

    /// Evaluates a token under the new configuration, and plans its next poll.
    package mutating func takeOver(_ slot: Int, at now: Now) {
        learn(slot, at: now)
        guard clock.doubt == nil else { return }
        if slot < roster.polled { planFirstPoll(slot, at: now) }
        let standing = takeover.map { muteStanding(of: slot, after: $0) } ?? .none
        guard case .ended = standing else { return apply(slot, .configured, at: now) }
        // The end of the mute also notifies of the changes by the configuration.
        apply(slot, .configured, at: now, mute: .muted)
        apply(slot, .timePassed, at: now, mute: standing)
    }

    /// Continues the evaluation of all tokens.
    ///
    /// - Returns: whether anything is judged now: not while the clock is doubted.
    package mutating func finishTakeover(at now: Now) -> Bool {
        let before = takeover
        takeover = nil
        guard clock.doubt == nil else { return false }
        for (token, asked) in doubtedPolls {
            guard let slot = roster.slot(of: token) else { continue }
            // These polls may have counted as use, at an unknown time.
            apply(slot, .cancelled(askedAt: now.instant - (now.moment - asked)), at: now)
        }
        doubtedPolls = []
        if let before { remindOfHosts(after: before, at: now) }
        beginHosts(at: now)
        return true
    }

    /// Plans the first poll under this configuration, unless an earlier one is planned.
    ///
    /// Polls planned out of phase stay: the daemon makes requested and in-flight ones at once, and
    /// retries failed ones as planned.
    private mutating func planFirstPoll(_ slot: Int, at now: Now) {
        var first = min(firstPoll(slot, at: now), schedule.nextPoll(of: slot) ?? .never)
        if let before = takeover?.previous[slot], before >= 0 {
            let planned = takeover?.schedule.nextPoll(of: Int(before))
            let isTriedAgain = states[slot].failures > 0 && states[slot].lastOutcome != .rejected
            // All other planned polls have their phase, in the new interval.
            if planned == nil || isTriedAgain {
                // A due poll keeps its place: the longest overdue goes first.
                let waits = takeover?.schedule.due(of: Int(before))
                first = min(first, planned ?? waits ?? now.moment)
            }
        }
        schedule.plan(slot, poll: first)
    }

    /// The time of the first poll.
    ///
    /// That is at once without a good answer to the current request, soon to confirm the last
    /// answer, and otherwise in phase.
    private func firstPoll(_ slot: Int, at now: Now) -> Moment {
        let (settings, state) = (roster.settings[slot], states[slot])
        guard state.askedWith == settings.askedWith else { return now.moment }
        if state.awaitsSecondPoll {
            let wait = settings.policy.confirmAfter
            // A change of the clock makes the poll neither earlier nor later than it would be now.
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
