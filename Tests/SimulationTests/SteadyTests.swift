import Alerting
import Testing

/// A forecast is the same as the daemon's decisions, poll by poll.
struct SteadyTests {
    private static let policy = Policy(
        require: PermissionSet(["dns:*"]),
        channels: [ChannelRoute(name: "log", minimumSeverity: .info)]
    )
    private static let quiet = Policy(
        channels: [ChannelRoute(name: "log", minimumSeverity: .info)]
    )

    /// Tokens in all kinds of states, each of its own making.
    private func states(_ seed: UInt64) -> [TokenState] {
        var random = SplitMix64(state: seed)
        return (0..<24).map { _ in
            var state = TokenState()
            guard Int.random(in: 0..<12, using: &random) > 0 else { return state }
            let days = Int64.random(in: -3...60, using: &random)
            state.known = Facts(
                permissions: PermissionSet([Bool.random(using: &random) ? "dns:*" : "a:b"]),
                expiry: [.at(start + .days(days) + .minutes(7)), .never, .notTold]
                    .randomElement(using: &random) ?? .never,
                lastUsedAt: start - .days(days + 4)
            )
            state.expirySeenAt = start - .days(30)
            state.askedWith = 1
            state.secret = SecretDigest(high: 0, low: 1)
            state.lastOkAt = start - .hours(Int64.random(in: 1...40, using: &random))
            state.lastOutcome = Outcome.allCases.randomElement(using: &random)
            state.lastPollAt =
                state.lastOutcome == .ok ? state.lastOkAt : start - .minutes(20)
            state.verdictAt = state.lastOkAt
            switch state.lastOutcome {
            case .rejected:
                state.rejectedSince = state.lastOkAt.map { $0 + .hours(1) }
                state.rejection = "status 401"
                state.failures = 2
                if Bool.random(using: &random) { state.unconfirmed = .rejected }
            case .malformed:
                state.malformed = "no JSON"
                state.failures = 1
                if Bool.random(using: &random) { state.unconfirmed = .malformed }
            case .unreachable, .serverError, .rateLimited:
                state.pollsWithoutVerdict = Int.random(in: 1...4, using: &random)
                state.failures = state.pollsWithoutVerdict
                state.lastError = "no route"
            case .ok, nil: break
            }
            if state.lastOutcome == .ok, Bool.random(using: &random) {
                state.comesAndGoes(Int.random(in: 1...9, using: &random))
            }
            state.use.watchedSince = start - .days(10)
            state.use.hiddenAnswers = Int.random(in: 0...3, using: &random)
            return state
        }
    }

    private func simulation(_ seed: UInt64, skipping: Bool, hosts: Bool) -> Simulation {
        let states = states(seed)
        let tokens = states.indices.map { slot in
            let host = slot < 8 ? "large.example" : "host-\(slot / 3).example"
            return TokenSettings(
                id: TokenID("t-\(slot)") ?? TokenSettings.numbered(slot).id,
                provider: TokenProvider(name: "vps.org", host: host),
                policy: Self.policy,
                isCanary: slot % 5 == 0,
                unusedAfter: slot % 3 == 0 ? .days(20) : nil
            )
        }
        return Simulation(
            tokens,
            states: states,
            subjects: SubjectBook(policy: Self.policy),
            isApart: !hosts,
            answersStay: skipping,
            from: start,
            ids: EventIDs(seed: 3),
            provider: Simulation.asBefore
        )
    }

    private func lines(_ simulation: Simulation) -> [String] {
        simulation.events.map {
            "\($0.at.rfc3339) \($0.phase) \($0.severity) \($0.summary) \($0.channels)"
        }.sorted()
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>, [false, true])
    func `polls that need not be made would have said nothing`(seed: UInt64, hosts: Bool) {
        var all = simulation(seed, skipping: false, hosts: hosts)
        var some = simulation(seed, skipping: true, hosts: hosts)
        all.run(until: start + .days(40))
        some.run(until: start + .days(40))
        #expect(lines(all) == lines(some), "seed \(seed)")
        #expect(all.events.count > 20, "seed \(seed)")
        #expect(some.polls * 20 < all.polls, "\(some.polls) of \(all.polls)")
    }

    @Test func `an answer that shows its own poll is repeated until it is reported`() {
        var state = TokenState()
        state.known = Facts(expiry: .never, lastUsedAt: start - .hours(1))
        state.askedWith = 1
        state.secret = SecretDigest(high: 0, low: 1)
        state.lastOkAt = start - .hours(1)
        state.verdictAt = state.lastOkAt
        state.lastPollAt = state.lastOkAt
        state.lastOutcome = .ok
        state.use.by = .own
        state.use.hiddenAnswers = 1
        let token = TokenSettings(
            id: TokenSettings.numbered(0).id,
            provider: TokenProvider(name: "vps.org", host: "admin.vps.org"),
            policy: Self.quiet,
            isCanary: true
        )
        var simulation = Simulation(
            [token],
            states: [state],
            answersStay: true,
            from: start,
            ids: EventIDs(seed: 3),
            provider: Simulation.asBefore
        )
        simulation.run(until: start + .days(1))
        #expect(simulation.events.map(\.kind.name) == ["unobservable"])
    }

    private var silent: TokenState {
        var state = TokenState()
        state.known = Facts(expiry: .never)
        state.askedWith = 1
        state.lastOkAt = start - .minutes(30)
        state.verdictAt = state.lastOkAt
        state.lastPollAt = start - .minutes(10)
        state.lastOutcome = .unreachable
        state.lastError = "no route"
        state.pollsWithoutVerdict = 2
        state.failures = 2
        return state
    }

    @Test func `an alert of a host ends with a poll that shows it is over, and theirs are told`()
        throws
    {
        // Six were silent when the state was stored; five of them answer since, and one does not.
        let states = (0..<6).map { slot in
            var state = silent
            state.alerts = [
                Alert(
                    condition: .unreachable,
                    id: EventID(high: 0, low: UInt64(slot + 1)),
                    severity: .warning,
                    since: start - .hours(1)
                )
            ]
            state.alerts[0].isCovered = true
            state.verdictAt = start - .hours(3)
            if slot > 0 {
                state.lastOutcome = .ok
                state.lastError = nil
                state.pollsWithoutVerdict = 0
                state.failures = 0
            }
            return state
        }
        let host = AlertSubject.host(TokenSettings.numbered(0).host)
        let alert = Alert(
            condition: .hostUnreachable,
            id: EventID(high: 0, low: 9),
            severity: .warning,
            since: start - .hours(1),
            told: ["log"]
        )
        var book = SubjectBook(policy: Self.quiet)
        book.resume([host: [alert]])
        var simulation = Simulation(
            (0..<6).map { TokenSettings.numbered($0, Self.quiet) },
            states: states,
            subjects: book,
            answersStay: true,
            from: start,
            ids: EventIDs(seed: 3),
            provider: Simulation.asBefore
        )
        simulation.run(until: start + .hours(30))
        let sent = simulation.events.filter { !$0.channels.isEmpty }
        #expect(sent.map(\.phase) == [.resolved, .reminded, .escalated], "\(sent.map(\.summary))")
        #expect(sent.first?.summary.contains("1 of 6 tokens is still without a verdict") == true)
        #expect(sent.dropFirst().allSatisfy { $0.summary.hasPrefix("token-0: no verdict") })
    }

    @Test func `one alert of a host stands for those of its tokens`() throws {
        var simulation = Simulation(
            (0..<6).map { TokenSettings.numbered($0, Self.policy) },
            states: Array(repeating: silent, count: 6),
            subjects: SubjectBook(policy: Self.policy),
            answersStay: true,
            from: start,
            ids: EventIDs(seed: 3),
            provider: Simulation.asBefore
        )
        simulation.run(until: start + .days(3))
        let sent = simulation.events.filter { !$0.channels.isEmpty && $0.phase == .raised }
        let raised = sent.filter { $0.kind != .condition(.permissionsMissing) }
        #expect(raised.map(\.kind) == [.condition(.hostUnreachable)])
        let escalated = simulation.events.filter {
            !$0.channels.isEmpty && $0.phase == .escalated
        }
        #expect(escalated.map(\.kind) == [.condition(.hostUnreachable)])
        #expect(escalated.first?.severity == .critical)
        #expect(escalated.first?.at == start - .minutes(30) + .hours(24))
        let first = try #require(raised.first)
        #expect(first.at == start + .minutes(90))
        #expect(first.summary.contains("6 of 6 tokens"), "\(first.summary)")
    }
}

extension TokenState {
    /// Answers again, after it did not so often within the last hours.
    fileprivate mutating func comesAndGoes(_ times: Int) {
        swings = (0..<min(times, 5)).map {
            Swing(.condition(.unreachable), at: start - .hours(2) - .minutes(Int64($0)))
        }.reversed()
        alerts.append(
            Alert(
                condition: .unreachable,
                id: EventID(high: 0, low: 1),
                severity: .warning,
                since: start - .hours(2),
                told: ["log"]
            )
        )
    }
}
