package import Alerting

extension Watch {
    /// Takes over a configuration: at the start with the stored states, later with its own.
    ///
    /// Polls in flight are cancelled and made again; states of tokens that stay are kept, and so is
    /// what their polls wait for. The first tokens are evaluated at once, the others soon after.
    ///
    /// - Parameters:
    ///   - configuration: the whole of it.
    ///   - plan: its roster, made from the one in use; nil to make it here.
    ///   - addresses: where the channels lead; without those whose address cannot be read now.
    ///   - stored: what the last run left; nothing at a reload.
    /// - Returns: what is not as it was.
    @discardableResult
    package func configure(
        _ configuration: Configuration,
        plan: RosterPlan? = nil,
        addresses: [String: SecretDigest] = [:],
        stored: StoredRun = StoredRun()
    ) -> RosterChange {
        if !hasStarted {
            engine.beginClock(ports.machineClock(), build: Version.made, stored: stored)
            ports.credible.move(to: engine.clock.base)
        }
        // It notes in the states that the polls may have counted as use.
        cancelFlights()
        putOffLists.removeAll()
        accessTokens.removeAll()
        let plan =
            plan
            ?? RosterPlan(
                from: engine.roster,
                sources,
                to: configuration.tokens,
                configuration.inventories,
                stored: stored.tokens.keys.filter(\.isListed)
            )
        polling = configuration.polling
        sources = plan.sources
        let now = ports.clock()
        let retired = engine.configure(
            NewConfiguration(
                plan.succession,
                policy: configuration.policy,
                concurrency: polling.concurrency,
                perHost: polling.perHost,
                addresses: addresses,
                channelPolicies: configuration.policiesOfChannels
            ),
            stored: stored,
            isStart: !hasStarted,
            at: now
        )
        Background.start { withExtendedLifetime(retired) {} }
        engine.beginJudging(now.moment, isSynchronised: ports.isSynchronised)
        followClock()
        pump()
        return plan.change
    }

    /// The tokens that are watched, and how each is asked.
    var inUse: (Roster, [TokenSource]) { (engine.roster, sources) }
}
