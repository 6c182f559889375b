import Alerting
import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Monitor

/// A wall clock that is set by hand, over a real one that goes on; and a machine that sleeps.
private final class SetClock: Sendable {
    private let ahead = Mutex(Duration.zero)
    private let slept = Mutex(Duration.zero)

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

@Suite(.timeLimit(.minutes(1)))
struct WatchClockTests {
    private static let canSetClock: Bool = setToItself()

    /// Sets the machine's clock to what it says, which tells whoever waits for it to be set.
    private static func setToItself() -> Bool {
        var now = timespec()
        return clock_gettime(CLOCK_REALTIME, &now) == 0 && clock_settime(CLOCK_REALTIME, &now) == 0
    }

    @Test(.enabled(if: canSetClock, "only root may set the clock"))
    func `it is noticed each time that the clock is set`() async throws {
        let (steps, step) = AsyncStream.makeStream(of: Void.self)
        let watcher = ClockSteps(on: DispatchQueue(label: "test")) { step.yield() }
        try #require(watcher != nil)
        var iterator = steps.makeAsyncIterator()
        for _ in 1...2 {
            #expect(Self.setToItself())
            await iterator.next()
        }
        withExtendedLifetime(watcher) {}
    }

    @Test
    func `a clock set ahead crosses stages at once, and set back takes nothing back`()
        async throws
    {
        let clock = SetClock()
        let watch = try await watching(a40Days: clock)
        let (batches, batch) = AsyncStream.makeStream(of: [Event].self)
        let running = Task {
            await watch.run(
                commit: { batch.yield($0.events) },
                committed: { _ in },
                failed: { _, _ in },
                sendUnwritten: { _ in [:] }
            )
        }
        var events = batches.flatMap(\.async).makeAsyncIterator()
        await watch.start()
        clock.set(ahead: .days(20))
        await watch.clockWasSet()
        let raised = await events.next()
        #expect(raised?.kind == .condition(.expiring) && raised?.phase == .raised)
        clock.set(ahead: .zero)
        await watch.clockWasSet()
        clock.set(ahead: .days(34))
        await watch.clockWasSet()
        let next = await events.next()
        #expect(next?.phase == .escalated, "nothing was said in between")
        await watch.stop()
        await running.value
    }

    @Test func `a machine that slept says once what became due, however much that was`()
        async throws
    {
        let clock = SetClock()
        let watch = try await watching(a40Days: clock)
        let told = Mutex<[Event]>([])
        let (batches, batch) = AsyncStream.makeStream(of: [Event].self)
        let running = Task {
            await watch.run(
                commit: { commit in
                    told.withLock { $0 += commit.events }
                    batch.yield(commit.events)
                },
                committed: { _ in },
                failed: { _, _ in },
                sendUnwritten: { _ in [:] }
            )
        }
        var events = batches.flatMap(\.async).makeAsyncIterator()
        await watch.start()
        clock.sleep(.days(38))
        await watch.clockWasSet()
        let raised = await events.next()
        #expect(raised?.kind == .condition(.expiring) && raised?.phase == .raised)
        #expect(raised?.severity == .critical, "three stages were crossed, and the last counts")
        await watch.clockWasSet()
        await watch.stop()
        await running.value
        let expiring = told.withLock { $0.filter { $0.kind == .condition(.expiring) } }
        #expect(expiring.count == 1)
    }

    /// A watch of one token that expires in forty days and is polled in some hours.
    private func watching(a40Days clock: SetClock) async throws -> Watch {
        let folder = try ConfigFolder(
            """
            [polling]
            interval = "30d"
            [tokens.a]
            secret = "s3cret"
            base_url = "http://127.0.0.1:1"
            """
        )
        let configuration = try folder.load()
        let executor = QueueExecutor(label: "test.watch")
        let watch = Watch(
            executor: executor,
            ports: Watch.Ports(
                clock: { clock.now },
                client: try HTTPClient(
                    settings: configuration.polling.clientSettings,
                    executor: executor
                ),
                secrets: SecretReader(environment: [:]),
                digestKey: Array(repeating: 1, count: 32)
            ),
            polling: configuration.polling,
            ids: EventIDs(seed: 1),
            seed: 1
        )
        let token = configuration.tokens[0]
        let now = clock.now.instant
        var ids = EventIDs(seed: 2)
        let known = evaluate(
            TokenState(),
            .observed(
                Observation(
                    askedAt: now,
                    answeredAt: now,
                    answer: .ok(Facts(expiry: .at(now + .days(40)))),
                    secret: try Secret(validating: "s3cret".utf8).digest(
                        key: Array(repeating: 1, count: 32)
                    )
                ),
                askedWith: token.access.askedWith
            ),
            token.settings,
            at: now,
            ids: &ids
        ).state
        _ = await watch.configure(configuration, stored: [token.settings.id: known])
        return watch
    }
}

extension Array where Element: Sendable {
    /// Its elements, one after the other.
    fileprivate var async: AsyncStream<Element> {
        AsyncStream { continuation in
            for element in self { continuation.yield(element) }
            continuation.finish()
        }
    }
}
