package import Alerting

extension Watch {
    /// Counts of everything at once.
    package struct Summary: Hashable, Sendable {
        package let tokens: Int
        package let tally: Tally
        package let nextPollAt: Instant?
        package let inFlight: Int
        /// Tokens that wait for their poll for more than twice their interval.
        package let overdue: Int
        /// The alerts of hosts and of the daemon.
        package let subjects: [AlertSubject: [SubjectAlert]]
        /// Whose time counts.
        package var belief = ClockWatch.Belief.local
        /// What precedes everything while this machine's clock is wrong; nil while it is right.
        package var clockLead: String?
        /// How many mutes hold.
        package var mutes = 0
    }

    /// Now, by the clock that counts.
    func instant() -> Instant { ports.clock().instant }

    package func summary() -> Summary {
        let now = ports.clock()
        let next = schedule.nextMoment(after: now.moment)
        return Summary(
            tokens: roster.tokens.count,
            tally: tally,
            nextPollAt: next == .never ? nil : now.instant(of: next),
            inFlight: schedule.inFlight,
            overdue: pace.overdue,
            subjects: shownSubjects(now),
            belief: clock.doubt == nil ? clock.belief : ClockWatch.Belief.none,
            clockLead: clock.lead,
            mutes: mutes.count
        )
    }

    package func snapshot(of id: TokenID) -> TokenSnapshot? {
        roster.slot(of: id).map { snapshot($0, ports.clock()) }
    }

    /// What the provider of a token does not tell, in sentences; of the profile, which tokens share.
    package func cannotSee(of id: TokenID) -> [String] {
        roster.slot(of: id).map { roster.tokens[$0].access.profile.cannotSee } ?? []
    }

    /// A page of tokens in the order of their ids, behind one of them.
    ///
    /// A page at a time, so that showing 100,000 of them holds up no poll; a reload between two pages
    /// repeats none, and leaves none out.
    package func snapshots(after id: TokenID?, limit: Int) -> [TokenSnapshot] {
        let now = ports.clock()
        let start = id.map { roster.firstSlot(after: $0) } ?? 0
        let end = min(roster.tokens.count, start + limit)
        guard start < end else { return [] }
        return (start..<end).map { snapshot($0, now) }
    }

    private func snapshot(_ slot: Int, _ now: Now) -> TokenSnapshot {
        let held = schedule.heldUntil(host: roster.hostOfSlot[slot], at: now.moment)
        return TokenSnapshot(
            settings: roster.tokens[slot].settings,
            state: states[slot].shown(coveredBy: hosts.standing(of: slot).covered),
            plan: PollPlan(
                stage: schedule.nextPoll(of: slot).map { .scheduled(now.instant(of: $0)) }
                    ?? (schedule.isInFlight(slot) ? .inFlight : .ready),
                heldUntil: held.map(now.instant(of:)),
                limitedUntil: limitedUntil(slot, now),
                refusedUntil: refusals[slot].map { now.instant(of: $0.until) },
                doubtedUntil: clock.doubt.map { now.instant(of: $0.until) }
            ),
            at: now.instant,
            spread: clock.spread(of: roster.tokens[slot].settings.host),
            mute: mutes.mute(of: roster.tokens[slot].settings)
        )
    }
}
