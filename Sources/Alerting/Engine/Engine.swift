/// Decides everything about the tokens, their hosts and the daemon itself, without any I/O.
///
/// Values and the current time go in. The results are `pending`, to write and notify; the
/// `schedule`, which knows when to poll and evaluate each token; and `wantsTurn`. The daemon and
/// `simulate` drive the same engine.
package struct Engine: Sendable {
    package internal(set) var roster = Roster([])
    /// The state of each slot.
    package internal(set) var states: [TokenState] = []
    package internal(set) var schedule = Schedule(hosts: [], concurrency: 1, perHost: 1)
    package internal(set) var census = Census()
    /// Whether a trouble belongs to the tokens or to their host.
    var hosts = HostBook()
    package var subjects = SubjectBook()
    /// Tokens that are polled later, by their slots, because their provider rejects them.
    package internal(set) var refusals: [Int: Refusal] = [:]
    /// Tokens whose last answer requested a pause, and until when.
    var limited: [TokenID: Refusal] = [:]
    var limits = RateLimits()
    var pace = PaceWatch()
    var nextPaceCheck = Moment.never
    package var resources = ResourceWatch()
    /// The facts about the channels that the next run needs, by name.
    var channelMarks: [String: ChannelMark] = [:]
    /// The active mutes.
    package internal(set) var mutes = MuteBook()
    /// The clock that counts.
    package var clock: ClockWatch
    package var ids: EventIDs
    /// The changes since the last commit.
    package var pending = PendingWrites()
    /// Whether the engine needs another turn, after others had theirs.
    package internal(set) var wantsTurn = false
    /// Tokens to evaluate again, some of them with a trouble that is known to be their own.
    var toJudge: [(slot: Int, own: HostTrouble?)] = []
    /// The configuration that some tokens have not taken over yet; nil once all have.
    var takeover: Takeover?
    /// Listings of inventories that are not compared yet.
    var listings = ListingQueue()
    /// Facts that tokens share.
    var sharedFacts = SharedFacts()
    /// Changes when listed tokens move to other slots.
    package internal(set) var layout: UInt = 0
    /// The slots that hold each secret.
    var holders = SecretHolders(count: 0)
    /// The next slot of each sweep in progress.
    var sweeps: [Sweep: Int] = [:]
    /// The error of the last commit; nil if it succeeded.
    package internal(set) var storeProblem: String?
    /// The finding about rows that could not be read in this run.
    var unreadable: Finding?
    package internal(set) var polls = PollFigures()
    /// Polls made while the clock was doubted, with their times.
    var doubtedPolls: [(token: TokenID, askedAt: Moment)] = []
    /// The last report about the clock.
    var reportedClock: ClockWatch.Report?
    /// The clock that counts, according to the last notification.
    var toldBelief: ClockWatch.Belief?
    var random: SplitMix64

    /// The most tokens to evaluate again in one turn.
    private static let mostJudgedAgain = 256

    /// An engine without tokens.
    package init(clock: ClockWatch, ids: EventIDs, seed: UInt64) {
        self.clock = clock
        self.ids = ids
        random = SplitMix64(state: seed)
    }

    // MARK: - Tokens

    /// Replaces the tokens.
    ///
    /// - Parameters:
    ///   - roster: the tokens.
    ///   - states: what is known of each.
    ///   - concurrency: requests in flight, all hosts together.
    ///   - perHost: requests in flight to one host.
    package mutating func take(
        _ roster: Roster,
        states: [TokenState],
        concurrency: Int,
        perHost: Int
    ) {
        put(roster, concurrency: concurrency, perHost: perHost)
        self.states = states
        holders = SecretHolders(count: roster.settings.count)
        census = Census()
        for state in states { census.add(state) }
    }

    /// Replaces the roster, without planning anything.
    mutating func put(_ roster: Roster, concurrency: Int, perHost: Int) {
        toJudge = toJudge.compactMap { slot, own in
            roster.slot(of: self.roster.settings[slot].id).map { ($0, own) }
        }
        self.roster = roster
        refusals = [:]
        schedule = Schedule(
            hosts: roster.hostOfSlot,
            unpolled: roster.settings.count - roster.polled,
            concurrency: concurrency,
            perHost: perHost
        )
    }

    /// Evaluates one occasion for one token, and records the changes.
    ///
    /// With `own`, other tokens have shown that the trouble is the token's own; `mute` overrides
    /// the mutes of the token.
    package mutating func apply(
        _ slot: Int,
        _ occasion: Occasion,
        at now: Now,
        own: HostTrouble? = nil,
        mute: MuteStanding? = nil
    ) {
        learn(slot, at: now)
        guard clock.doubt == nil else { return }
        let settings = roster.settings[slot]
        let old = states[slot]
        let isPolled = slot < roster.polled
        let evaluation = evaluate(
            old,
            occasion,
            settings,
            host: isPolled ? hosts.standing(of: slot, own: own) : .alone,
            spread: clock.spread(of: settings.host),
            mute: mute ?? mutes.standing(of: settings),
            at: now.instant,
            ids: &ids
        )
        if evaluation.state != old || evaluation.startsSpan {
            census.remove(old)
            census.add(evaluation.state)
            states[slot] = evaluation.state
            pending.note(settings.id, from: old, startsSpan: evaluation.startsSpan)
        }
        record(evaluation.events)
        if isPolled {
            let decisions = hosts.note(
                slot,
                from: old,
                evaluation,
                isPoll: occasion.isPoll,
                tokensOfHosts,
                at: now
            )
            perform(decisions, at: now)
        }
        planWake(slot, at: now)
    }

    /// Replaces the state of a token without an evaluation.
    package mutating func set(_ state: TokenState, of slot: Int) {
        guard state != states[slot] else { return }
        pending.note(roster.settings[slot].id, from: states[slot], startsSpan: false)
        census.remove(states[slot])
        census.add(state)
        states[slot] = state
    }

    /// Plans the next evaluation that time alone requires.
    package mutating func planWake(_ slot: Int, at now: Now) {
        let settings = roster.settings[slot]
        let next = states[slot].nextWake(
            for: settings,
            spread: clock.spread(of: settings.host),
            after: now.instant
        )
        let end = endOfShowing(slot, at: now).flatMap { $0 > now.instant ? $0 : nil }
        schedule.plan(
            slot,
            wake: min(
                next.map(now.moment(of:)) ?? .never,
                end.map(now.moment(of:)) ?? .never
            )
        )
        noteEndOfShowing(slot, at: now)
    }

    /// Queues events to write and to notify.
    ///
    /// While this machine's clock is wrong, each notification begins with a warning.
    package mutating func record(_ events: [Event]) {
        guard !events.isEmpty else { return }
        guard let lead = clock.lead else { return pending.add(events) }
        pending.add(
            events.map { event in
                guard !event.channels.isEmpty, event.kind != .condition(.clockWrong) else {
                    return event
                }
                var event = event
                event.summary = "\(lead) \(event.summary)"
                return event
            }
        )
    }

    /// Returns the pending events, for owners that write nothing.
    package mutating func takeEvents() -> [Event] {
        defer { pending = PendingWrites() }
        return pending.events
    }

    /// Returns the pending writes.
    package mutating func takePending(at now: Instant) -> Commit {
        let (roster, states) = (roster, states)
        return pending.take(at: now) { id in roster.slot(of: id).map { states[$0] } }
    }

    // MARK: - Turns

    /// Does the work that is due, or that waited for a turn.
    package mutating func turn(at now: Now) {
        wantsTurn = false
        judgeAgain(at: now)
        endMutes(at: now)
        decideHosts(at: now)
        checkPace(at: now)
        checkResources(at: now)
        if clock.doubt == nil { remindSubjects(at: now) }
        introduceChannels(at: now)
        sweep(at: now)
        takeListings(at: now)
    }

    /// The time of the next work; `.never` if only an answer can bring some.
    package func nextMoment(after now: Now) -> Moment {
        min(
            schedule.nextMoment(after: now.moment),
            subjects.nextWake.map(now.moment(of:)) ?? .never,
            mutes.nextEnd(at: now.instant).map(now.moment(of:)) ?? .never,
            hosts.nextDecision,
            nextPaceCheck,
            resources.endsAt,
            clock.waitEndsAt
        )
    }

    /// The next moment at the end of a turn; mutating, because a class's engine would be copied.
    package mutating func rest(after now: Now) -> Moment { nextMoment(after: now) }

    /// The next work on a token at `now`; nil if there is none.
    package mutating func next(at now: Now) -> Schedule.Due? { schedule.next(at: now.moment) }

    private mutating func judgeAgain(at now: Now) {
        guard !toJudge.isEmpty else { return }
        let batch = toJudge.prefix(Self.mostJudgedAgain)
        toJudge.removeFirst(batch.count)
        for (slot, own) in batch { apply(slot, .timePassed, at: now, own: own) }
        if !toJudge.isEmpty { wantsTurn = true }
    }
}
