import Alerting
import Synchronization
import Testing

@testable import Monitor

/// A switch whose pings can be waited for.
private struct StreamedSwitch: HTTPTransport {
    let pings: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (pings, continuation) = AsyncStream.makeStream() }

    func send(
        _ method: String,
        url: String,
        headers: [(name: String, value: String)],
        body: [UInt8]?,
        timeout: Duration
    ) async -> HTTPPostResult {
        continuation.yield(url)
        return .answer(status: 200, retryAfter: nil)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PacemakerTests {
    private func settings(_ url: String, every: Duration = .minutes(5)) throws -> HeartbeatSettings
    {
        HeartbeatSettings(url: try Secret(validating: url.utf8), every: every)
    }

    @Test func `it goes on through a reload, and begins anew only when its settings change`()
        async throws
    {
        let (pauses, paused) = AsyncStream.makeStream(of: Duration.self)
        // Of each sleep its own: one that is cancelled ends its stream.
        let sleeps = Mutex<[AsyncStream<Void>.Continuation]>([])
        let wake = { @Sendable in _ = sleeps.withLock { $0.last }?.yield() }
        let transport = StreamedSwitch()
        let pacemaker = Pacemaker(
            transport: transport,
            sleep: { pause in
                let (ticks, tick) = AsyncStream.makeStream(of: Void.self)
                sleeps.withLock { $0.append(tick) }
                paused.yield(pause)
                for await _ in ticks { return }
                throw CancellationError()
            },
            healthy: { [] },
            report: { line, _ in Issue.record("\(line)") }
        )
        try await withThrowingTaskGroup { group in
            group.addTask { await pacemaker.run() }
            var slept = pauses.makeAsyncIterator()
            var pings = transport.pings.makeAsyncIterator()
            try await pacemaker.use(settings("https://one/x"))
            #expect(await slept.next() == .seconds(10))
            wake()
            #expect(await pings.next() == "https://one/x")
            #expect(await slept.next() == .minutes(5))
            // Begun anew, it would wait for 10 s once more.
            try await pacemaker.use(settings("https://one/x"))
            wake()
            #expect(await pings.next() == "https://one/x")
            #expect(await slept.next() == .minutes(5))

            try await pacemaker.use(settings("https://one/x", every: .seconds(7)))
            #expect(await slept.next() == .seconds(7))
            try await pacemaker.use(settings("https://two/x"))
            #expect(await slept.next() == .seconds(10))
            wake()
            #expect(await pings.next() == "https://two/x")
            #expect(await slept.next() == .minutes(5))

            // Without settings nothing waits for the next ping; with others something does.
            try await pacemaker.use(nil)
            await #expect(throws: ChannelSetupError.self) {
                try await pacemaker.use(settings("ftp://none"))
            }
            try await pacemaker.use(settings("https://three/x"))
            #expect(await slept.next() == .seconds(10))
            wake()
            #expect(await pings.next() == "https://three/x")
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test
    func `a test pings at once, unless the daemon is unwell, and a good one ends the trouble`()
        async throws
    {
        let verdicts = Mutex<[HeartbeatHealth.Verdict]>([])
        let reasons = Mutex<[String]>(["the store fails"])
        let transport = StreamedSwitch()
        let pacemaker = Pacemaker(
            transport: transport,
            healthy: { reasons.withLock { $0 } },
            report: { _, _ in },
            judge: { verdict in verdicts.withLock { $0.append(verdict) } }
        )
        #expect(await pacemaker.test() == nil)
        try await pacemaker.use(settings("https://one/x"))
        // A ping would tell the switch that all is well.
        #expect(await pacemaker.test() == .giveUp(error: "not sent: the store fails"))
        #expect(verdicts.withLock { $0.isEmpty })
        reasons.withLock { $0 = [] }
        #expect(await pacemaker.test() == .delivered)
        var pings = transport.pings.makeAsyncIterator()
        #expect(await pings.next() == "https://one/x")
        #expect(verdicts.withLock { $0 } == [.well])
    }
}
