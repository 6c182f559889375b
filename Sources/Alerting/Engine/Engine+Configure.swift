/// The part of a configuration that decisions depend on.
package struct NewConfiguration: Sendable {
    let succession: Succession
    /// The policy of hosts and the daemon.
    let policy: Policy
    let concurrency: Int
    let perHost: Int
    /// Digests of the channels' addresses, without those that cannot be read now.
    let addresses: [String: SecretDigest]
    /// The recipients of each channel's alerts.
    let channelPolicies: [String: Policy]

    /// - Parameters:
    ///   - succession: the tokens, made from the roster in use.
    ///   - policy: what hosts and the daemon are judged by.
    ///   - concurrency: requests in flight, all hosts together.
    ///   - perHost: requests in flight to one host.
    ///   - addresses: digests of the channels' addresses, without those that cannot be read now.
    ///   - channelPolicies: the recipients of each channel's alerts; has every channel.
    package init(
        _ succession: Succession,
        policy: Policy,
        concurrency: Int,
        perHost: Int,
        addresses: [String: SecretDigest] = [:],
        channelPolicies: [String: Policy] = [:]
    ) {
        self.succession = succession
        self.policy = policy
        self.concurrency = concurrency
        self.perHost = perHost
        self.addresses = addresses
        self.channelPolicies = channelPolicies
    }

    var channels: Set<String> { Set(channelPolicies.keys) }
}

/// The state that the last run left in the store.
package struct StoredRun: Sendable {
    package var tokens: [TokenID: TokenState]
    /// The alerts of hosts and the daemon.
    package var subjects: [AlertSubject: [Alert]]
    /// The stored marks of the channels; nil at a reload.
    package var channels: [String: ChannelMark]?
    package var mutes: [Mute]
    /// The last run's latest reading of the clock; nil if there is none.
    package var newestInstant: Instant?
    /// The last run's report about clocks that differ.
    package var dispute: ClockWatch.Dispute?

    package init(
        tokens: [TokenID: TokenState] = [:],
        subjects: [AlertSubject: [Alert]] = [:],
        channels: [String: ChannelMark]? = nil,
        mutes: [Mute] = [],
        newestInstant: Instant? = nil,
        dispute: ClockWatch.Dispute? = nil
    ) {
        self.tokens = tokens
        self.subjects = subjects
        self.channels = channels
        self.mutes = mutes
        self.newestInstant = newestInstant
        self.dispute = dispute
    }
}

/// The values that a new configuration replaced, kept until they can be freed.
package struct Retired: Sendable {
    let states: [TokenState]
    let roster: Roster
    let holders: SecretHolders
}

extension Engine {
    /// Switches to a configuration; a sweep then applies it to the tokens.
    ///
    /// - Parameters:
    ///   - new: the configuration.
    ///   - stored: what the last run left; nothing at a reload.
    ///   - isStart: whether the daemon starts with it.
    ///   - now: the current time.
    /// - Returns: values to free elsewhere, because freeing 100,000 states takes time.
    package mutating func configure(
        _ new: NewConfiguration,
        stored: StoredRun = StoredRun(),
        isStart: Bool,
        at now: Now
    ) -> Retired {
        announceAll(at: now)
        sweeps = [:]
        subjects.resume(stored.subjects)
        resume(stored.mutes)
        let channels = new.channels
        let untold = takeChannels(channels, addresses: new.addresses, stored: stored.channels)
        let (oldRoster, oldHolders) = (roster, holders)
        let states = succeed(new, untold: untold, stored: stored.tokens, isStart: isStart, at: now)
        holders = new.succession.holders
        keepSubjects(
            told: channels.subtracting(untold.filter(\.value.isAtStart).keys),
            policies: new.channelPolicies,
            at: now
        )
        clock.keep(hosts: roster.hosts)
        keepLimits()
        beginPace(perHost: new.perHost, concurrency: new.concurrency, isStart: isStart, at: now)
        if isStart { beginResources(at: now) }
        return Retired(states: states, roster: oldRoster, holders: oldHolders)
    }
}
