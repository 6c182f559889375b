import Alerting

/// 2026-06-01T00:00:00Z, a Monday.
let start = Instant(seconds: 1_780_272_000)

/// What a scripted provider answers, and with which secret it was asked.
struct Reply {
    var answer: Observation.Answer
    var secret: UInt64 = 1

    static func ok(_ facts: Facts, secret: UInt64 = 1) -> Reply {
        Reply(answer: .ok(facts), secret: secret)
    }
}

/// One event as a simulation tells it.
struct Said: Equatable, CustomStringConvertible {
    let at: Instant
    let token: Int
    let line: String

    var description: String { "\(at.rfc3339) \(token) \(line)" }
}

/// The daemon without the world: the core's decisions, under a clock that jumps from one to the next.
///
/// Both clocks are one here, and an answer comes in the instant of its poll.
struct Simulator {
    let settings: [TokenSettings]
    let provider: (Int, Instant) -> Reply
    private(set) var states: [TokenState]
    private(set) var now: Instant
    private(set) var said: [Said] = []
    private(set) var events: [Event] = []
    private(set) var polls = 0
    private var ids = EventIDs(seed: 11)
    private var schedule: Schedule

    init(
        _ settings: [TokenSettings],
        from now: Instant = start,
        provider: @escaping (Int, Instant) -> Reply
    ) {
        self.settings = settings
        self.provider = provider
        self.now = now
        states = Array(repeating: TokenState(), count: settings.count)
        schedule = Self.schedule(for: settings)
        begin()
    }

    private static func schedule(for settings: [TokenSettings]) -> Schedule {
        Schedule(hosts: settings.map { _ in 0 }, concurrency: 32, perHost: 8)
    }

    /// Ends the daemon and starts it again from what it has stored.
    mutating func restart() {
        ids = EventIDs(after: ids.last, seed: UInt64(bitPattern: now.milliseconds))
        schedule = Self.schedule(for: settings)
        begin()
    }

    private mutating func begin() {
        for slot in settings.indices {
            look(slot, .configured)
            schedule.plan(slot, poll: moment(of: max(now, nextPoll(of: slot))))
        }
    }

    /// Polls a token at once, as when its secret has changed.
    mutating func pollNow(_ slot: Int) {
        schedule.plan(slot, poll: moment(of: now))
    }

    /// Does everything up to and at an instant.
    mutating func run(until end: Instant) {
        while true {
            while let due = schedule.next(at: moment(of: now)) {
                switch due {
                case .wake(let slot): look(slot, .timePassed)
                case .poll(let slot): poll(slot)
                }
            }
            let next = schedule.nextMoment(after: moment(of: now))
            guard next <= moment(of: end) else { break }
            now = Instant(milliseconds: next.milliseconds)
        }
        now = end
    }

    private func moment(of instant: Instant) -> Moment {
        Moment(milliseconds: instant.milliseconds)
    }

    private mutating func poll(_ slot: Int) {
        polls += 1
        let reply = provider(slot, now)
        let observation = Observation(
            askedAt: now,
            answeredAt: now,
            answer: reply.answer,
            secret: SecretDigest(high: 0, low: reply.secret)
        )
        look(slot, .observed(observation, askedWith: 1))
        schedule.finished(slot, next: moment(of: nextPoll(of: slot)))
    }

    /// When a token is polled next, by what is stored of it.
    private func nextPoll(of slot: Int) -> Instant {
        let (state, settings) = (states[slot], settings[slot])
        guard let last = state.lastPollAt, state.lastOkAt != nil else {
            return state.lastPollAt.map { $0 + .minutes(1) } ?? now
        }
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
        default:
            let jitter = Double((settings.id.stableHash &+ UInt64(state.failures)) % 100) / 100
            return last
                + Cadence.retryWait(
                    failures: state.failures,
                    interval: settings.interval,
                    jitter: jitter
                )
        }
    }

    private mutating func look(_ slot: Int, _ occasion: Occasion) {
        let evaluation = evaluate(states[slot], occasion, settings[slot], at: now, ids: &ids)
        states[slot] = evaluation.state
        events += evaluation.events
        said += evaluation.events.map { Said(at: now, token: slot, line: $0.line) }
        let wake = evaluation.state.nextWake(for: settings[slot], after: now)
        schedule.plan(slot, wake: wake.map { moment(of: $0) } ?? .never)
    }
}

extension Event {
    /// What it says, for comparing: `expiring raised warning 7d`.
    fileprivate var line: String {
        var line = "\(kind.name) \(phase.rawValue) \(severity.rawValue)"
        if case .text(let stage) = details.first(where: { $0.key == "stage" })?.value {
            line += " \(stage)"
        }
        return line
    }
}

extension TokenSettings {
    static func numbered(_ number: Int, _ policy: Policy = Policy()) -> TokenSettings {
        guard let id = TokenID("token-\(number)") else { fatalError("not a token id") }
        return TokenSettings(
            id: id,
            provider: TokenProvider(name: "vps.org", host: "admin.vps.org"),
            policy: policy
        )
    }
}
