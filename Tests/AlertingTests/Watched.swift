import Alerting

/// 2026-06-01T00:00:00Z, a Monday.
let start = Instant(seconds: 1_780_272_000)

/// One token under test: its state, and everything that was said of it.
struct Watched {
    var state = TokenState()
    var settings: TokenSettings
    var ids = EventIDs(seed: 7)

    /// A token whose answers are believed at once, unless the test is about a second look.
    init(
        _ policy: Policy = Policy(),
        statedExpiry: Instant? = nil,
        account: String? = nil,
        confirmAfter: Duration = .zero
    ) {
        settings = .sample(
            policy.confirming(after: confirmAfter),
            statedExpiry: statedExpiry,
            account: account
        )
    }

    mutating func look(
        _ occasion: Occasion,
        at now: Instant,
        mute: MuteStanding = .none
    ) -> [Event] {
        let evaluation = evaluate(state, occasion, settings, mute: mute, at: now, ids: &ids)
        state = evaluation.state
        return evaluation.events
    }

    mutating func answer(
        _ answer: Observation.Answer,
        at now: Instant,
        secret: UInt64 = 1,
        mute: MuteStanding = .none
    ) -> [Event] {
        look(
            .observed(.sample(answer, at: now, secret: secret), askedWith: 1),
            at: now,
            mute: mute
        )
    }

    mutating func tell(
        _ facts: Facts,
        at now: Instant,
        secret: UInt64 = 1,
        mute: MuteStanding = .none
    ) -> [Event] {
        answer(.ok(facts), at: now, secret: secret, mute: mute)
    }

    mutating func pass(to now: Instant, mute: MuteStanding = .none) -> [Event] {
        look(.timePassed, at: now, mute: mute)
    }

    /// A new configuration for the same token.
    mutating func configure(_ policy: Policy, at now: Instant) -> [Event] {
        settings = .sample(
            policy.confirming(after: settings.policy.confirmAfter),
            statedExpiry: settings.statedExpiry,
            account: settings.account
        )
        return look(.configured, at: now)
    }
}

extension TokenSettings {
    static func sample(
        _ policy: Policy = Policy(),
        id: String = "deploy",
        statedExpiry: Instant? = nil,
        account: String? = nil
    ) -> TokenSettings {
        guard let id = TokenID(id) else { fatalError("not a token id: \(id)") }
        return TokenSettings(
            id: id,
            provider: TokenProvider(name: "vps.org", host: "admin.vps.org"),
            policy: policy,
            account: account,
            statedExpiry: statedExpiry
        )
    }
}

extension Policy {
    /// The same, with another time before a second look.
    func confirming(after wait: Duration) -> Policy {
        Policy(
            warnBefore: warnBefore,
            criticalBefore: criticalBefore,
            remindCritical: remindCritical,
            remindWarning: remindWarning,
            remindInfo: remindInfo,
            unreachableAfter: unreachableAfter,
            unreachableCriticalAfter: unreachableCriticalAfter,
            confirmAfter: wait,
            mustExpire: mustExpire,
            require: require,
            allow: allow,
            channels: channels
        )
    }

    /// One that tells a channel of everything.
    static let heard = Policy(channels: [ChannelRoute(name: "ops", minimumSeverity: .info)])
}

extension Observation {
    static func sample(_ answer: Answer, at now: Instant, secret: UInt64 = 1) -> Observation {
        Observation(
            askedAt: now,
            answeredAt: now,
            answer: answer,
            secret: SecretDigest(high: 0, low: secret)
        )
    }
}

extension Facts {
    static func expiring(_ instant: Instant, permissions: [String]? = nil) -> Facts {
        Facts(permissions: permissions.map { PermissionSet($0) }, expiry: .at(instant))
    }

    static func holding(_ permissions: String...) -> Facts {
        Facts(permissions: PermissionSet(permissions), expiry: .never)
    }
}

extension Event {
    /// What it says, for comparing: `expiring raised warning 7d`.
    var line: String {
        var line = "\(kind.name) \(phase.rawValue) \(severity.rawValue)"
        if case .text(let stage) = self["stage"] { line += " \(stage)" }
        return line
    }

    subscript(key: String) -> Detail.Value? { details.first { $0.key == key }?.value }
}

extension [Event] {
    var lines: [String] { map(\.line) }
}

/// Answers without a verdict, one of each kind.
let silences: [Observation.Answer] = [
    .unreachable("connection refused"), .serverError("status 503"), .rateLimited("status 429"),
]
