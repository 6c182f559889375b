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

/// A simulation that tells what it said as lines.
struct Simulator {
    private var simulation: Simulation
    private let settings: [TokenSettings]

    init(
        _ settings: [TokenSettings],
        from now: Instant = start,
        provider: @escaping (Int, Instant) -> Reply
    ) {
        self.settings = settings
        simulation = Simulation(
            settings,
            states: Array(repeating: TokenState(), count: settings.count),
            isApart: true,
            answersStay: false,
            from: now,
            ids: EventIDs(seed: 11)
        ) { slot, _, now in
            let reply = provider(slot, now)
            return Observation(
                askedAt: now,
                answeredAt: now,
                answer: reply.answer,
                secret: SecretDigest(high: 0, low: reply.secret)
            )
        }
    }

    var states: [TokenState] { simulation.states }
    var now: Instant { simulation.now }
    var events: [Event] { simulation.events }
    var polls: Int { simulation.polls }

    var said: [Said] {
        events.map { event in
            let slot = settings.firstIndex { token in
                guard case .token(let card) = event.subject else { return false }
                return token.id == card.id
            }
            return Said(at: event.at, token: slot ?? -1, line: event.line)
        }
    }

    mutating func restart() { simulation.restart() }

    mutating func pollNow(_ slot: Int) { simulation.decide { $0.pollSoon(slot, at: $1) } }

    mutating func run(until end: Instant) { simulation.run(until: end) }
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
