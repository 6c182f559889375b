package import Alerting
import Dispatch
import Synchronization

/// Delivers what waits in the outbox, each channel at its own pace.
///
/// `run` is the whole of its life: sends are its child tasks, reading and writing the outbox happen one
/// after the other in its loop, and the loop sleeps until it is woken by a commit, a send that ended,
/// or its one timer. A slow or dead channel thus holds up nothing but itself. While the outbox fails,
/// results are kept in memory, no more than the channels' look-ahead, and written when it works again.
package actor Courier {
    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// A channel and what waits for it.
    private struct Station {
        /// Nil for a channel that is no longer in the configuration: all of its deliveries fail.
        var channel: (any Channel)?
        var revision: UInt64
        var queue: ChannelQueue
        /// How long attempts took since the start.
        var duration = Histogram()
    }

    private enum Phase {
        case idle
        case running
        case stopping
        case stopped
    }

    private let outbox: any Outbox
    let instance: String
    let clock: @Sendable () -> Instant
    private let pace: RetryPace
    private var random: SplitMix64
    private var stations: [String: Station] = [:]
    private var phase = Phase.idle
    /// Wakes the loop; nil unless it runs.
    private var timer: (any DispatchSourceTimer)?
    /// Whether the outbox may hold deliveries of channels that are not known here.
    private var mayHoldStrays = true
    private var outboxFailures = 0
    private var outboxHeldUntil: Instant?
    /// Why the outbox failed last; nil while it works.
    private var outboxError: String?
    /// How the channels fared when it was last told.
    private var toldHealth: [String: ChannelHealth] = [:]
    private var stopWaiters: [CheckedContinuation<Void, Never>] = []
    /// Whether there were commits since the outbox was last asked.
    private nonisolated let hasCommits = Atomic(false)
    private nonisolated let signals: AsyncStream<Void>
    private nonisolated let signal: AsyncStream<Void>.Continuation

    /// Rows written in one transaction: it holds up polls no longer than they do each other.
    private static let longestSettlement = 256
    /// How long a failing outbox is left alone: 1 s doubling to 1 min.
    private static let outboxPace = RetryPace(first: .seconds(1), longest: .minutes(1))

    /// - Parameters:
    ///   - outbox: Where deliveries wait.
    ///   - instance: The daemon's name, for test events.
    ///   - channels: Where they go.
    ///   - pace: How failed deliveries are retried.
    ///   - seed: For the jitter.
    ///   - clock: Wall time.
    package init(
        outbox: any Outbox,
        instance: String,
        channels: [ChannelSetup],
        pace: RetryPace = RetryPace(),
        seed: UInt64,
        clock: @escaping @Sendable () -> Instant
    ) {
        executor = QueueExecutor(label: "tokenwatchd.courier")
        // One signal that waits stands for any number of reasons to look.
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.outbox = outbox
        self.instance = instance
        self.clock = clock
        self.pace = pace
        random = SplitMix64(state: seed)
        for setup in channels {
            stations[setup.channel.name] = Station(
                channel: setup.channel,
                revision: setup.revision,
                queue: ChannelQueue(
                    limits: ChannelQueue.Limits(giveUpAfter: setup.giveUpAfter, pace: pace)
                )
            )
        }
    }

    /// Delivers until `stop`, or until the task is cancelled.
    ///
    /// - Parameter report: told how the channels fare, by name, whenever that has changed.
    package func run(report: @Sendable ([String: ChannelHealth]) async -> Void = { _ in }) async {
        guard phase == .idle else { return }
        phase = .running
        makeTimer()
        signal.yield()
        await withDiscardingTaskGroup { group in
            for await _ in signals {
                await advance(sendingIn: &group)
                guard phase == .running else { break }
                await tellHealth(report)
                arm()
            }
            phase = .stopping
            group.cancelAll()
        }
        timer?.cancel()
        timer = nil
        await settle()
        ended()
    }

    /// Says that deliveries were committed; from anywhere, and as often as one likes.
    package nonisolated func wake() {
        hasCommits.store(true, ordering: .releasing)
        signal.yield()
    }

    /// Cancels what is under way, writes what became of it, and returns within `grace`.
    ///
    /// What was cancelled stays in the outbox and is sent again by the next run.
    package func stop(within grace: Duration = .seconds(2)) async {
        switch phase {
        case .idle:
            phase = .stopped
        case .stopped:
            break
        case .running, .stopping:
            phase = .stopping
            signal.yield()
            let deadline = DispatchTime.now() + .milliseconds(Int(grace.milliseconds))
            executor.queue.asyncAfter(deadline: deadline) {
                self.assumeIsolated { $0.resumeStopWaiters() }
            }
            await withCheckedContinuation { stopWaiters.append($0) }
            // A channel that does not heed its cancellation keeps `run` from writing these.
            if phase != .stopped { await settle() }
        }
    }

    /// Takes the channels of a new configuration.
    ///
    /// A channel of the same name and revision goes on as it was; a changed one begins anew. What
    /// waits for one that is gone is given up.
    package func reconfigure(channels: [ChannelSetup]) {
        let now = clock()
        let kept = Set(channels.map(\.channel.name))
        for name in stations.keys where !kept.contains(name) {
            stations[name]?.channel = nil
            stations[name]?.queue.reset(at: now)
        }
        for setup in channels {
            let name = setup.channel.name
            let limits = ChannelQueue.Limits(giveUpAfter: setup.giveUpAfter, pace: pace)
            guard let station = stations[name] else {
                add(setup)
                continue
            }
            stations[name]?.queue.limits = limits
            if station.channel == nil || station.revision != setup.revision {
                stations[name]?.queue.reset(at: now)
            }
            stations[name]?.channel = setup.channel
            stations[name]?.revision = setup.revision
        }
        mayHoldStrays = true
        signal.yield()
    }

    /// Sends a test event to channels, all of them if none is named, past the outbox.
    ///
    /// The results are in the order of the names.
    package func test(channels names: [String] = [], event id: EventID) async -> [ChannelTest] {
        let names = names.isEmpty ? reports().map(\.name) : names
        let now = clock()
        return await withTaskGroup { group in
            for (position, name) in names.enumerated() {
                guard let channel = stations[name]?.channel else {
                    let error = "there is no channel \(name.escapedForTerminal(maximumBytes: 80))"
                    group.addTask {
                        (position, ChannelTest(channel: name, result: .giveUp(error: error)))
                    }
                    continue
                }
                let delivery = testDelivery(id, to: name, at: now)
                group.addTask {
                    let result = await channel.deliver(delivery)
                    return (position, ChannelTest(channel: name, result: result))
                }
            }
            var tests: [(Int, ChannelTest)] = []
            for await test in group {
                tests.append(test)
                if test.1.result == .delivered {
                    stations[test.1.channel]?.queue.noteTestDelivered(at: clock())
                }
            }
            signal.yield()
            return tests.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// How the channels fare, by name.
    package func reports() -> [ChannelReport] {
        stations.filter { $0.value.channel != nil }
            .map { ChannelReport(name: $0.key, queue: $0.value.queue, duration: $0.value.duration) }
            .sorted { $0.name < $1.name }
    }

    /// The channel of a name; nil for one that is not in the configuration.
    func channel(_ name: String) -> (any Channel)? { stations[name]?.channel }

    /// Why the outbox failed last; nil while it works.
    package func outboxProblem() -> String? { outboxError }
}

// MARK: - One turn of the loop

extension Courier {
    /// Starts, writes and reads until there is nothing more to do now.
    private func advance(sendingIn group: inout DiscardingTaskGroup) async {
        var isDone = false
        while !isDone && phase == .running {
            if hasCommits.exchange(false, ordering: .acquiring) {
                for name in stations.keys { stations[name]?.queue.noteMore() }
            }
            start(in: &group)
            let hasWritten = await settle()
            let hasRead = await load()
            isDone = !hasWritten && !hasRead
        }
    }

    private func start(in group: inout DiscardingTaskGroup) {
        let now = clock()
        for name in stations.keys {
            guard let channel = stations[name]?.channel else {
                giveUpAll(of: name, at: now)
                continue
            }
            for delivery in stations[name]?.queue.start(at: now) ?? [] {
                group.addTask {
                    let start = ContinuousClock.now
                    let result = await channel.deliver(delivery)
                    await self.finish(delivery, result, took: ContinuousClock.now - start)
                }
            }
        }
    }

    private func giveUpAll(of name: String, at now: Instant) {
        while let started = stations[name]?.queue.start(at: now), !started.isEmpty {
            for delivery in started {
                stations[name]?.queue.finish(
                    delivery.id,
                    .giveUp(error: "there is no channel of this name any more"),
                    at: now,
                    using: &random
                )
            }
        }
    }

    private func finish(_ delivery: Delivery, _ result: DeliveryResult, took: Duration) {
        if phase != .running, case .retry = result {
            // Cancelled: nobody's failure. Its row still waits.
            return
        }
        stations[delivery.channel]?.duration.note(took)
        stations[delivery.channel]?.queue.finish(
            delivery.id,
            result,
            at: clock(),
            using: &random
        )
        signal.yield()
    }

    /// Writes what is to be written; false if there was nothing, or it failed.
    @discardableResult
    private func settle() async -> Bool {
        // At the end it is tried once more, whatever went before.
        guard phase != .running || !isOutboxHeld else { return false }
        var batches: [String: [Settlement]] = [:]
        var count = 0
        for (name, station) in stations where count < Self.longestSettlement {
            let batch = station.queue.unsettled(atMost: Self.longestSettlement - count)
            if !batch.isEmpty { batches[name] = batch }
            count += batch.count
        }
        guard count > 0 else { return false }
        do {
            try await outbox.settle(batches.values.flatMap(\.self).sorted { $0.id < $1.id })
        } catch {
            noteOutbox(failure: error)
            return false
        }
        noteOutbox(failure: nil)
        for (name, batch) in batches { stations[name]?.queue.confirm(batch) }
        return true
    }

    /// Reads what the channels want; false if they want nothing, or it failed.
    private func load() async -> Bool {
        var hasRead = false
        if mayHoldStrays && !isOutboxHeld {
            mayHoldStrays = false
            do {
                for name in try await outbox.waitingChannels() where stations[name] == nil {
                    stations[name] = Station(channel: nil, revision: 0, queue: ChannelQueue())
                }
            } catch {
                mayHoldStrays = true
                noteOutbox(failure: error)
            }
        }
        for name in stations.keys.sorted() where !isOutboxHeld && phase == .running {
            guard let page = stations[name]?.queue.requestPage(at: clock()) else { continue }
            do {
                let deliveries = try await outbox.waiting(
                    channel: name,
                    after: page.after,
                    limit: page.limit
                )
                stations[name]?.queue.take(deliveries, of: page, at: clock())
                noteOutbox(failure: nil)
                hasRead = true
            } catch {
                stations[name]?.queue.pageFailed()
                noteOutbox(failure: error)
            }
        }
        return hasRead
    }

    private func makeTimer() {
        let timer = DispatchSource.makeTimerSource(queue: executor.queue)
        timer.setEventHandler { [signal] in signal.yield() }
        timer.activate()
        self.timer = timer
    }

    private func tellHealth(_ report: @Sendable ([String: ChannelHealth]) async -> Void) async {
        let now = clock()
        let health = stations.filter { $0.value.channel != nil }
            .mapValues { $0.queue.health(at: now) }
        guard health != toldHealth else { return }
        toldHealth = health
        await report(health)
    }

    /// Sets the timer for the next thing to do; it sleeps while nothing waits.
    private func arm() {
        let now = clock()
        var next = stations.values
            .flatMap { [$0.queue.nextStart(), $0.queue.failsAt(after: now)] }.compactMap { $0 }
            .min()
        var outboxWanted = stations.values.compactMap { $0.queue.nextPage() }.min()
        if mayHoldStrays || stations.values.contains(where: \.queue.hasUnsettled) {
            outboxWanted = now
        }
        if let wanted = outboxWanted {
            let time = max(wanted, outboxHeldUntil ?? wanted)
            next = min(next ?? time, time)
        }
        guard let next else {
            timer?.schedule(deadline: .distantFuture)
            return
        }
        // A clock that is set back meanwhile is noticed within the hour.
        let wait = min(max((next - now).milliseconds, 0), 3_600_000)
        timer?.schedule(deadline: .now() + .milliseconds(Int(wait) + 1), leeway: .milliseconds(5))
    }

    private func ended() {
        phase = .stopped
        resumeStopWaiters()
    }

    private func resumeStopWaiters() {
        for waiter in stopWaiters { waiter.resume() }
        stopWaiters = []
    }

    private var isOutboxHeld: Bool {
        guard let outboxHeldUntil else { return false }
        let wait = outboxHeldUntil - clock()
        // A longer one is due to a clock that was set back.
        return wait > .zero && wait <= Self.outboxPace.longest
    }

    private func noteOutbox(failure: (any Error)?) {
        guard let failure else {
            outboxFailures = 0
            outboxHeldUntil = nil
            outboxError = nil
            return
        }
        outboxFailures += 1
        outboxError = "\(failure)"
        outboxHeldUntil =
            clock() + Self.outboxPace.wait(failures: outboxFailures, spread: 0, asked: nil)
    }

    private func add(_ setup: ChannelSetup) {
        let limits = ChannelQueue.Limits(giveUpAfter: setup.giveUpAfter, pace: pace)
        stations[setup.channel.name] = Station(
            channel: setup.channel,
            revision: setup.revision,
            queue: ChannelQueue(limits: limits)
        )
    }

    private func testDelivery(_ id: EventID, to channel: String, at now: Instant) -> Delivery {
        let event = Event(
            id: id,
            at: now,
            subject: .daemon,
            kind: .test,
            phase: .changed,
            severity: .info,
            summary:
                "test of the channel \(channel) by tokenwatchd on \(instance): nothing is wrong"
        )
        return Delivery(event, to: channel, row: 0, instance: instance, at: now)
    }
}
