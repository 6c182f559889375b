@testable import Alerting

/// An engine with tokens of one host, and a clock that is set by hand.
struct EngineUnderTest {
    static let start = Instant(seconds: 1_795_262_400)

    var engine: Engine
    /// The right time.
    var right = Self.start
    /// How far ahead the local clock is.
    var ahead = Duration.zero
    var isSynchronised = false
    private let policy = Policy(
        channels: [ChannelRoute(name: "log", minimumSeverity: .info)]
    )

    init(_ count: Int, stored: StoredRun = StoredRun(), owner: String? = nil) {
        let clock = Now(instant: Self.start, moment: Moment(milliseconds: 0))
        engine = Engine(clock: ClockWatch(at: clock), ids: EventIDs(seed: 1), seed: 1)
        engine.beginClock(clock, stored: stored)
        configure(count, stored: stored, owner: owner)
    }

    var machine: Now {
        Now(
            instant: right + ahead,
            moment: Moment(milliseconds: (right - Self.start).milliseconds)
        )
    }

    /// The time that counts.
    var now: Now { engine.now(at: machine.moment) }

    static func id(_ number: Int) -> TokenID {
        guard let id = TokenID("t\(10_000 + number)") else { fatalError("not a token id") }
        return id
    }

    /// Takes over a configuration, of which no token has learned yet.
    mutating func configure(
        _ count: Int,
        stored: StoredRun = StoredRun(),
        addresses: [String: SecretDigest] = [:],
        owner: String? = nil
    ) {
        let provider = TokenProvider(name: "p", host: "one.example", interval: .hours(1))
        let settings = (0..<count).map {
            TokenSettings(id: Self.id($0), provider: provider, policy: policy, owner: owner)
        }
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
                policy: policy,
                concurrency: 32,
                perHost: 8,
                addresses: addresses,
                channelPolicies: ["log": policy]
            ),
            stored: stored,
            isStart: old.settings.isEmpty,
            at: now
        )
        engine.beginJudging(machine.moment) { [isSynchronised] _ in isSynchronised }
    }

    /// Does everything that is due but polls, and compares the secrets.
    mutating func turn(secret: (Int) -> SecretDigest? = { _ in nil }) {
        engine.keepTime(machine) { [isSynchronised] _ in isSynchronised }
        while let due = engine.next(at: now) {
            switch due {
            case .wake(let slot): engine.apply(slot, .timePassed, at: now)
            case .poll(let slot): engine.finish(slot, next: .never)
            }
        }
        repeat {
            engine.turn(at: now)
            for slot in engine.takeSecretsToCompare() {
                engine.compare(slot, holds: secret(slot), at: now)
            }
        } while engine.wantsTurn
    }

    /// Ends a poll of a token with a good answer.
    mutating func answer(_ slot: Int, _ facts: Facts, secret: SecretDigest, date: Instant? = nil) {
        let evidence = ClockEvidence(date: date, age: nil, facts: facts)
        engine.keepTime(machine, evidence.map { Engine.TimeOfHost("one.example", $0) }) {
            [isSynchronised] _ in isSynchronised
        }
        engine.conclude(
            slot,
            Observation(
                askedAt: now.instant,
                answeredAt: now.instant,
                answer: .ok(facts),
                secret: secret
            ),
            at: now
        )
    }

    /// `expiring raised` of each event since the last time.
    mutating func lines() -> [String] {
        engine.takeEvents().map { "\($0.kind.name) \($0.phase.rawValue)" }
    }
}
