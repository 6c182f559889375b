package import Alerting

/// An engine with everything around it that can go wrong: hosts, clocks, people, the disk, its process.
///
/// Time passes from one decision to the next. What is committed is checked at once; what is wrong is
/// the `fault`, in words.
package struct EngineLife {
    /// What a provider holds of a token.
    private struct Truth {
        let number: UInt64
        let settings: TokenSettings
        var expiry: Instant?
        var permissions = ["dns:*"]
        var isRevoked = false
        var secret: UInt64 = 1
        /// How its answers fail now; nil while they do not.
        var failure: Observation.Answer?

        var digest: SecretDigest { SecretDigest(high: number, low: secret) }
    }

    private var luck: Luck
    /// What the clock that never steps shows.
    package private(set) var moment = Moment(milliseconds: 1_000_000)
    /// The true time, less the moment.
    private let base: Instant
    /// How far the machine's clock is ahead of the true time.
    private var ahead = Duration.zero
    private var truths: [Truth] = []
    private var made = 0
    private var downUntil: [String: Moment] = [:]
    private var engine: Engine
    private var disk = Disk()
    private var ledger = Ledger()
    package private(set) var fault: String?
    package private(set) var polls = 0
    private let interval: Duration

    private static let hosts = ["one.example", "two.example"]
    private let policy = Policy(
        remindCritical: .diminishing,
        remindWarning: .every(.days(7)),
        require: PermissionSet(["dns:list"]),
        allow: PermissionSet(["dns:*", "servers:list"]),
        channels: [
            ChannelRoute(name: "log", minimumSeverity: .info),
            ChannelRoute(name: "page", minimumSeverity: .critical),
        ]
    )

    package init(luck: Luck, interval: Duration = .hours(12)) {
        self.luck = luck
        self.interval = interval
        // 2026-06-01T00:00:00Z
        let birth = Instant(seconds: 1_780_272_000)
        base = birth - .milliseconds(1_000_000)
        let now = Now(instant: birth, moment: moment)
        engine = Engine(clock: ClockWatch(at: now), ids: EventIDs(seed: 1), seed: 1)
        for _ in 0..<4 { addToken() }
        begin()
    }

    var truth: Instant { base + .milliseconds(moment.milliseconds) }

    private var machine: Now { Now(instant: truth + ahead, moment: moment) }

    /// How many events were recorded.
    package var eventCount: Int { disk.events.count }

    private var isSynchronised: Bool { ahead == .zero }

    private var now: Now { engine.now(at: moment) }

    private func days(_ count: Int) -> Duration { .days(Int64(count)) }

    private mutating func addToken() {
        made += 1
        guard let id = TokenID("token-\(made)") else { return }
        let provider = TokenProvider(
            name: "vps.org",
            host: Self.hosts[made % 3 / 2],
            interval: interval
        )
        let expiry = luck.once(in: 4) ? nil : truth + days(luck.pick(90) + 1)
        truths.append(
            Truth(
                number: UInt64(made),
                settings: TokenSettings(id: id, provider: provider, policy: policy),
                expiry: expiry
            )
        )
        truths.sort { $0.settings.id < $1.settings.id }
    }
}

/// The daemon's part, as `Watch` plays it.
extension EngineLife {
    /// Starts with what the disk holds.
    private mutating func begin() {
        let ids = EventIDs(
            after: disk.events.last?.id ?? EventID(high: 0, low: 0),
            seed: luck.next()
        )
        engine = Engine(clock: ClockWatch(at: machine), ids: ids, seed: luck.next())
        engine.beginClock(machine, stored: disk.storedRun)
        configure(isStart: true)
    }

    /// Takes over the tokens that there are.
    private mutating func configure(isStart: Bool) {
        let (old, roster) = (engine.roster, Roster(truths.map(\.settings)))
        let names = ["log", "page"]
        _ = engine.configure(
            NewConfiguration(
                Succession(
                    roster,
                    from: old,
                    previous: roster.settings.map { old.slot(of: $0.id).map(Int32.init) ?? -1 },
                    removed: old.settings.indices.filter {
                        roster.slot(of: old.settings[$0].id) == nil
                    }
                ),
                policy: policy,
                concurrency: 4,
                perHost: 2,
                addresses: Dictionary(
                    uniqueKeysWithValues: names.map { ($0, SecretDigest(high: 7, low: 7)) }
                ),
                channelPolicies: Dictionary(uniqueKeysWithValues: names.map { ($0, policy) })
            ),
            stored: isStart ? disk.storedRun : StoredRun(),
            isStart: isStart,
            at: now
        )
        let isSynchronised = isSynchronised
        engine.beginJudging(moment) { _ in isSynchronised }
    }

    private mutating func keepTime(_ answer: Engine.TimeOfHost? = nil) {
        let isSynchronised = isSynchronised
        engine.keepTime(machine, answer) { _ in isSynchronised }
    }

    private mutating func work() {
        keepTime()
        var underWay: [Int] = []
        while let due = engine.next(at: now) {
            switch due {
            case .wake(let slot): engine.apply(slot, .timePassed, at: now)
            case .poll(let slot): underWay.append(slot)
            }
        }
        for slot in underWay.shuffled(using: &luck) { poll(slot) }
        var turns = 0
        repeat {
            engine.turn(at: now)
            for slot in engine.takeSecretsToCompare() {
                engine.compare(slot, holds: truths[slot].digest, at: now)
            }
            turns += 1
        } while engine.wantsTurn && turns < 1000
        if turns == 1000 { fault = "turns without end" }
    }

    private mutating func poll(_ slot: Int) {
        let token = truths[slot]
        guard engine.admits(slot, with: token.digest, at: now) else { return }
        polls += 1
        let answer = answer(token)
        if answer.status > 0 {
            engine.honour(
                slot,
                token.digest,
                status: answer.status,
                pause: luck.once(in: 8) && answer.status >= 429 ? .minutes(7) : nil,
                at: now
            )
            let evidence = ClockEvidence(date: truth, age: nil, facts: answer.facts)
            keepTime(evidence.map { Engine.TimeOfHost(token.settings.host, $0) })
        }
        if engine.clock.doubt != nil {
            return engine.concludeInDoubt(slot, askedAt: moment, at: now)
        }
        ledger.note(answer, of: token.settings.id)
        engine.conclude(
            slot,
            Observation(
                askedAt: now.instant,
                answeredAt: now.instant,
                answer: answer,
                secret: token.digest
            ),
            at: now
        )
    }

    private func answer(_ token: Truth) -> Observation.Answer {
        if downUntil[token.settings.host].map({ moment < $0 }) == true {
            return .unreachable("no route")
        }
        if let failure = token.failure { return failure }
        if token.isRevoked || token.expiry.map({ $0 <= truth }) == true {
            return .rejected("status 401")
        }
        return .ok(
            Facts(
                permissions: PermissionSet(token.permissions),
                expiry: token.expiry.map(Expiry.at) ?? .never
            )
        )
    }

    /// Writes what is decided; with bad luck the disk is full, or the process dies before or after.
    private mutating func commit(calmly isCalm: Bool) {
        guard !engine.pending.isEmpty else { return }
        let commit = engine.takePending(at: now.instant)
        switch isCalm ? 0 : luck.pick(64) {
        case 61: engine.pending.restore(commit)
        case 62: begin()
        case 63:
            write(commit)
            begin()
        default: write(commit)
        }
    }

    private mutating func write(_ commit: Commit) {
        disk.write(commit)
        for event in commit.events {
            fault = fault ?? ledger.fault(event, at: moment, slack: slack, truth: truth)
        }
        fault = fault ?? ledger.fault(of: disk)
    }

    /// How wrong the time that counts may ever have been.
    private var slack: Duration { ledger.longestLead + clockTolerance }
}

/// What happens around the daemon.
extension EngineLife {
    /// One stretch of time, and with some luck an incident before it.
    package mutating func step() {
        guard fault == nil else { return }
        if luck.once(in: 4) { incident() }
        pass(atMost: .hours(Int64(luck.pick(24) + 1)), calmly: false)
    }

    package var hasEnded: Bool { fault != nil || luck.hasRunOut }

    private mutating func pass(atMost longest: Duration, calmly isCalm: Bool) {
        let next = engine.nextMoment(after: now)
        moment = max(moment + .milliseconds(1), min(next, moment + longest))
        work()
        commit(calmly: isCalm)
    }

    private mutating func incident() {
        let slot = luck.pick(max(1, truths.count))
        switch luck.pick(16) {
        case 0: downUntil[Self.hosts[luck.pick(2)]] = moment + .hours(Int64(luck.pick(60) + 1))
        case 1 where slot < truths.count: truths[slot].isRevoked.toggle()
        case 2 where slot < truths.count: truths[slot].expiry = truth + days(luck.pick(120))
        case 3 where slot < truths.count: truths[slot].expiry = nil
        case 4 where slot < truths.count:
            let words = [["dns:*"], ["dns:list", "servers:*"], ["servers:list"], []]
            truths[slot].permissions = words[luck.pick(words.count)]
        case 5 where slot < truths.count:
            truths[slot].secret += 1
            truths[slot].isRevoked = false
            truths[slot].expiry = truth + days(luck.pick(120) + 1)
        case 6 where slot < truths.count:
            let failures: [Observation.Answer?] = [
                .malformed("no JSON"), .serverError("503"), .rateLimited("429"), nil, nil,
            ]
            truths[slot].failure = failures[luck.pick(failures.count)]
        case 7 where slot < truths.count: truths[slot].failure = nil
        case 8:
            let minutes = Int64(luck.pick(200) + 1) * Int64(luck.pick(200) + 1)
            ahead = luck.once(in: 2) ? .minutes(-minutes) : .minutes(minutes)
            ledger.longestLead = max(ledger.longestLead, ahead)
        case 9: ahead = .zero
        case 10 where truths.count < 7:
            addToken()
            configure(isStart: false)
        case 11 where truths.count > 2:
            truths.remove(at: slot % truths.count)
            configure(isStart: false)
        case 12: configure(isStart: false)
        case 13: begin()
        case 14 where slot < truths.count:
            let word = Acknowledgement(by: "ann", reason: "known", until: now.instant + .days(3))
            _ = engine.acknowledge(truths[slot].settings.id, nil, word, at: now)
        case 15 where slot < truths.count:
            _ = engine.mute(
                [.token(truths[slot].settings.id)],
                by: "ann",
                reason: "work",
                for: .hours(Int64(luck.pick(50) + 1)),
                at: now
            )
        default: break
        }
    }

    /// Lets everything come right: what holds then must be the truth, and all of it.
    package mutating func calmDown() {
        guard fault == nil else { return }
        downUntil = [:]
        ahead = .zero
        for slot in truths.indices { truths[slot].failure = nil }
        let end = moment + .days(4)
        while moment < end, fault == nil {
            pass(atMost: .hours(6), calmly: true)
        }
        for slot in truths.indices { fault = fault ?? faultAtRest(slot) }
        let stuck = engine.subjects.alerts.filter { !$0.value.isEmpty }
        if !stuck.isEmpty {
            let words = stuck.map { "\($0.key) \($0.value.map(\.condition))" }
            fault = fault ?? "holds at rest: \(words)"
        }
    }

    private func faultAtRest(_ slot: Int) -> String? {
        let token = truths[slot]
        let alerts = engine.states[slot].alerts
        let isOver = token.expiry.map { $0 <= truth } == true
        var expected: Set<Condition> = []
        if isOver {
            expected = [.expired]
        } else if token.isRevoked {
            expected = [.rejected]
        } else if let expiry = token.expiry, expiry <= truth + .days(30) {
            expected = [.expiring]
        }
        // What a token held when it was last seen stays, while it is rejected.
        var found = Set(alerts.map(\.condition))
        if !expected.isDisjoint(with: [.expired, .rejected]) {
            // An expiry that nobody was told of is not known: the token is rejected.
            if found.contains(.rejected), isOver { expected = [.rejected] }
            found.subtract([.permissionsMissing, .permissionsExcess])
            if expected == [.rejected] { found.remove(.expiring) }
            // Nobody says that an expiry was moved once the token is rejected.
            if token.isRevoked, found == [.expired] { expected = [.expired] }
        } else {
            let held = PermissionSet(token.permissions)
            if !held.covers("dns:list", syntax: .resourceAction) {
                expected.insert(.permissionsMissing)
            }
            let allowed = PermissionSet(["dns:*", "servers:list"])
            if !allowed.covers(held, syntax: .resourceAction) {
                expected.insert(.permissionsExcess)
            }
        }
        // What a clock that was ahead took for expired ends with a good answer, which does not come.
        if expected == [.rejected], ledger.longestLead > .zero { found.remove(.expired) }
        guard found == expected else {
            return "\(token.settings.id) holds \(found) at rest, not \(expected)"
        }
        let isMuted = !engine.mutes.isEmpty
        for alert in alerts where !isMuted && !alert.isCovered && alert.acknowledgement == nil {
            // While a token is rejected, its expiry is not notified.
            if alert.condition == .expiring, expected == [.rejected] { continue }
            guard alert.told.contains("log") else {
                return "\(token.settings.id): nobody was notified of \(alert.condition)"
            }
        }
        return nil
    }
}

extension Observation.Answer {
    fileprivate var status: Int {
        switch self {
        case .ok, .malformed: 200
        case .rejected: 401
        case .rateLimited: 429
        case .serverError: 503
        case .unreachable: 0
        }
    }
}
