import Alerting
import Synchronization
import Testing

@testable import Monitor

/// A channel that takes digests, answers as a closure says, and remembers what it was given.
private final class DigestChannel: Channel {
    let name = "ops"
    private let attempted = Mutex<[[Int64]]>([])
    private let answer: @Sendable ([Int64]) -> DeliveryResult

    init(answer: @escaping @Sendable ([Int64]) -> DeliveryResult = { _ in .delivered }) {
        self.answer = answer
    }

    var attempts: [[Int64]] { attempted.withLock { $0 } }

    func deliver(_ delivery: Delivery) async -> DeliveryResult { take([delivery.id]) }

    func deliver(_ digest: Digest) async -> DeliveryResult { take(digest.deliveries.map(\.id)) }

    private func take(_ ids: [Int64]) -> DeliveryResult {
        attempted.withLock { $0.append(ids) }
        return answer(ids)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct NotifyDigestTests {
    private let clock = HandClock()

    private func courier(
        _ outbox: MemoryOutbox,
        _ channel: DigestChannel,
        _ timing: ChannelTiming
    ) -> Courier {
        Courier(
            outbox: outbox,
            instance: "vps-1",
            channels: [ChannelSetup(channel: channel, timing: timing, revision: 1)],
            seed: 1,
            clock: { [clock] in clock.now }
        )
    }

    private func running(_ courier: Courier, _ body: () async throws -> Void) async rethrows {
        let run = Task { await courier.run() }
        try await body()
        await courier.stop()
        await run.value
    }

    @Test func `three hundred that are due together are one attempt, and all are settled`() async {
        let channel = DigestChannel()
        let outbox = MemoryOutbox((1...300).map { makeDelivery($0) })
        let courier = courier(outbox, channel, ChannelTiming(groupWait: .seconds(10)))
        clock.advance(.seconds(10))
        await running(courier) { await outbox.waitForSettled(300) }
        #expect(channel.attempts == [Array(1...300)])
        #expect(await outbox.settled.allSatisfy { $0.outcome == .delivered })
        #expect(await courier.reports()[0].counts.delivered == 300)
    }

    @Test func `what is rejected as one is sent one by one`() async {
        let channel = DigestChannel { $0.contains(2) ? .giveUp(error: "400") : .delivered }
        let outbox = MemoryOutbox((1...3).map { makeDelivery($0) })
        let courier = courier(outbox, channel, ChannelTiming(groupWait: .seconds(10)))
        clock.advance(.seconds(10))
        await running(courier) { await outbox.waitForSettled(3) }
        #expect(channel.attempts == [[1, 2, 3], [1], [2], [3]])
        #expect(await outbox.outcomes(of: 1) == [.delivered])
        #expect(await courier.reports()[0].counts.givenUp == 1)
    }

    @Test func `while nothing can be written, quiet hours hold, and the rest is one message`()
        async throws
    {
        // It is 08:00 in UTC, in January of 2027.
        let quiet = try #require(QuietHours(begin: 8 * 60, end: 9 * 60))
        let channel = DigestChannel()
        let timing = ChannelTiming(groupWait: .seconds(10), quiet: quiet)
        let courier = courier(MemoryOutbox(), channel, timing)
        var ids = EventIDs(seed: 1)
        let events = [Severity.critical, .warning, .critical].map { severity in
            Event(
                id: ids.next(at: notifyStart),
                at: notifyStart,
                subject: .host("h\(severity)"),
                kind: .condition(.hostUnreachable),
                phase: .raised,
                severity: severity,
                summary: "it does not answer",
                channels: ["ops"]
            )
        }
        let told = await courier.send(unwritten: events)
        #expect(channel.attempts == [[0, 2]])
        #expect(told == [events[0].id: ["ops"], events[2].id: ["ops"]])
        clock.advance(.hours(1))
        let later = await courier.send(unwritten: [events[1]])
        #expect(later == [events[1].id: ["ops"]])
    }
}
