package import Alerting
import Dispatch

extension Watch {
    /// Takes over a configuration: at the start with the stored states, later with its own.
    ///
    /// Polls in flight are cancelled and made again; states of tokens that stay are kept, and so is
    /// what their polls wait for. The first tokens are evaluated at once, the others soon after.
    ///
    /// - Parameters:
    ///   - configuration: the whole of it.
    ///   - plan: its roster, made from the one in use; nil to make it here.
    ///   - stored: the states of the last run.
    ///   - storedSubjects: its alerts of hosts and the daemon.
    ///   - addresses: where the channels lead; without those whose address cannot be read now.
    ///   - storedChannels: what the last run remembered of its channels; nil at a reload.
    ///   - storedMutes: its mutes.
    ///   - newestStored: its latest reading of the clock; nil where there is none.
    ///   - dispute: what it reported about clocks that differ.
    /// - Returns: what is not as it was.
    @discardableResult
    package func configure(
        _ configuration: Configuration,
        plan: RosterPlan? = nil,
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
        announceAll(now)
        endSweeps()
        // It notes in the states that the polls may have counted as use.
        cancelFlights()
        let plan = plan ?? RosterPlan(from: roster, to: configuration.tokens)
        let (old, oldSchedule) = (roster, schedule)
        refusals.removeAll()
        subjectAlerts.merge(storedSubjects) { present, _ in present }
        for mute in storedMutes { mutes.add(mute) }
        polling = configuration.polling
        policy = configuration.policy
        roster = plan.roster
        schedule = Schedule(
            hosts: roster.hostOfSlot,
            concurrency: polling.concurrency,
            perHost: polling.perHost
        )
        holders = SecretHolders(count: roster.tokens.count)
        takeStates(plan, of: old, stored: stored, oldSchedule)
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
        keepAlerts(channels, untold)
        if !hasStarted { countStates() }
        countHosts()
        clock.keep(hosts: roster.hosts)
        keepLimits()
        beginPace()
        keepHolds(oldSchedule, of: old, now)
        beginResources(now)
        begin(now)
        wakeCommitter()
        pump()
        return plan.change
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

    /// What was a duplicate before this configuration, and is none in it.
    func endDuplicates() {
        let now = ports.clock()
        for slot in states.indices
        where states[slot].duplicateOf != nil && holders.companion(of: slot) == nil {
            apply(slot, .duplicate(nil), now)
        }
    }

    func verifySecret(_ slot: Int) {
        guard schedule.nextPoll(of: slot) != nil else { return }
        let now = ports.clock()
        let reading = try? ports.secrets.read(roster.tokens[slot].secret)
        note(slot, holds: reading?.secret.digest(key: ports.digestKey), now)
        if reading?.secret.digest(key: ports.digestKey) != states[slot].secret {
            schedule.plan(slot, poll: now.moment)
        }
    }
}
