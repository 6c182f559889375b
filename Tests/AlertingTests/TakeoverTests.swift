import Testing

@testable import Alerting

/// A configuration that comes while others are still being learned of.
struct TakeoverTests {
    private static let start = Instant(seconds: 1_795_262_400)
    private static let secret = SecretDigest(high: 0, low: 1)

    private func now(_ later: Duration = .zero) -> Now {
        Now(
            instant: Self.start + later,
            moment: Moment(milliseconds: Self.start.milliseconds) + later
        )
    }

    private func engine() -> Engine {
        Engine(clock: ClockWatch(at: now()), ids: EventIDs(seed: 1), seed: 1)
    }

    private func token(_ number: Int, host: Int = 0, _ policy: Policy = Policy()) -> TokenSettings {
        guard let id = TokenID("t\(100 + number)") else { fatalError("not a token id") }
        let provider = TokenProvider(name: "p", host: "host-\(host).example")
        return TokenSettings(id: id, provider: provider, policy: policy)
    }

    private func configure(
        _ engine: inout Engine,
        _ settings: [TokenSettings],
        channels: [String] = [],
        stored: StoredRun = StoredRun(),
        at now: Now
    ) {
        let (old, roster) = (engine.roster, Roster(settings))
        let succession = Succession(
            roster,
            from: old,
            previous: settings.map { token in old.slot(of: token.id).map { Int32($0) } ?? -1 },
            removed: old.settings.indices.filter { roster.slot(of: old.settings[$0].id) == nil }
        )
        _ = engine.configure(
            NewConfiguration(
                succession,
                policy: Policy(),
                concurrency: 32,
                perHost: 8,
                channelPolicies: Dictionary(uniqueKeysWithValues: channels.map { ($0, Policy()) })
            ),
            stored: stored,
            isStart: false,
            at: now
        )
    }

    private func poll(_ engine: inout Engine, _ slot: Int, _ answer: Observation.Answer, _ now: Now)
    {
        let observation = Observation(
            askedAt: now.instant,
            answeredAt: now.instant,
            answer: answer,
            secret: Self.secret
        )
        engine.apply(
            slot,
            .observed(observation, askedWith: engine.roster.settings[slot].askedWith),
            at: now
        )
    }

    private func counted(_ census: Census) -> [TokenHealth: Int] {
        census.tokens.filter { $0.value != 0 }
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `after any reloads each token has its own state, and all counts are right`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var engine = engine()
        for round in 0..<12 {
            let now = now(.hours(Int64(round)))
            let share = Int.random(in: 1...4, using: &random)
            let numbers = (0..<40).filter { _ in Int.random(in: 0..<4, using: &random) < share }
            let hosts = Int.random(in: 1...3, using: &random)
            let settings = numbers.map { number in
                token(number, host: Int.random(in: 0..<hosts, using: &random))
            }
            configure(&engine, settings, at: now)
            // The next configuration may come before all have learned of this one.
            for slot in settings.indices.prefix(Int.random(in: 0...40, using: &random)) {
                engine.takeOver(slot, at: now)
            }
            for slot in settings.indices where Bool.random(using: &random) {
                let facts = Facts(name: settings[slot].id.text, expiry: .never)
                let answers: [Observation.Answer] = [
                    .ok(facts), .unreachable("no route"), .rejected("revoked"),
                ]
                poll(&engine, slot, answers[Int.random(in: 0..<3, using: &random)], now)
            }
            var census = Census()
            var tallies = engine.roster.hosts.map { _ in HostTally() }
            for (slot, state) in engine.states.enumerated() {
                let name = state.known?.name
                #expect(name == nil || name == settings[slot].id.text, "seed \(seed)")
                census.add(state)
                tallies[engine.roster.hostOfSlot[slot]].add(state)
            }
            #expect(counted(engine.census) == counted(census), "seed \(seed), round \(round)")
            #expect(engine.hosts.hosts.map(\.tally) == tallies, "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: [false, true])
    func `a channel that is gone is not notified by a token that has not learned of it`(
        isAcknowledged: Bool
    ) throws {
        var engine = engine()
        let policy = Policy(
            channels: ["log", "ops"].map { ChannelRoute(name: $0, minimumSeverity: .info) }
        )
        configure(&engine, [token(1, policy)], channels: ["log", "ops"], at: now())
        engine.takeOver(0, at: now())
        _ = engine.finishTakeover(at: now())
        let expired = Facts(expiry: .at(Self.start - .days(1)))
        poll(&engine, 0, .ok(expired), now())
        #expect(engine.states[0].alerts.first?.told.sorted() == ["log", "ops"])
        _ = engine.takeEvents()
        configure(&engine, [token(1, policy)], channels: ["log"], at: now(.hours(1)))
        if isAcknowledged {
            let id = engine.roster.settings[0].id
            let known = Acknowledgement(by: "ann", reason: "known", until: Self.start + .days(2))
            let isChange = engine.acknowledge(id, nil, known, at: now(.hours(1)))
            #expect(isChange)
        }
        #expect(engine.isTakingOver)
        let later = now(.hours(2))
        poll(&engine, 0, .ok(Facts(expiry: .at(Self.start + .days(300)))), later)
        let resolved = try #require(engine.takeEvents().first { $0.phase == .resolved })
        #expect(resolved.channels == ["log"])
    }

    @Test func `a planned poll moves to the phase of a new interval, and a retry stays`() throws {
        func tokens(every interval: Duration) -> [TokenSettings] {
            let provider = TokenProvider(name: "p", host: "host-0.example", interval: interval)
            return (0...1).map {
                TokenSettings(id: token($0).id, provider: provider, policy: Policy())
            }
        }
        var engine = engine()
        func pollAll(_ answer: Observation.Answer, _ now: Now) {
            while let due = engine.next(at: now) {
                guard case .poll(let slot) = due else { continue }
                let observation = Observation(
                    askedAt: now.instant,
                    answeredAt: now.instant,
                    answer: answer,
                    secret: Self.secret
                )
                engine.conclude(slot, observation, at: now)
            }
        }
        configure(&engine, tokens(every: .hours(1)), at: now())
        for slot in 0...1 { engine.takeOver(slot, at: now()) }
        _ = engine.finishTakeover(at: now())
        pollAll(.ok(Facts(expiry: .never)), now())
        let planned = try #require(engine.schedule.nextPoll(of: 0))
        engine.pollSoon(1, at: now(.seconds(1)))
        pollAll(.unreachable("no route"), now(.seconds(1)))
        let retry = try #require(engine.schedule.nextPoll(of: 1))
        let later = now(.seconds(2))
        #expect(planned > later.moment && retry > later.moment)
        let settings = tokens(every: .days(2))
        configure(&engine, settings, at: later)
        for slot in 0...1 { engine.takeOver(slot, at: later) }
        let phase = later.moment(
            of: Cadence.nextPhase(
                of: settings[0].id.stableHash,
                interval: .days(2),
                after: later.instant
            )
        )
        #expect(planned < phase)
        #expect(engine.schedule.nextPoll(of: 0) == phase)
        #expect(engine.schedule.nextPoll(of: 1) == retry)
    }

    @Test func `a listed token does not count among the tokens of a host`() throws {
        var engine = engine()
        let listed = token(1).named(try #require(TokenID("t101/7")))
        let stored = StoredRun(tokens: [listed.id: TokenState()])
        configure(&engine, [token(1), token(2), listed], stored: stored, at: now())
        #expect(engine.roster.polled == 2)
        #expect(engine.hosts.hosts.map(\.tally.tokens) == [2])
    }
}
