/// The daemon without the world: the core's decisions, under a clock that jumps from one to the next.
///
/// Both clocks are one here, and an answer comes in the instant of its poll.
package struct Simulation {
    /// A token as it is configured.
    package struct Token: Sendable {
        package let settings: TokenSettings
        /// The stable hash of its request's settings.
        package let askedWith: UInt64

        package init(_ settings: TokenSettings, askedWith: UInt64) {
            self.settings = settings
            self.askedWith = askedWith
        }
    }

    /// What one poll learns; nil where nothing can be asked, now and later.
    package typealias Provider = (_ slot: Int, _ state: TokenState, _ now: Instant) -> Observation?

    package let tokens: [Token]
    private let provider: Provider
    /// Whether an answer is as the one before for ever, so that most polls need not be made.
    private let answersStay: Bool
    package internal(set) var states: [TokenState]
    package private(set) var now: Instant
    /// Everything that was said, in order.
    package internal(set) var events: [Event] = []
    package private(set) var polls = 0
    var ids: EventIDs
    private var mutes: MuteBook
    private var schedule: Schedule
    /// Nil where each token is judged alone.
    var hosts: SimulatedHosts?
    /// Tokens to judge again, with the trouble that is known to be their own.
    private var toJudge: [(slot: Int, own: HostTrouble?)] = []

    /// More events than this are not gathered: each has some 2 KiB.
    package static let maximumEvents = 100_000

    /// Begins with tokens, each in its slot, and what is known of them.
    package init(
        _ tokens: [Token],
        states: [TokenState],
        hosts: SimulatedHosts? = nil,
        mutes: [Mute] = [],
        answersStay: Bool,
        from now: Instant,
        ids: EventIDs,
        provider: @escaping Provider
    ) {
        self.tokens = tokens
        self.provider = provider
        self.answersStay = answersStay
        self.states = states
        self.now = now
        self.ids = ids
        self.hosts = hosts
        self.mutes = MuteBook(mutes)
        schedule = Self.schedule(for: tokens)
        countHosts()
        begin()
    }

    /// Whether it ended before its time, for too much was said.
    package var isCutOff: Bool { events.count >= Self.maximumEvents }

    private static func schedule(for tokens: [Token]) -> Schedule {
        Schedule(hosts: tokens.map { _ in 0 }, concurrency: 32, perHost: 8)
    }

    /// Ends the daemon and starts it again from what it has stored.
    package mutating func restart() {
        ids = EventIDs(after: ids.last, seed: UInt64(bitPattern: now.milliseconds))
        schedule = Self.schedule(for: tokens)
        begin()
    }

    private mutating func begin() {
        for slot in tokens.indices {
            look(slot, .configured)
            let (state, token) = (states[slot], tokens[slot])
            let isAsked = state.askedWith.map { $0 == token.askedWith } ?? true
            schedule.plan(slot, poll: moment(of: isAsked ? max(now, nextPoll(of: slot)) : now))
        }
        beginHosts()
    }

    /// Polls a token at once, as when its secret has changed.
    package mutating func pollNow(_ slot: Int) {
        schedule.plan(slot, poll: moment(of: now))
    }

    /// Does everything up to and at an instant.
    package mutating func run(until end: Instant) {
        while !isCutOff {
            while !isCutOff, let due = schedule.next(at: moment(of: now)) {
                switch due {
                case .wake(let slot): wake(slot)
                case .poll(let slot): poll(slot)
                }
            }
            decideHosts()
            judgeAgain()
            endMutes()
            remindSubjects()
            var next = schedule.nextMoment(after: moment(of: now))
            if let end = mutes.nextEnd(at: now) { next = min(next, moment(of: max(end, now))) }
            if let hosts { next = min(next, max(hosts.nextDecision, moment(of: now))) }
            if let wake = hosts?.nextWake { next = min(next, moment(of: max(wake, now))) }
            guard next <= moment(of: end) else { break }
            now = Instant(milliseconds: next.milliseconds)
        }
        if !isCutOff { now = end }
    }

    private func moment(of instant: Instant) -> Moment {
        Moment(milliseconds: instant.milliseconds)
    }

    private mutating func wake(_ slot: Int) {
        let before = events.count
        look(slot, .timePassed)
        // What was said may be followed by what only a poll can say.
        guard answersStay, events.count > before, schedule.nextPoll(of: slot) == .never,
            !states[slot].cannotBeAsked
        else { return }
        schedule.plan(slot, poll: moment(of: nextPhase(of: slot)))
    }

    private mutating func poll(_ slot: Int) {
        let old = states[slot]
        guard let observation = provider(slot, old, now) else {
            skipForHost(slot)
            return schedule.finished(slot, next: .never)
        }
        polls += 1
        let before = events.count
        look(slot, .observed(observation, askedWith: tokens[slot].askedWith))
        let isQuiet = events.count == before && states[slot].isSettled(since: old)
        var next = nextPoll(of: slot)
        if answersStay, let pause = states[slot].pauseWhileRolling { next = max(next, now + pause) }
        schedule.finished(slot, next: answersStay && isQuiet ? .never : moment(of: next))
    }

    /// When a token is polled next, by what is stored of it.
    private func nextPoll(of slot: Int) -> Instant {
        let (state, settings) = (states[slot], tokens[slot].settings)
        guard let last = state.lastPollAt else { return now }
        if state.awaitsSecondPoll { return last + settings.policy.confirmAfter }
        switch state.lastOutcome {
        case .ok, nil:
            return Cadence.nextPhase(
                of: settings.id.stableHash,
                interval: settings.interval,
                after: last
            )
        case .rejected:
            return last
                + Cadence.rejectedWait(failures: state.failures, interval: settings.interval)
        case .unreachable, .serverError, .rateLimited, .malformed:
            let jitter = Double((settings.id.stableHash &+ UInt64(state.failures)) % 100) / 100
            return last
                + Cadence.retryWait(
                    failures: state.failures,
                    interval: settings.interval,
                    jitter: jitter
                )
        }
    }

    private func nextPhase(of slot: Int) -> Instant {
        let settings = tokens[slot].settings
        return Cadence.nextPhase(
            of: settings.id.stableHash,
            interval: settings.interval,
            after: now
        )
    }

    /// Notifies of what still holds at the end of a mute.
    private mutating func endMutes() {
        for mute in mutes.ended(at: now) {
            mutes.remove(mute.scope)
            for slot in tokens.indices where mute.scope.contains(tokens[slot].settings) {
                guard mutes.mute(of: tokens[slot].settings) == nil else { continue }
                look(slot, .timePassed, mute: .ended(mute))
            }
        }
    }

    private mutating func look(
        _ slot: Int,
        _ occasion: Occasion,
        own: HostTrouble? = nil,
        mute: MuteStanding? = nil
    ) {
        let old = states[slot]
        let evaluation = evaluate(
            old,
            occasion,
            tokens[slot].settings,
            host: hosts?.standing(of: slot, own: own) ?? .alone,
            mute: mute ?? mutes.standing(of: tokens[slot].settings),
            at: now,
            ids: &ids
        )
        states[slot] = evaluation.state
        events += evaluation.events
        noteHost(of: slot, from: old, evaluation, isPoll: occasion.isPoll)
        let wake = states[slot].nextWake(for: tokens[slot].settings, after: now)
        schedule.plan(slot, wake: wake.map { moment(of: $0) } ?? .never)
    }

    /// Judges tokens again, after what is being done.
    mutating func judgeLater(_ slots: [Int], own: HostTrouble?) {
        toJudge += slots.map { ($0, own) }
    }

    private mutating func judgeAgain() {
        while !toJudge.isEmpty {
            let batch = toJudge
            toJudge = []
            for (slot, own) in batch { look(slot, .timePassed, own: own) }
        }
    }
}

extension TokenState {
    /// Whether a poll would not be made.
    var cannotBeAsked: Bool { secretProblem != nil || lastOutcome == nil }

    /// How long a rolling expiry is foretold without another poll: a small part of its life.
    fileprivate var pauseWhileRolling: Duration? {
        guard isRolling, case .at(let expiry)? = known?.expiry, let life = life(until: expiry)
        else { return nil }
        return .milliseconds(life.milliseconds / 16)
    }

    /// Whether another poll that is answered like the last will change nothing but times of its own.
    fileprivate func isSettled(since old: TokenState) -> Bool {
        var before = old.known
        // That of a token whose own polls hide other use moves with each.
        before?.lastUsedAt = known?.lastUsedAt
        return alerts == old.alerts && !alerts.contains { $0.clearSince != nil } && known == before
            && use.hiddenAnswers == old.use.hiddenAnswers && use.by == old.use.by
            && use.elsewhereAt == old.use.elsewhereAt
            && (pollsWithoutVerdict == 0 || pollsWithoutVerdict >= 2)
            && lastOutcome == old.lastOutcome && !awaitsSecondPoll && !isRolling
    }
}
