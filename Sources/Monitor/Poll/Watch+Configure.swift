package import Alerting

extension Watch {
    /// Takes over a configuration: at the start with the stored states, later with the watch's own.
    ///
    /// Polls in flight are cancelled and repeated; tokens in both configurations keep their states
    /// and their waits. The first tokens are evaluated immediately, the others soon after.
    ///
    /// - Parameters:
    ///   - configuration: the new configuration.
    ///   - plan: its roster, made from the current one; nil to make it here.
    ///   - addresses: digests of the channels' addresses, without those that cannot be read now.
    ///   - stored: the state that the last run left; empty at a reload.
    /// - Returns: the changes.
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
        // The cancellation notes in the states that the polls may have counted as use.
        polls.cancelAll(self)
        polls.forget()
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

    /// The configured tokens, and the sources of their polls.
    var inUse: (Roster, [TokenSource]) { (engine.roster, sources) }
}
