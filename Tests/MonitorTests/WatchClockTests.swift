import Alerting
import CLinux
import Dispatch
import Glibc
import Sandbox
import Synchronization
import Testing

@testable import HTTP
@testable import Monitor
@testable import Store
@testable import System

@Suite(.timeLimit(.minutes(1)))
struct WatchClockTests {
    @Test func `each time that the clock is set is reported, and the next is awaited`()
        async throws
    {
        let timer = clinux_event_descriptor()
        try #require(timer >= 0)
        let rearmed = Counter()
        let (steps, step) = AsyncStream.makeStream(of: Void.self)
        let watcher = ClockSteps(
            timer: timer,
            rearm: { rearmed.increment() },
            on: DispatchQueue(label: "test")
        ) { step.yield() }
        var iterator = steps.makeAsyncIterator()
        for count in 1...2 {
            var one: UInt64 = 1
            let length = write(timer, &one, 8)
            #expect(length == 8)
            await iterator.next()
            #expect(rearmed.count == count)
        }
        withExtendedLifetime(watcher) {}
    }

    @Test func `the machine's own clock can be watched`() throws {
        let watcher = ClockSteps(on: DispatchQueue(label: "test")) {}
        _ = try #require(watcher)
    }

    @Test func `a clock that the kernel does not keep is not held synchronised`() {
        let now = SystemClock.now().instant
        #expect(!SystemClock.isSynchronised(showing: now + .hours(1)))
        #expect(!SystemClock.isSynchronised(showing: now - .days(400)))
    }

    // MARK: - A clock that is set while the daemon runs

    @Test func `400 days ahead, with a provider whose clock is right, expire nothing`()
        async throws
    {
        let clock = SetClock()
        let end = clock.now.instant + .days(40)
        let provider = try ClockedProvider(expiry: end)
        let run = try await WatchRun(clock, [provider])
        try await run.untilPolled(1)
        clock.set(ahead: .days(400))
        await run.watch.clockWasSet()
        let raised = try await run.event(.clockWrong, .raised)
        #expect(raised.details.contains(Detail("believed", "hosts")))
        #expect(raised.at < end, "it is recorded by the time that counts")
        #expect(await run.watch.summary().clockLead?.contains("400 d ahead") == true)
        try await run.pollAll()
        let state = await run.stop()
        #expect(state?.alerts == [])
        #expect(run.lines == ["first_seen changed", "clock_wrong raised"])
    }

    @Test func `while the clock is wrong it leads what is notified`() async throws {
        let clock = SetClock()
        let provider = try ClockedProvider(expiry: clock.now.instant + .days(20))
        clock.set(ahead: .days(400))
        let run = try await WatchRun(clock, [provider], policy: "remind = \"1d\"")
        let raised = try await run.event(.expiring, .raised)
        #expect(raised.summary.hasPrefix("This machine's clock is wrong, 400 d ahead"))
        #expect(raised.summary.contains("a expires"))
        let clockWrong = try await run.event(.clockWrong, .raised)
        #expect(clockWrong.id < raised.id, "it is notified first")
        _ = await run.stop()
    }

    @Test func `two hours ahead and back cross no stage twice, and resolve none`() async throws {
        let clock = SetClock()
        let provider = try ClockedProvider(expiry: clock.now.instant + .days(7) + .hours(1))
        let run = try await WatchRun(clock, [provider])
        _ = try await run.event(.expiring, .raised)
        clock.set(ahead: .hours(2))
        await run.watch.clockWasSet()
        _ = try await run.event(.clockWrong, .raised)
        clock.set(ahead: .zero)
        await run.watch.clockWasSet()
        _ = try await run.event(.clockWrong, .resolved)
        try await run.pollAll()
        _ = await run.stop()
        #expect(
            run.lines == [
                "first_seen changed", "expiring raised", "clock_wrong raised",
                "clock_wrong resolved",
            ]
        )
    }

    @Test func `a stage that a clock which was believed crossed early is not taken back`()
        async throws
    {
        let clock = SetClock()
        clock.isSynchronised.withLock { $0 = true }
        // Without a date nobody contradicts.
        let provider = try ClockedProvider(
            ahead: nil,
            expiry: clock.now.instant + .days(7) + .hours(1)
        )
        let run = try await WatchRun(clock, [provider])
        _ = try await run.event(.expiring, .raised)
        clock.set(ahead: .hours(2))
        await run.watch.clockWasSet()
        _ = try await run.event(.expiring, .escalated)
        clock.set(ahead: .zero)
        await run.watch.clockWasSet()
        try await run.pollAll()
        clock.sleep(.hours(2))
        await run.watch.clockWasSet()
        try await run.pollAll()
        _ = await run.stop()
        #expect(run.lines == ["first_seen changed", "expiring raised", "expiring escalated"])
    }

    @Test func `a step that no answer explains counts after ten minutes`() async throws {
        let clock = SetClock()
        let run = try await WatchRun(clock, [], known: clock.now.instant + .days(40))
        clock.set(ahead: .days(20))
        await run.watch.clockWasSet()
        #expect(await run.alerts == 0)
        clock.sleep(.minutes(10) - .seconds(30))
        await run.watch.clockWasSet()
        #expect(await run.alerts == 0)
        clock.sleep(.seconds(30))
        await run.watch.clockWasSet()
        let raised = try await run.event(.expiring, .raised)
        #expect(raised.severity == .warning)
        _ = await run.stop()
    }

    @Test func `a step makes no silence longer`() async throws {
        let clock = SetClock()
        let run = try await WatchRun(clock, [], known: clock.now.instant + .days(40))
        for _ in 1...2 { try await run.pollAll() }
        clock.set(ahead: .days(2))
        await run.watch.clockWasSet()
        clock.sleep(.minutes(10))
        await run.watch.clockWasSet()
        #expect(await run.alerts == 0, "the last answer is ten minutes old")
        clock.sleep(.hours(2))
        await run.watch.clockWasSet()
        _ = try await run.event(.unreachable, .raised)
        _ = await run.stop()
    }

    @Test func `a clock that is set forward and back before anyone answers changes nothing`()
        async throws
    {
        let clock = SetClock()
        let run = try await WatchRun(clock, [], known: clock.now.instant + .days(40))
        for _ in 1...2 {
            clock.set(ahead: .days(39))
            await run.watch.clockWasSet()
            clock.set(ahead: .zero)
            await run.watch.clockWasSet()
        }
        clock.sleep(.minutes(10))
        await run.watch.clockWasSet()
        let state = await run.stop()
        #expect(state?.alerts == [])
    }

    @Test func `a machine that slept reports once what became due, however much that was`()
        async throws
    {
        let clock = SetClock()
        let run = try await WatchRun(clock, [], known: clock.now.instant + .days(40))
        clock.sleep(.days(38))
        await run.watch.clockWasSet()
        let raised = try await run.event(.expiring, .raised)
        #expect(raised.severity == .critical, "three stages were crossed, and the last counts")
        await run.watch.clockWasSet()
        _ = await run.stop()
        #expect(run.lines.filter { $0.hasPrefix("expiring") } == ["expiring raised"])
    }

    // MARK: - A restart

    @Test func `a host that is ten minutes ahead is neither resolved nor raised by a restart`()
        async throws
    {
        let clock = SetClock()
        clock.isSynchronised.withLock { $0 = true }
        let end = clock.now.instant + .days(90)
        let ahead = try ClockedProvider(ahead: .minutes(10), expiry: end)
        let first = try await WatchRun(clock, [ahead])
        let raised = try await first.event(.clockWrong, .raised)
        #expect(raised.details.contains(Detail("believed", "local")))
        _ = await first.stop()
        let alerts = await first.watch.subjectAlerts

        // The other host agrees, and answers first.
        let gate = DispatchSemaphore(value: 0)
        let slow = try ClockedProvider(ahead: .minutes(10), expiry: end) { gate.wait() }
        let right = try ClockedProvider(expiry: end)
        let second = try await WatchRun(
            clock,
            [slow, right],
            subjects: alerts,
            dispute: ClockWatch.Dispute(hosts: [slow.host], belief: .local)
        )
        try await second.untilPolled(1)
        #expect(await second.watch.subjectAlerts == alerts)
        gate.signal()
        try await second.untilPolled(2)
        #expect(await second.watch.subjectAlerts[.daemon]?.map(\.id) == [raised.id])
        slow.set(ahead: .zero)
        gate.signal()
        try await second.pollAll()
        let resolved = try await second.event(.clockWrong, .resolved)
        #expect(resolved.alertID == raised.id)
        _ = await second.stop()
        #expect(second.lines.filter { $0.hasPrefix("clock") } == ["clock_wrong resolved"])
    }

    @Test func `what was reported of the clock is read from the record after a restart`()
        async throws
    {
        let folder = try TemporaryState()
        let store = try folder.open()
        var watch = ClockWatch(at: Now(instant: noon, moment: Moment(milliseconds: 0)))
        for (host, minutes) in [("a.example", 10), ("b.example", 0)] {
            let date = noon + .minutes(Int64(minutes))
            let evidence = try #require(ClockEvidence(date: date, age: nil, facts: nil))
            watch.note(host, evidence, at: Moment(milliseconds: 0))
        }
        watch.decide(at: Moment(milliseconds: 0)) { _ in false }
        let finding = try #require(watch.finding)
        var ids = EventIDs(seed: 1)
        let change = evaluate(
            .daemon,
            [],
            [finding],
            mended: { _ in "" },
            policy: Policy(),
            at: noon,
            ids: &ids
        )
        _ = try await store.commit(
            Batch(
                at: noon,
                subjectAlerts: change.alerts.map { .holds(.daemon, $0) },
                events: change.events
            )
        )
        let stored = try await store.load()
        #expect(
            stored.clockDispute == ClockWatch.Dispute(hosts: ["a.example"], belief: .local)
        )
        try await store.close()
    }
}

// MARK: - Clocks, providers and a watch

/// A wall clock that is set by hand, over a real one that goes on; and a machine that sleeps.
private final class SetClock: Sendable {
    private let ahead = Mutex(Duration.zero)
    private let slept = Mutex(Duration.zero)
    /// Whether the kernel holds it synchronised.
    let isSynchronised = Mutex(false)

    var now: Now {
        let real = SystemClock.now()
        let slept = slept.withLock { $0 }
        return Now(
            instant: real.instant + ahead.withLock { $0 } + slept,
            moment: real.moment + slept
        )
    }

    func set(ahead duration: Duration) { ahead.withLock { $0 = duration } }

    /// Both clocks go on meanwhile, and no timer fires.
    func sleep(_ duration: Duration) { slept.withLock { $0 += duration } }
}

/// A provider that answers as VPS.org does, with a clock of its own.
private final class ClockedProvider: Sendable {
    private final class Clock: Sendable {
        let ahead: Mutex<Duration?>
        init(_ ahead: Duration?) { self.ahead = Mutex(ahead) }

        /// The line of its `Date`, if it sends any.
        var line: String {
            guard let ahead = ahead.withLock({ $0 }) else { return "" }
            var date = HTTPDate()
            let now = SystemClock.now().instant + ahead
            return String(decoding: date.line(at: Int(now.seconds)), as: UTF8.self)
        }
    }

    private let server: RawServer
    private let clock: Clock

    var host: String { "127.0.0.1:\(server.port)" }

    /// - Parameters:
    ///   - ahead: how far its clock is ahead; nil answers without a `Date`.
    ///   - expiry: of its token.
    ///   - holdUp: runs before each answer.
    /// - Throws: where no port is free.
    init(
        ahead: Duration? = .zero,
        expiry: Instant,
        holdUp: @escaping @Sendable () -> Void = {}
    ) throws {
        let clock = Clock(ahead)
        self.clock = clock
        let body =
            #"{"token":{"is_expired":false,"expires_at":"\#(expiry.rfc3339)","#
            + #""last_used_at":null,"created_at":null,"permissions":["dns:list"],"name":"x"},"#
            + #""account":{"email":"a@example.com"}}"#
        server = try RawServer { connection in
            while connection.readHead() != nil {
                holdUp()
                connection.answer(
                    body,
                    fields: "Content-Type: application/json\r\n\(clock.line)"
                )
            }
        }
    }

    func set(ahead duration: Duration?) { clock.ahead.withLock { $0 = duration } }
}

/// A watch that runs, and what it wrote.
private final class WatchRun: Sendable {
    let watch: Watch
    private final class Written: Sendable {
        let events = Mutex<[Event]>([])
    }

    private let written: Written
    private let running: Task<Void, Never>

    /// Starts a watch with one token, `a`, `b` and so on, a provider.
    ///
    /// - Parameters:
    ///   - clock: the machine's.
    ///   - providers: none is a provider that cannot be reached.
    ///   - policy: lines of `[policy]`.
    ///   - known: the expiry of `a`, where it was polled before.
    ///   - subjects: alerts of an earlier run.
    ///   - dispute: what that run reported of the clock.
    /// - Throws: what the configuration or the client does.
    init(
        _ clock: SetClock,
        _ providers: [ClockedProvider],
        policy: String = "",
        known: Instant? = nil,
        subjects: [AlertSubject: [Alert]] = [:],
        dispute: ClockWatch.Dispute? = nil
    ) async throws {
        let hosts = providers.isEmpty ? ["127.0.0.1:1"] : providers.map(\.host)
        var text = """
            [polling]
            interval = "30d"
            [policy]
            \(policy)
            [channels.am]
            type = "webhook"
            url = "http://127.0.0.1:1"

            """
        for (host, name) in zip(hosts, ["a", "b", "c"]) {
            text += "[tokens.\(name)]\nsecret = \"s3cret-\(name)\"\nbase_url = \"http://\(host)\"\n"
        }
        let configuration = try ConfigFolder(text).load()
        let executor = QueueExecutor(label: "test.watch")
        let key = Array(repeating: UInt8(1), count: 32)
        let watch = Watch(
            executor: executor,
            ports: WatchPorts(
                clock: { clock.now },
                isSynchronised: { _ in clock.isSynchronised.withLock { $0 } },
                client: try HTTPClient(
                    settings: configuration.polling.clientSettings,
                    executor: executor
                ),
                secrets: SecretReader(environment: [:]),
                digestKey: key
            ),
            polling: configuration.polling,
            ids: EventIDs(seed: 1),
            seed: 1
        )
        self.watch = watch
        var stored: [TokenID: TokenState] = [:]
        if let known {
            let token = configuration.tokens[0]
            stored[token.settings.id] = try Self.state(token, expiry: known, key, clock.now.instant)
        }
        _ = await watch.configure(
            configuration,
            stored: StoredRun(tokens: stored, subjects: subjects, dispute: dispute)
        )
        let written = Written()
        running = Task {
            await watch.run(
                CommitSteps(
                    commit: { batch in written.events.withLock { $0 += batch.events } },
                    committed: { _ in },
                    failed: { _, _ in },
                    sendUnwritten: { _ in [:] }
                )
            )
        }
        self.written = written
        await watch.start()
    }

    /// A token's state after a good answer.
    private static func state(
        _ token: WatchedToken,
        expiry: Instant,
        _ key: [UInt8],
        _ now: Instant
    ) throws -> TokenState {
        var ids = EventIDs(seed: 2)
        let observation = Observation(
            askedAt: now,
            answeredAt: now,
            answer: .ok(Facts(expiry: .at(expiry))),
            secret: try Secret(validating: "s3cret-a".utf8).digest(key: key)
        )
        return evaluate(
            TokenState(),
            .observed(observation, askedWith: token.settings.askedWith),
            token.settings,
            at: now,
            ids: &ids
        ).state
    }

    /// `expiring raised`, in the order in which they were written.
    var lines: [String] {
        written.events.withLock { $0.map { "\($0.kind.name) \($0.phase.rawValue)" } }
    }

    /// How many alerts of tokens are active.
    var alerts: Int {
        get async { await watch.summary().tally.alerts.values.reduce(0, +) }
    }

    /// The first event of a kind, once it is written.
    func event(_ condition: Condition, _ phase: Event.Phase) async throws -> Event {
        try await eventually {
            written.events.withLock { events in
                events.first { $0.kind == .condition(condition) && $0.phase == phase }
            }
        }
    }

    /// Waits until so many polls have ended, and what they changed is written.
    ///
    /// No commit follows a poll that leaves the state as it was.
    func untilPolled(_ count: Int) async throws {
        try await eventually {
            guard await watch.summary().tally.polls.done >= count else { return false }
            return await watch.vitals().unwrittenSince == nil
        }
    }

    /// Polls every token, and waits for the answers.
    func pollAll() async throws {
        let done = await watch.summary().tally.polls.done
        let asked = await watch.pollAll().tokens
        try await untilPolled(done + asked)
    }

    /// Ends the watch; returns the state of `a`.
    func stop() async -> TokenState? {
        var state: TokenState?
        if let id = TokenID("a") { state = await watch.snapshot(of: id)?.state }
        await watch.stop()
        await running.value
        return state
    }
}
