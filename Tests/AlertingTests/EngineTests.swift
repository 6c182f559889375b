import Alerting
import Testing

/// One engine from a roster to what is to be written.
@Suite struct EngineTests {
    private static let start = Instant(seconds: 1_795_262_400)
    private static let secret = SecretDigest(high: 0, low: 1)

    private func now(_ later: Duration) -> Now {
        Now(
            instant: Self.start + later,
            moment: Moment(milliseconds: Self.start.milliseconds) + later
        )
    }

    private func settings(_ ids: String..., interval: Duration = .hours(1)) -> [TokenSettings] {
        let provider = TokenProvider(name: "p", host: "one.example", interval: interval)
        return ids.compactMap(TokenID.init).map {
            TokenSettings(id: $0, provider: provider, policy: Policy())
        }
    }

    private func engine() -> Engine {
        Engine(clock: ClockWatch(at: now(.zero)), ids: EventIDs(seed: 1), seed: 1)
    }

    /// Takes over a roster as a reload does.
    private func take(
        _ engine: inout Engine,
        _ settings: [TokenSettings],
        stored: [TokenID: TokenState] = [:],
        at now: Now
    ) {
        let old = engine.roster
        let roster = Roster(settings)
        let succession = Succession(
            roster,
            from: old,
            previous: settings.map { token in old.slot(of: token.id).map { Int32($0) } ?? -1 },
            removed: old.settings.indices.filter { roster.slot(of: old.settings[$0].id) == nil }
        )
        _ = engine.configure(
            NewConfiguration(succession, policy: Policy(), concurrency: 32, perHost: 8),
            stored: StoredRun(tokens: stored),
            isStart: false,
            at: now
        )
    }

    private func takeOverAll(_ engine: inout Engine, at now: Now) {
        _ = engine.forgetSome(.max, at: now)
        for slot in engine.roster.settings.indices { engine.takeOver(slot, at: now) }
        _ = engine.finishTakeover(at: now)
    }

    private func poll(
        _ engine: inout Engine,
        _ slot: Int,
        _ answer: Observation.Answer,
        at now: Now
    ) {
        engine.conclude(
            slot,
            Observation(
                askedAt: now.instant,
                answeredAt: now.instant,
                answer: answer,
                secret: Self.secret
            ),
            at: now
        )
    }

    @Test func `a state that is set to what it is needs no commit`() {
        var engine = engine()
        take(&engine, settings("a"), at: now(.zero))
        takeOverAll(&engine, at: now(.zero))
        _ = engine.takePending(at: Self.start)
        engine.set(engine.states[0], of: 0)
        #expect(engine.pending.isEmpty)
    }

    private func lines(_ commit: Commit) -> [String] {
        commit.events.map { event in
            guard case .token(let card) = event.subject else { return event.kind.name }
            return "\(card.id) \(event.kind.name)"
        }
    }

    @Test func `tokens that come and go are told to the record once`() {
        var engine = engine()
        take(&engine, settings("a", "b"), at: now(.zero))
        takeOverAll(&engine, at: now(.zero))
        let first = engine.takePending(at: Self.start)
        #expect(lines(first) == ["a first_seen", "b first_seen"])
        #expect(Set(first.states.map(\.id.text)) == ["a", "b"])
        take(&engine, settings("b", "c"), at: now(.minutes(1)))
        takeOverAll(&engine, at: now(.minutes(1)))
        let second = engine.takePending(at: Self.start)
        #expect(lines(second) == ["a forgotten", "c first_seen"])
        #expect(second.forgotten.map(\.text) == ["a"])
        #expect(engine.census.tokens[.unknown] == 2)
    }

    @Test func `a configuration that comes early loses nothing of the one before`() {
        var engine = engine()
        take(&engine, settings("a", "b", "c"), at: now(.zero))
        engine.takeOver(0, at: now(.zero))
        // Only the first token has learned of it; one that came is gone again.
        take(&engine, settings("a", "c"), at: now(.seconds(1)))
        takeOverAll(&engine, at: now(.seconds(1)))
        #expect(
            lines(engine.takePending(at: Self.start))
                == ["a first_seen", "b first_seen", "c first_seen", "b forgotten"]
        )
    }

    @Test func `a token without an answer is polled at once, one with a good one in its phase`() {
        var engine = engine()
        var state = TokenState()
        state.known = Facts(expiry: .never)
        state.askedWith = 1
        let all = settings("a", "b")
        take(&engine, all, stored: [all[1].id: state], at: now(.zero))
        takeOverAll(&engine, at: now(.zero))
        #expect(engine.schedule.nextPoll(of: 0) == now(.zero).moment)
        let phase = Cadence.nextPhase(
            of: all[1].id.stableHash,
            interval: .hours(1),
            after: Self.start
        )
        #expect(engine.schedule.nextPoll(of: 1) == now(.zero).moment(of: phase))
    }

    @Test func `a reload polls at once what has no good answer, and what was under way`() {
        var engine = engine()
        take(&engine, settings("a", "b"), at: now(.zero))
        takeOverAll(&engine, at: now(.zero))
        #expect(engine.next(at: now(.zero)) == .poll(0))
        #expect(engine.next(at: now(.zero)) == .poll(1))
        poll(&engine, 0, .unreachable("no route"), at: now(.zero))
        let planned = engine.schedule.nextPoll(of: 0)
        #expect(planned.map { $0 > now(.seconds(40)).moment } == true)
        take(&engine, settings("a", "b"), at: now(.seconds(10)))
        takeOverAll(&engine, at: now(.seconds(10)))
        // It has no good answer yet: the start of a configuration polls it.
        #expect(engine.schedule.nextPoll(of: 0) == now(.seconds(10)).moment)
        #expect(engine.schedule.nextPoll(of: 1) == now(.seconds(10)).moment)
    }

    @Test func `a rejected token waits until its secret changes, seen once an interval`() {
        var engine = engine()
        take(&engine, settings("a", interval: .minutes(10)), at: now(.zero))
        takeOverAll(&engine, at: now(.zero))
        #expect(engine.next(at: now(.zero)) == .poll(0))
        poll(&engine, 0, .rejected("revoked"), at: now(.zero))
        #expect(engine.schedule.nextPoll(of: 0) == now(.minutes(10)).moment)
        #expect(engine.next(at: now(.minutes(10))) == .poll(0))
        var changed = engine
        let isRefused = engine.isRefused(0, Self.secret, at: now(.minutes(10)))
        #expect(isRefused)
        #expect(engine.schedule.nextPoll(of: 0) == now(.minutes(20)).moment)
        let other = SecretDigest(high: 0, low: 2)
        let isRefusedAsChanged = changed.isRefused(0, other, at: now(.minutes(10)))
        #expect(!isRefusedAsChanged)
        #expect(changed.refusals.isEmpty)
    }

    @Test func `a 429 holds its token, a second one the host; poll-now overrides the first`() {
        var engine = engine()
        take(&engine, settings("a", "b"), at: now(.zero))
        takeOverAll(&engine, at: now(.zero))
        while engine.next(at: now(.zero)) != nil {}
        engine.honour(0, Self.secret, status: 429, pause: .minutes(5), at: now(.zero))
        poll(&engine, 0, .rateLimited("slow down"), at: now(.zero))
        #expect(engine.limitedUntil(0, at: now(.zero)) == Self.start + .minutes(5))
        #expect(engine.pollNow([0], at: now(.seconds(1))).isEmpty)
        #expect(engine.limitedUntil(0, at: now(.seconds(1))) == nil)
        #expect(engine.next(at: now(.seconds(1))) == .poll(0))
        engine.honour(0, Self.secret, status: 429, pause: .minutes(5), at: now(.seconds(2)))
        engine.honour(1, Self.secret, status: 429, pause: .minutes(3), at: now(.seconds(3)))
        let end = now(.seconds(3) + .minutes(3)).moment
        #expect(engine.pollNow([0], at: now(.seconds(4))) == [end])
    }

    @Test func `nothing is judged while the clock is doubted, and the record learns who came`() {
        var engine = engine()
        engine.beginClock(now(.zero), stored: StoredRun(newestInstant: Self.start + .days(1)))
        take(&engine, settings("a"), at: now(.zero))
        takeOverAll(&engine, at: now(.zero))
        #expect(engine.clock.doubt != nil)
        #expect(lines(engine.takePending(at: Self.start)) == ["a first_seen"])
        poll(&engine, 0, .rejected("revoked"), at: now(.zero))
        #expect(engine.states[0] == TokenState())
    }
}
