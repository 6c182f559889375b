/// The daemon without I/O: its engine, under a clock that jumps from one decision to the next.
///
/// Both clocks are one here, and an answer comes in the instant of its poll.
package struct Simulation {
    /// The answer to one poll; nil if the token can never be polled.
    package typealias Provider = (_ slot: Int, _ state: TokenState, _ now: Instant) -> Observation?

    package private(set) var engine: Engine
    private let provider: Provider
    /// Whether every answer repeats the one before, so that most polls can be skipped.
    private let answersStay: Bool
    package private(set) var now: Instant
    /// All events that were notified or recorded, in order.
    package private(set) var events: [Event] = []
    package private(set) var polls = 0

    /// The maximum of events to gather: each takes about 2 KiB.
    package static let maximumEvents = 100_000
    private let mostEvents: Int

    /// Begins with tokens, each in its slot, and their states.
    ///
    /// - Parameters:
    ///   - settings: the settings of the tokens, in the order of their ids.
    ///   - states: the state of each.
    ///   - subjects: the alerts of hosts and the daemon.
    ///   - mutes: the active mutes.
    ///   - inventories: the inventories that list tokens.
    ///   - isApart: whether each token counts as the only one of its host.
    ///   - answersStay: whether every answer repeats the one before.
    ///   - mostEvents: the number of events after which it ends early.
    ///   - now: the start of the simulation.
    ///   - ids: for the events.
    ///   - provider: answers the polls.
    package init(
        _ settings: [TokenSettings],
        states: [TokenState],
        subjects: SubjectBook = SubjectBook(),
        mutes: [Mute] = [],
        inventories: [Inventory] = [],
        isApart: Bool = false,
        answersStay: Bool,
        mostEvents: Int = Simulation.maximumEvents,
        from now: Instant,
        ids: EventIDs,
        provider: @escaping Provider
    ) {
        self.provider = provider
        self.answersStay = answersStay
        self.mostEvents = mostEvents
        self.now = now
        let reading = Now(instant: now, moment: Moment(milliseconds: now.milliseconds))
        engine = Engine(clock: ClockWatch(at: reading), ids: ids, seed: 0)
        engine.subjects = subjects
        engine.resume(mutes)
        begin(Roster(settings, inventories: inventories, isApart: isApart), states)
    }

    /// Whether it ended early because it reached the bound of events.
    package var isCutOff: Bool { events.count >= mostEvents }

    package var states: [TokenState] { engine.states }

    /// Ends the daemon and starts it again from what it has stored.
    package mutating func restart() {
        engine.ids = EventIDs(after: engine.ids.last, seed: UInt64(bitPattern: now.milliseconds))
        begin(engine.roster, engine.states)
    }

    private mutating func begin(_ roster: Roster, _ states: [TokenState]) {
        engine.take(roster, states: states, concurrency: 32, perHost: 8)
        engine.countHosts(at: reading)
        for slot in states.indices {
            engine.apply(slot, .configured, at: reading)
            guard slot < roster.polled else { continue }
            let (state, settings) = (engine.states[slot], roster.settings[slot])
            let isAsked = state.askedWith.map { $0 == settings.askedWith } ?? true
            engine.plan(slot, poll: moment(of: isAsked ? max(now, firstPoll(slot)) : now))
        }
        engine.beginHosts(at: reading)
        collect()
    }

    /// Lets the engine decide something, as a command would.
    package mutating func decide(_ decision: (inout Engine, Now) -> Void) {
        decision(&engine, reading)
        collect()
    }

    /// Does all work up to and at an instant.
    package mutating func run(until end: Instant) {
        while !isCutOff {
            while !isCutOff, let due = engine.next(at: reading) {
                switch due {
                case .wake(let slot): wake(slot)
                case .poll(let slot): poll(slot)
                }
            }
            repeat { engine.turn(at: reading) } while engine.wantsTurn
            collect()
            let next = max(engine.nextMoment(after: reading), moment(of: now))
            guard next <= moment(of: end) else { break }
            now = Instant(milliseconds: next.milliseconds)
        }
        if !isCutOff { now = end }
    }

    /// The reading of both clocks, which are one here.
    private var reading: Now { Now(instant: now, moment: moment(of: now)) }

    private func moment(of instant: Instant) -> Moment {
        Moment(milliseconds: instant.milliseconds)
    }

    private mutating func collect() {
        events += engine.takeEvents()
    }

    private mutating func wake(_ slot: Int) {
        engine.apply(slot, .timePassed, at: reading)
        let isQuiet = engine.pending.events.isEmpty
        collect()
        // An event may be followed by one that only a poll can cause.
        guard answersStay, !isQuiet, slot < engine.roster.polled,
            engine.schedule.nextPoll(of: slot) == .never,
            !states[slot].cannotBeAsked
        else { return }
        let settings = engine.roster.settings[slot]
        let phase = Cadence.nextPhase(
            of: settings.id.stableHash,
            interval: settings.interval,
            after: now
        )
        engine.plan(slot, poll: moment(of: phase))
    }

    private mutating func poll(_ slot: Int) {
        let old = states[slot]
        guard let observation = provider(slot, old, now) else {
            engine.skip(slot, at: reading)
            return engine.finish(slot, next: .never)
        }
        guard !engine.isRefused(slot, observation.secret, at: reading) else { return }
        polls += 1
        engine.conclude(slot, observation, at: reading)
        let isQuiet = engine.pending.events.isEmpty && states[slot].isSettled(since: old)
        collect()
        guard answersStay else { return }
        if isQuiet {
            engine.plan(slot, poll: .never)
        } else if let pause = states[slot].pauseWhileRolling,
            let next = engine.schedule.nextPoll(of: slot)
        {
            engine.plan(slot, poll: max(next, moment(of: now + pause)))
        }
    }

    /// The time of a token's first poll, according to its stored state.
    private func firstPoll(_ slot: Int) -> Instant {
        let (state, settings) = (engine.states[slot], engine.roster.settings[slot])
        guard let last = state.lastPollAt else { return now }
        return state.nextPoll(after: last, outcome: state.lastOutcome, settings)
    }
}

extension TokenState {
    /// Whether a poll would not be made.
    var cannotBeAsked: Bool { secretProblem != nil || lastOutcome == nil }

    /// The time for which a rolling expiry is predicted without a poll: a small part of its life.
    fileprivate var pauseWhileRolling: Duration? {
        guard isRolling, case .at(let expiry)? = known?.expiry, let life = life(until: expiry)
        else { return nil }
        return .milliseconds(life.milliseconds / 16)
    }

    /// Whether another poll with the same answer would change only its own times.
    fileprivate func isSettled(since old: TokenState) -> Bool {
        var before = old.known
        // The last use of a token whose own polls hide other use moves with each poll.
        before?.lastUsedAt = known?.lastUsedAt
        return alerts == old.alerts && !alerts.contains { $0.clearSince != nil } && known == before
            && use.hiddenAnswers == old.use.hiddenAnswers && use.by == old.use.by
            && use.elsewhereAt == old.use.elsewhereAt
            && (pollsWithoutVerdict == 0 || pollsWithoutVerdict >= pollsOfSilence)
            && lastOutcome == old.lastOutcome && !awaitsSecondPoll && !isRolling
    }
}
