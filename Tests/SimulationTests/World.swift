import Alerting

/// Tokens of a few hosts that renew, fail, change and are rejected by chance, and what people do.
struct World {
    /// What happens besides polls.
    enum Deed {
        case acknowledge(TokenID, Duration)
        case unacknowledge(TokenID)
        case muteHost(String, Duration)
        case unmuteHost(String)
        /// A configuration with these tokens.
        case reload([TokenSettings])
    }

    let seed: UInt64
    let policy: Policy
    /// In the order of their instants; the first is the configuration of the start.
    let deeds: [(at: Instant, deed: Deed)]
    /// Of each host.
    private let outages: [ClosedRange<Instant>]
    static let secret = SecretDigest(high: 0, low: 1)

    init(seed: UInt64) {
        self.seed = seed
        var random = SplitMix64(state: seed)
        let interval = Duration.minutes(Int64.random(in: 20...120, using: &random))
        let policy = Policy(
            remindCritical: .every(.hours(7)),
            unreachableAfter: .hours(Int64.random(in: 1...4, using: &random)),
            unreachableCriticalAfter: .hours(9),
            confirmAfter: Bool.random(using: &random) ? .seconds(30) : .zero,
            channels: [ChannelRoute(name: "log", minimumSeverity: .info)]
        )
        let hosts = Int.random(in: 1...3, using: &random)
        outages = (0..<hosts).map { _ in
            let begin = start + .hours(Int64.random(in: 1...20, using: &random))
            return begin...(begin + .hours(Int64.random(in: 1...12, using: &random)))
        }
        let count = Int.random(in: 1...8, using: &random)
        let all = (0..<count).map { slot in
            TokenSettings(
                id: TokenID("token-\(slot)") ?? TokenSettings.numbered(slot).id,
                provider: TokenProvider(
                    name: "p",
                    host: "host-\(slot % hosts).example",
                    interval: interval
                ),
                policy: policy
            )
        }
        self.policy = policy
        var deeds: [(at: Instant, deed: Deed)] = [(start, .reload(all))]
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let at =
                start + .milliseconds(Int64.random(in: 3_600_001...104_399_999, using: &random))
            let length = Duration.hours(Int64.random(in: 1...12, using: &random))
            let token = all[Int.random(in: 0..<count, using: &random)]
            let deed: Deed
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1: deed = .acknowledge(token.id, length)
            case 2: deed = .unacknowledge(token.id)
            case 3: deed = .muteHost(token.host, length)
            case 4: deed = .unmuteHost(token.host)
            default: deed = .reload(all.filter { _ in Int.random(in: 0..<4, using: &random) > 0 })
            }
            deeds.append((at, deed))
        }
        self.deeds = deeds.sorted { $0.at < $1.at }
    }

    /// Does what people do, at once for all tokens.
    static func perform(_ deed: Deed, policy: Policy, on engine: inout Engine, at now: Now) {
        switch deed {
        case .acknowledge(let id, let length):
            let known = Acknowledgement(by: "ann", reason: "known", until: now.instant + length)
            _ = engine.acknowledge(id, nil, known, at: now)
        case .unacknowledge(let id):
            _ = engine.unacknowledge(id, nil, by: "ann", at: now)
        case .muteHost(let host, let length):
            _ = engine.mute([.host(host)], by: "ann", reason: "works", for: length, at: now)
        case .unmuteHost(let host):
            _ = engine.unmute([.host(host)], by: "ann", at: now)
        case .reload(let settings):
            engine.reload(settings, policy: policy, at: now)
        }
    }

    /// What a token is answered; the slot is that of the configuration in use.
    func observation(_ slot: Int, _ now: Instant) -> Observation {
        let settings = deeds.reduce([]) { settings, deed -> [TokenSettings] in
            if deed.at <= now, case .reload(let settings) = deed.deed { settings } else { settings }
        }
        return Observation(
            askedAt: now,
            answeredAt: now,
            answer: answer(settings[slot], now),
            secret: Self.secret
        )
    }

    private func answer(_ token: TokenSettings, _ now: Instant) -> Observation.Answer {
        let number = token.id.text.utf8.last.map(UInt64.init) ?? 0
        let host = token.host.utf8.dropFirst(5).first.map { Int($0) - 48 } ?? 0
        if outages[host].contains(now) { return .unreachable("no route") }
        let hours = UInt64(max(0, (now - start).milliseconds / 3_600_000))
        var random = SplitMix64(state: seed &* 31 &+ number &* 1009 &+ hours / 5)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return .rejected("revoked")
        case 1: return .malformed("no JSON")
        case 2: return .rateLimited("slow down")
        case 3: return .serverError("503")
        default: break
        }
        let days = Int64.random(in: 0...40, using: &random)
        let words = ["dns:list", "dns:*", "servers:list"].filter { _ in
            Bool.random(using: &random)
        }
        return .ok(
            Facts(
                permissions: PermissionSet(words),
                expiry: .at(start + .days(days) + .hours(7))
            )
        )
    }
}

extension Engine {
    /// Takes over a configuration as the daemon does, without giving way to anybody.
    mutating func reload(_ settings: [TokenSettings], policy: Policy, at now: Now) {
        let (old, roster) = (roster, Roster(settings))
        let succession = Succession(
            roster,
            from: old,
            previous: settings.map { token in old.slot(of: token.id).map { Int32($0) } ?? -1 },
            removed: old.settings.indices.filter { roster.slot(of: old.settings[$0].id) == nil }
        )
        _ = configure(
            NewConfiguration(
                succession,
                policy: policy,
                concurrency: 32,
                perHost: 8,
                channelPolicies: ["log": policy]
            ),
            isStart: old.settings.isEmpty,
            at: now
        )
        beginJudging(now.moment) { _ in false }
        while isTakingOver { sweep(at: now) }
    }
}

extension Event {
    /// When it says what of whom, for comparing.
    var lineOfWorld: String {
        var who = "\(subject.kind)"
        if case .token(let card) = subject { who = card.id.text }
        return "\(at.rfc3339) \(who) \(kind.name) \(phase) \(severity) \(channels)"
    }
}
