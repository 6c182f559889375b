import Alerting
import Foundation
import Synchronization
import Testing

@testable import Monitor

@Suite(.timeLimit(.minutes(1)))
struct NotifyCourierTests {
    private let clock = HandClock()

    private func courier(
        _ outbox: MemoryOutbox,
        _ channels: [ScriptedChannel]
    ) -> Courier {
        Courier(
            outbox: outbox,
            instance: "vps-1",
            channels: channels.map { ChannelSetup(channel: $0, revision: 1) },
            seed: 1,
            clock: { [clock] in clock.now }
        )
    }

    /// Runs a courier during a test, and stops it at its end.
    private func running(_ courier: Courier, _ body: () async throws -> Void) async rethrows {
        let run = Task { await courier.run() }
        do {
            try await body()
        } catch {
            await courier.stop()
            throw error
        }
        await courier.stop()
        await run.value
    }

    @Test func `a dead channel holds up no other`() async {
        let dead = ScriptedChannel("dead") { _, _ in
            // Ends only by being cancelled.
            try? await Task.sleep(for: .seconds(86400))
            return .retry(error: "cancelled", after: nil)
        }
        let quick = ScriptedChannel("live") { _, _ in .delivered }
        let rows = (1...600).map { makeDelivery($0, channel: $0 % 2 == 0 ? "dead" : "live") }
        let outbox = MemoryOutbox(rows)
        let courier = courier(outbox, [dead, quick])
        await running(courier) {
            await outbox.waitForSettled(300)
        }
        let settled = await outbox.settled
        let live = rows.filter { $0.channel == "live" }
        #expect(settled.map(\.id).sorted() == live.map(\.id))
        #expect(settled.allSatisfy { $0.outcome == .delivered })
        #expect(dead.attempts.count == 4)
        let reports = await courier.reports()
        #expect(reports.map(\.name) == ["dead", "live"])
        #expect(reports[0].counts.delivered == 0 && reports[0].counts.failedAttempts == 0)
        #expect(reports[1].counts.delivered == 300)
    }

    @Test func `a commit is delivered when the courier is woken, and order is kept`() async {
        let channel = ScriptedChannel("ops") { _, _ in .delivered }
        let outbox = MemoryOutbox()
        let courier = courier(outbox, [channel])
        await running(courier) {
            for id in 1...50 as ClosedRange<Int64> {
                await outbox.add([makeDelivery(id, subject: "daemon")])
                courier.wake()
            }
            await outbox.waitForSettled(50)
        }
        #expect(channel.attempts == Array(1...50))
    }

    @Test func `results are kept while the outbox cannot be written, and nothing is sent twice`()
        async
    {
        let outbox = MemoryOutbox([makeDelivery(1), makeDelivery(2)])
        let channel = ScriptedChannel("ops") { delivery, _ in
            // Once only: it must not fail again after the test has mended it.
            if delivery.id == 1 { await outbox.fail(true) }
            return .delivered
        }
        let courier = courier(outbox, [channel])
        await running(courier) {
            await outbox.waitForFailures(1)
            #expect(await courier.outboxProblem() != nil)
            await outbox.fail(false)
            clock.advance(.seconds(2))
            courier.wake()
            await outbox.waitForSettled(2)
        }
        #expect(channel.attempts.sorted() == [1, 2])
        #expect(await outbox.outcomes(of: 1) == [.delivered])
        #expect(await outbox.outcomes(of: 2) == [.delivered])
    }

    @Test func `a failed delivery is tried again by the timer alone`() async {
        let channel = ScriptedChannel("ops") { _, attempt in
            attempt < 3 ? .retry(error: "503", after: nil) : .delivered
        }
        let outbox = MemoryOutbox([makeDelivery(1)])
        let began = ContinuousClock.now
        let courier = Courier(
            outbox: outbox,
            instance: "vps-1",
            channels: [ChannelSetup(channel: channel, giveUpAfter: .days(36500), revision: 1)],
            pace: RetryPace(first: .milliseconds(5), longest: .milliseconds(20)),
            seed: 1,
            clock: {
                let passed = ContinuousClock.now - began
                return Now(
                    instant: notifyStart + passed,
                    moment: Moment(milliseconds: 0) + passed
                )
            }
        )
        await running(courier) {
            await outbox.waitForSettled(3)
        }
        #expect(channel.attempts == [1, 1, 1])
        #expect(await outbox.outcomes(of: 1).last == .delivered)
        #expect(await courier.reports()[0].counts.failedAttempts == 2)
    }

    @Test func `a newer reminder takes the place of one that is retried`() async {
        let channel = ScriptedChannel("ops") { delivery, _ in
            delivery.id == 1 ? .retry(error: "503", after: nil) : .delivered
        }
        let outbox = MemoryOutbox([makeDelivery(1, subject: "token:a", phase: .reminded)])
        let courier = courier(outbox, [channel])
        await running(courier) {
            await outbox.waitForSettled(1)
            await outbox.replace(
                1,
                with: makeDelivery(2, subject: "token:a", phase: .reminded)
            )
            await courier.reordering {}
            courier.wake()
            await outbox.waitForSettled(2)
        }
        #expect(channel.attempts == [1, 2])
        #expect(await outbox.outcomes(of: 2) == [.delivered])
    }

    @Test func `commits during a read do not turn the order of their subject around`() async {
        let channel = ScriptedChannel("ops") { _, _ in .delivered }
        let memory = MemoryOutbox([makeDelivery(1)])
        let outbox = RacingOutbox(memory)
        let courier = Courier(
            outbox: outbox,
            instance: "vps-1",
            channels: [ChannelSetup(channel: channel, revision: 1)],
            seed: 1,
            clock: { [clock] in clock.now }
        )
        outbox.duringRead.withLock { during in
            during = {
                await courier.reordering {
                    await memory.add([makeDelivery(3, subject: "token:a", severity: .critical)])
                }
                courier.wake()
                await memory.add([makeDelivery(4, subject: "token:a")])
                courier.wake()
            }
        }
        await running(courier) {
            await memory.waitForSettled(1)
            await memory.add([makeDelivery(2)])
            courier.wake()
            await memory.waitForSettled(4)
        }
        #expect(channel.attempts.filter { $0 > 2 } == [3, 4])
    }

    @Test func `a commit that is read before its end keeps the order as well`() async {
        let channel = ScriptedChannel("ops") { _, _ in .delivered }
        let memory = MemoryOutbox([makeDelivery(1)])
        let outbox = RacingOutbox(memory)
        let courier = Courier(
            outbox: outbox,
            instance: "vps-1",
            channels: [ChannelSetup(channel: channel, revision: 1)],
            seed: 1,
            clock: { [clock] in clock.now }
        )
        let added = Gate()
        let reported = Gate()
        outbox.duringRead.withLock { during in
            during = {
                Task {
                    await courier.reordering {
                        await memory.add([
                            makeDelivery(3, subject: "token:a", severity: .critical),
                            makeDelivery(4, subject: "token:a"),
                        ])
                        added.open()
                        await reported.pass()
                    }
                    courier.wake()
                }
                await added.pass()
            }
        }
        await running(courier) {
            await memory.waitForSettled(1)
            await memory.add([makeDelivery(2)])
            courier.wake()
            await memory.waitForSettled(3)
            reported.open()
            await memory.waitForSettled(4)
        }
        #expect(channel.attempts.filter { $0 > 2 } == [3, 4])
    }

    @Test func `a critical delivery goes before 2,000 older ones`() async {
        let begun = Gate()
        let goOn = Gate()
        let channel = ScriptedChannel("ops") { delivery, _ in
            if delivery.id <= 4 {
                begun.open()
                await goOn.pass()
            }
            return .delivered
        }
        let outbox = MemoryOutbox((1...2000).map { makeDelivery($0) })
        let courier = courier(outbox, [channel])
        await running(courier) {
            await begun.pass()
            await courier.reordering {
                await outbox.add([makeDelivery(3000, severity: .critical)])
            }
            courier.wake()
            goOn.open()
            await outbox.waitForSettled(2001)
        }
        let position = channel.attempts.firstIndex(of: 3000) ?? .max
        #expect(position < 300, "\(position) went before it")
    }

    @Test func `a delivery says when it is tried next, though its channel is held`() async {
        let channel = ScriptedChannel("ops") { _, _ in .retry(error: "503", after: .hours(1)) }
        let outbox = MemoryOutbox(
            [makeDelivery(1, subject: "token:a"), makeDelivery(2, subject: "token:a")]
                + (3...400).map { makeDelivery($0) }
        )
        let courier = courier(outbox, [channel])
        let inAnHour: Alerting.Instant = notifyStart + Duration.seconds(3600)
        await running(courier) {
            await outbox.waitForSettled(4)
            let outlook = await courier.outlook()
            for row in 1...400 as ClosedRange<Int64> {
                #expect(outlook.nextAttempt(row: row, channel: "ops") == inAnHour)
            }
            #expect(outlook.nextAttempt(row: 999, channel: "other") == notifyStart)
        }
    }

    @Test func `what cannot be written goes out critical first, past events that fail`()
        async throws
    {
        let channel = ScriptedChannel("mail") { delivery, _ in
            delivery.id < 3 ? .retry(error: "503", after: nil) : .delivered
        }
        let courier = courier(MemoryOutbox(), [channel])
        let events = try [
            event(1, token: "a"), event(2, token: "b"), event(3, token: "a"), event(4, token: "c"),
            event(5, token: "d", severity: .critical),
        ]
        let told = await courier.send(unwritten: events)
        #expect(channel.attempts == [4, 0, 1, 3])
        #expect(told == [eventID(4): ["mail"], eventID(5): ["mail"]])
        // A dead one is not asked for all of them.
        let dead = ScriptedChannel("mail") { _, _ in .retry(error: "503", after: nil) }
        let many = try (1...100).map { try event($0, token: "t\($0)") }
        #expect(await self.courier(MemoryOutbox(), [dead]).send(unwritten: many).isEmpty)
        #expect(dead.attempts == Array(0..<8))
    }

    @Test func `a final answer is given up and said`() async {
        let channel = ScriptedChannel("ops") { _, _ in .giveUp(error: "hooks.test answered 404") }
        let outbox = MemoryOutbox([makeDelivery(1)])
        let courier = courier(outbox, [channel])
        await running(courier) {
            await outbox.waitForSettled(1)
        }
        #expect(
            await outbox.outcomes(of: 1)
                == [.gaveUp(at: notifyStart, error: "hooks.test answered 404")]
        )
        let report = await courier.reports()[0]
        #expect(report.counts.givenUp == 1 && report.lastError == "hooks.test answered 404")
    }

    @Test func `deliveries of a channel that is gone are given up visibly`() async {
        let outbox = MemoryOutbox((1...700).map { makeDelivery($0, channel: "old") })
        let courier = courier(outbox, [])
        await running(courier) {
            await outbox.waitForSettled(700)
        }
        #expect(
            await outbox.settled.allSatisfy { settlement in
                if case .gaveUp(_, let error) = settlement.outcome {
                    error.contains("the channel was removed")
                } else {
                    false
                }
            }
        )
        #expect(await courier.reports().isEmpty)
    }

    @Test func `a reload keeps the wait of an unchanged channel and ends that of a changed one`()
        async
    {
        let bad = ScriptedChannel("ops") { _, _ in .retry(error: "503", after: .hours(1)) }
        let good = ScriptedChannel("ops") { _, _ in .delivered }
        let outbox = MemoryOutbox([makeDelivery(1)])
        let courier = courier(outbox, [bad])
        await running(courier) {
            await outbox.waitForSettled(1)
            await courier.reconfigure(channels: [ChannelSetup(channel: good, revision: 1)])
            let waits = await courier.reports()[0]
            #expect(waits.isFailing)
            let inAnHour: Alerting.Instant = notifyStart + Duration.seconds(3600)
            #expect(waits.nextAttemptAt == inAnHour)
            await courier.reconfigure(channels: [ChannelSetup(channel: good, revision: 2)])
            await outbox.waitForSettled(2)
        }
        #expect(await outbox.outcomes(of: 1).last == .delivered)
        #expect(bad.attempts == [1])
        #expect(good.attempts == [1])
    }

    @Test func `stop cancels what is under way, and it is sent again by the next run`() async {
        let begun = Gate()
        let slow = ScriptedChannel("ops") { _, _ in
            begun.open()
            try? await Task.sleep(for: .seconds(86400))
            return .retry(error: "cancelled", after: nil)
        }
        let outbox = MemoryOutbox([makeDelivery(1)])
        let courier = courier(outbox, [slow])
        await running(courier) {
            await begun.pass()
        }
        #expect(await outbox.settled.isEmpty)
        #expect(await outbox.rows.map(\.id) == [1])
        #expect(await courier.reports()[0].counts.failedAttempts == 0)
    }

    @Test func `stop does not wait for a channel that heeds nothing`() async {
        let begun = Gate()
        let end = Gate()
        let deaf = ScriptedChannel("deaf") { _, _ in
            begun.open()
            await end.pass()
            return .delivered
        }
        let courier = courier(MemoryOutbox([makeDelivery(1, channel: "deaf")]), [deaf])
        let run = Task { await courier.run() }
        await begun.pass()
        await courier.stop(within: .milliseconds(10))
        end.open()
        await run.value
    }

    @Test func `what was delivered while stopping is written`() async {
        let begun = Gate()
        let polite = ScriptedChannel("ops") { _, _ in
            begun.open()
            // Finishes what it began although it was cancelled.
            try? await Task.sleep(for: .seconds(86400))
            return .delivered
        }
        let outbox = MemoryOutbox([makeDelivery(1)])
        let courier = courier(outbox, [polite])
        await running(courier) {
            await begun.pass()
        }
        #expect(await outbox.outcomes(of: 1) == [.delivered])
    }

    @Test func `a test event goes to the channels named, past the outbox`() async {
        let good = ScriptedChannel("good") { delivery, _ in
            delivery.type == "test" && delivery.body.contains("\"type\":\"test\"")
                ? .delivered : .giveUp(error: "not a test")
        }
        let bad = ScriptedChannel("bad") { _, _ in .retry(error: "503", after: nil) }
        let courier = courier(MemoryOutbox(), [good, bad])
        let id = EventID(high: 1, low: 2)
        let named = await courier.test(channels: ["good", "none"], event: id)
        #expect(
            named == [
                ChannelTest(channel: "good", result: .delivered),
                ChannelTest(
                    channel: "none",
                    result: .giveUp(
                        error: "there is no channel none; the channels are bad, good"
                    )
                ),
            ]
        )
        let all = await courier.test(event: id)
        #expect(all.map(\.channel) == ["bad", "good"])
        #expect(all[0].result == .retry(error: "503", after: nil))
    }

    @Test func `a test that is delivered is reported, and ends the trouble of a channel`() async {
        let channel = ScriptedChannel("ops") { delivery, _ in
            delivery.type == "test" ? .delivered : .giveUp(error: "404")
        }
        let courier = courier(MemoryOutbox([makeDelivery(1)]), [channel])
        let (reports, report) = AsyncStream.makeStream(of: [String: ChannelHealth].self)
        let run = Task { await courier.run { report.yield($0) } }
        var told = reports.makeAsyncIterator()
        while let health = await told.next(), health["ops"]?.isFailing != true {}
        _ = await courier.test(event: EventID(high: 1, low: 2))
        while let health = await told.next(), health["ops"] != .well {}
        await courier.stop()
        await run.value
    }
}

extension ChannelHealth {
    fileprivate var isFailing: Bool {
        if case .failing = self { true } else { false }
    }
}
