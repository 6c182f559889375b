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
        let next = engine.schedule.nextMoment(after: now.moment)
        return Summary(
            tokens: engine.states.count,
            tally: Tally(engine.census, polls: polls),
            nextPollAt: next == .never ? nil : now.instant(of: next),
            inFlight: engine.schedule.inFlight,
            overdue: engine.overdue,
            subjects: shownSubjects(now),
            belief: engine.clock.doubt == nil ? engine.clock.belief : ClockWatch.Belief.none,
            clockLead: engine.clock.lead,
            mutes: engine.mutes.count
        )
    }

    package func snapshot(of id: TokenID) -> TokenSnapshot? {
        engine.roster.slot(of: id).map { snapshot($0, ports.clock()) }
    }

    /// What the provider of a token does not tell, in sentences; of the profile, which tokens share.
    package func cannotSee(of id: TokenID) -> [String] {
        engine.roster.slot(of: id).map { slot in
            let profile = sources[engine.roster.polledSlot(for: slot)].access.profile
            return slot < sources.count ? profile.cannotSee : profile.list?.tells.cannotSee ?? []
        } ?? []
    }

    /// A page of tokens in the order of their ids, behind one of them.
    ///
    /// A page at a time, so that showing 100,000 of them holds up no poll; a reload between two pages
    /// repeats none, and leaves none out.
    package func snapshots(after id: TokenID?, limit: Int) -> [TokenSnapshot] {
        let now = ports.clock()
        let start = id.map { engine.roster.firstSlot(after: $0) } ?? 0
        let end = min(engine.states.count, start + limit)
        guard start < end else { return [] }
        return (start..<end).map { snapshot($0, now) }
    }

    private func snapshot(_ slot: Int, _ now: Now) -> TokenSnapshot {
        let settings = engine.roster.settings[slot]
        let schedule = engine.schedule
        var state = engine.states[slot].shown(coveredBy: engine.standing(of: slot).covered)
        // A listed token is polled with its inventory.
        let polled = engine.roster.polledSlot(for: slot)
        if polled != slot { state = state.read(with: engine.states[polled]) }
        return TokenSnapshot(
            settings: settings,
            state: state,
            plan: plan(polled, schedule, now),
            at: now.instant,
            spread: engine.clock.spread(of: settings.host),
            mute: engine.mutes.mute(of: settings)
        )
    }

    private func plan(_ slot: Int, _ schedule: Schedule, _ now: Now) -> PollPlan {
        let held = schedule.heldUntil(host: engine.roster.hostOfSlot[slot], at: now.moment)
        return PollPlan(
            stage: schedule.nextPoll(of: slot).map { .scheduled(now.instant(of: $0)) }
                ?? (schedule.isInFlight(slot) ? .inFlight : .ready),
            heldUntil: held.map(now.instant(of:)),
            limitedUntil: engine.limitedUntil(slot, at: now),
            refusedUntil: engine.refusals[slot].map { now.instant(of: $0.until) },
            doubtedUntil: engine.clock.doubt.map { now.instant(of: $0.until) }
        )
    }

    /// An alert of a host or the daemon, with what is to be said of it now.
    package struct SubjectAlert: Hashable, Sendable {
        package let alert: Alert
        package let finding: Finding
    }

    /// The alerts of hosts and the daemon, for showing.
    private func shownSubjects(_ now: Now) -> [AlertSubject: [SubjectAlert]] {
        var shown: [AlertSubject: [SubjectAlert]] = [:]
        for (subject, alerts) in engine.subjects.alerts {
            let open = alerts.filter { $0.clearSince == nil }
            guard !open.isEmpty else { continue }
            shown[subject] = open.map {
                SubjectAlert(alert: $0, finding: engine.present($0, of: subject, at: now))
            }
        }
        return shown
    }
}
