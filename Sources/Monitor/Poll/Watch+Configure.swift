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
            let clock = ClockWatch(
                at: ports.machineClock(),
                limits: ClockEvidence.Limits(build: Version.made, newestStored: newestStored),
                dispute: dispute
            )
            engine.begin(clock, told: dispute?.belief)
            ports.credible.move(to: clock.base)
        }
        let now = ports.clock()
        engine.announceAll(at: now)
        endSweeps()
        // It notes in the states that the polls may have counted as use.
        cancelFlights()
        let plan =
            plan
            ?? RosterPlan(
                from: engine.roster,
                sources,
                to: configuration.tokens,
                configuration.inventories,
                stored: stored.keys.filter(\.isListed)
            )
        polling = configuration.polling
        sources = plan.sources
        holders = SecretHolders(count: sources.count)
        engine.subjects.resume(storedSubjects)
        engine.resume(storedMutes)
        let retired = engine.succeed(
            plan.succession,
            stored: stored,
            policy: configuration.policy,
            concurrency: polling.concurrency,
            perHost: polling.perHost,
            at: now
        )
        Background.start { withExtendedLifetime(retired) {} }
        let channels = Set(configuration.channels.map(\.name))
        let untold = engine.takeChannels(channels, addresses: addresses, stored: storedChannels)
        engine.keepSubjects(
            told: channels.subtracting(untold.filter(\.value.isAtStart).keys),
            channels: channels,
            at: now,
            policy: { configuration.policy(forTroubleOf: $0) }
        )
        engine.keepAlerts(channels, untold: untold, isStart: !hasStarted)
        if !hasStarted { engine.countStates() }
        engine.countHosts(at: now)
        engine.clock.keep(hosts: engine.roster.hosts)
        engine.keepLimits()
        engine.beginPace(
            perHost: polling.perHost,
            concurrency: polling.concurrency,
            isStart: !hasStarted,
            at: now
        )
        if !hasStarted { engine.beginResources(at: now) }
        begin(now)
        follow()
        pump()
        return plan.change
    }

    /// The tokens that are watched, and how each is asked.
    var inUse: (Roster, [TokenSource]) { (engine.roster, sources) }

    /// What was a duplicate before this configuration, and is none in it.
    func endDuplicates() {
        let now = ports.clock()
        for slot in sources.indices
        where engine.states[slot].duplicateOf != nil && holders.companion(of: slot) == nil {
            apply(slot, .duplicate(nil), now)
        }
    }

    func verifySecret(_ slot: Int) {
        guard engine.schedule.nextPoll(of: slot) != nil else { return }
        let now = ports.clock()
        let reading = try? ports.secrets.read(sources[slot].secret)
        let digest = reading?.secret.digest(key: ports.digestKey)
        note(slot, holds: digest, now)
        if digest != engine.states[slot].secret { engine.plan(slot, poll: now.moment) }
    }
}
