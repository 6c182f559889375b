package import Alerting
import Dispatch

extension Watch {
    /// Takes over a configuration: at the start with the stored states, later with its own.
    ///
    /// Polls in flight are cancelled and made again; states of tokens that stay are kept, and so is
    /// what their polls wait for.
    ///
    /// - Parameters:
    ///   - configuration: the whole of it.
    ///   - stored: the states of the last run.
    ///   - storedSubjects: its alerts of hosts and the daemon.
    ///   - addresses: where the channels lead; without those whose address cannot be read now.
    ///   - storedChannels: what the last run remembered of its channels; nil at a reload.
    ///   - storedMutes: its mutes.
    ///   - newestStored: its latest reading of the clock; nil where there is none.
    ///   - dispute: what it reported about clocks that differ.
    /// - Returns: what is not as it was.
    package func configure(
        _ configuration: Configuration,
        stored: [TokenID: TokenState] = [:],
        storedSubjects: [AlertSubject: [Alert]] = [:],
        addresses: [String: SecretDigest] = [:],
        storedChannels: [String: ChannelMark]? = nil,
        storedMutes: [Mute] = [],
        newestStored: Instant? = nil,
        dispute: ClockWatch.Dispute? = nil
    ) -> RosterChange {
        if !hasStarted {
            clock = ClockWatch(
                at: ports.machineClock(),
                limits: ClockEvidence.Limits(build: Version.made, newestStored: newestStored),
                dispute: dispute
            )
            ports.credible.move(to: clock.base)
            toldBelief = dispute?.belief
        }
        let now = ports.clock()
        let (old, oldSchedule) = (roster, schedule)
        // It notes in the states that the polls may have counted as use.
        cancelFlights()
        var known = stored
        for (slot, token) in old.tokens.enumerated() { known[token.settings.id] = states[slot] }
        refusals.removeAll()
        subjectAlerts.merge(storedSubjects) { present, _ in present }
        for mute in storedMutes { mutes.add(mute) }
        polling = configuration.polling
        policy = configuration.policy
        roster = Roster(configuration.tokens)
        schedule = Schedule(
            hosts: roster.hostOfSlot,
            concurrency: polling.concurrency,
            perHost: polling.perHost
        )
        holders = SecretHolders(count: roster.tokens.count)
        var change = RosterChange()
        forget(known, old, now, &change)
        let channels = Set(configuration.channels.map(\.name))
        let untold = takeChannels(
            channels,
            addresses: addresses,
            stored: storedChannels
        )
        keepSubjects(
            told: channels.subtracting(untold.filter(\.value.isAtStart).keys),
            configuration
        )
        tally = tally.withoutTokens
        states = roster.tokens.map { token in
            var state = known[token.settings.id] ?? TokenState()
            for index in state.alerts.indices {
                if !hasStarted, HostTrouble(ofToken: state.alerts[index].condition) != nil {
                    // Nobody was told, so its host's alert stood for it.
                    state.alerts[index].isCovered =
                        state.alerts[index].told.isEmpty && !state.alerts[index].isUnconfirmed
                        && state.alerts[index].acknowledgement == nil
                        && mutes.mute(of: token.settings) == nil
                }
                state.alerts[index].told.removeAll { channel in
                    !channels.contains(channel)
                        || untold[channel]?.isAhead(of: token.settings.id) == true
                }
            }
            tally.add(state)
            return state
        }
        countHosts()
        for slot in roster.tokens.indices {
            let token = roster.tokens[slot]
            if known[token.settings.id] == nil {
                change.added.append(token.settings.id)
                pending.note(token.settings.id, from: nil, startsSpan: false)
                record([firstSeen(token.settings, at: now.instant, ids: &ids)])
            } else if let before = old.slot(of: token.settings.id),
                !token.isSame(as: old.tokens[before])
            {
                change.changed.append(token.settings.id)
            }
        }
        clock.keep(hosts: roster.hosts)
        keepLimits()
        beginPace()
        begin(now)
        takeOver(oldSchedule, of: old, now)
        wakeCommitter()
        pump()
        return change
    }

    /// Keeps what was planned out of phase: polls that were asked for or under way are made at once,
    /// failed ones are tried again when they would have been, and hosts are left alone for as long
    /// as they asked for.
    private func takeOver(_ schedule: Schedule, of old: Roster, _ now: Now) {
        for (number, host) in old.hosts.enumerated() {
            guard let until = schedule.heldUntil(host: number, at: now.moment),
                let present = roster.hosts.firstIndex(of: host)
            else { continue }
            self.schedule.hold(host: present, until: until)
        }
        // While the clock is doubted one token a host is asked, and all begin anew after it.
        guard clock.doubt == nil else { return }
        for slot in roster.tokens.indices {
            guard let before = old.slot(of: roster.tokens[slot].settings.id),
                let present = self.schedule.nextPoll(of: slot)
            else { continue }
            // One that waits keeps its place: the longest overdue goes first.
            let planned = schedule.nextPoll(of: before)
            let waits = planned == nil ? schedule.due(of: before) : nil
            let isTriedAgain = states[slot].failures > 0 && states[slot].lastOutcome != .rejected
            // All others that are planned have their phase, in the new interval.
            guard planned == nil || isTriedAgain else { continue }
            self.schedule.plan(slot, poll: min(present, planned ?? waits ?? now.moment))
        }
    }

    /// Polls tokens as soon as the limits allow, whatever phase and backoff say; nil means all.
    ///
    /// - Parameter ids: those that are not watched are passed over.
    /// - Returns: how many will be polled, now or when their host allows it.
    package func pollNow(_ ids: [TokenID]?) -> PollRequest {
        let now = ports.clock()
        let slots =
            ids.map { $0.compactMap { roster.slot(of: $0) } } ?? Array(roster.tokens.indices)
        for slot in slots {
            refusals[slot] = nil
            limited[roster.tokens[slot].settings.id] = nil
            schedule.plan(slot, poll: now.moment)
        }
        let holds = slots.compactMap { slot in
            schedule.heldUntil(host: roster.hostOfSlot[slot], at: now.moment)
        }
        pump()
        return PollRequest(
            tokens: slots.count,
            held: holds.count,
            heldUntil: holds.max().map(now.instant(of:))
        )
    }

    /// What came of asking for polls.
    package struct PollRequest: Hashable, Sendable {
        package let tokens: Int
        /// Of these, those whose host asked to be left alone: they are polled as soon as it may be.
        package let held: Int
        /// When the last of the held may be polled; nil where none is held.
        package let heldUntil: Instant?
    }

    /// What left the configuration resolves and is forgotten.
    private func forget(
        _ known: [TokenID: TokenState],
        _ old: Roster,
        _ now: Now,
        _ change: inout RosterChange
    ) {
        for id in known.keys.filter({ roster.slot(of: $0) == nil }).sorted() {
            guard let state = known[id] else { continue }
            let settings =
                old.slot(of: id).map { old.tokens[$0].settings }
                ?? TokenSettings(id: id, provider: .unknown, policy: policy)
            change.removed.append(id)
            record(forgotten(state, settings, at: now.instant, ids: &ids))
            pending.forget(id)
        }
    }

    /// At once without a good answer to the present question, when a second poll is to confirm the
    /// last, else in its phase.
    func planFirstPoll(_ slot: Int, _ now: Now) {
        let token = roster.tokens[slot]
        let state = states[slot]
        if state.awaitsSecondPoll, state.askedWith == token.access.askedWith {
            let wait = token.settings.policy.confirmAfter
            // A clock that was set makes it neither sooner nor later than it would be now.
            let left = state.lastPollAt.map { $0 + wait - now.instant } ?? .zero
            return schedule.plan(slot, poll: now.moment + min(max(left, .zero), wait))
        }
        let isAnswered = state.known != nil && state.askedWith == token.access.askedWith
        schedule.plan(
            slot,
            poll: isAnswered
                ? now.moment(of: nextPhase(token.settings, now.instant)) : now.moment
        )
    }

    /// Half a millisecond: others wait for the queue too, and at the start READY does.
    private static let secretsInOneTurn = 32

    /// Compares the secrets with those of the last good answers, some at a time: reading 100,000
    /// files in one go would hold up everything else.
    func verifySecrets(from start: Int, of count: Int) {
        guard count == roster.tokens.count else { return }
        if start == count { return endDuplicates() }
        let end = min(count, start + Self.secretsInOneTurn)
        for slot in start..<end { verifySecret(slot) }
        executor.queue.async { [weak self] in
            self?.assumeIsolated { $0.verifySecrets(from: end, of: count) }
        }
    }

    /// What was a duplicate before this configuration, and is none in it.
    private func endDuplicates() {
        let now = ports.clock()
        for slot in states.indices
        where states[slot].duplicateOf != nil && holders.companion(of: slot) == nil {
            apply(slot, .duplicate(nil), now)
        }
    }

    private func verifySecret(_ slot: Int) {
        guard schedule.nextPoll(of: slot) != nil else { return }
        let now = ports.clock()
        let reading = try? ports.secrets.read(roster.tokens[slot].secret)
        note(slot, holds: reading?.secret.digest(key: ports.digestKey), now)
        if reading?.secret.digest(key: ports.digestKey) != states[slot].secret {
            schedule.plan(slot, poll: now.moment)
        }
    }
}

extension WatchedToken {
    /// Whether a reload has left everything about it as it was.
    fileprivate func isSame(as other: WatchedToken) -> Bool {
        settings == other.settings && secret == other.secret
            && access.askedWith == other.access.askedWith
            && access.secrets == other.access.secrets
    }
}
