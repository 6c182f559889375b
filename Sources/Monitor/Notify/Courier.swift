package import Alerting
import Dispatch
import Synchronization
package import System

/// Sends the pending deliveries of the outbox, each channel at its own pace.
///
/// `run` is its whole life: sends are child tasks, and the loop reads and writes the outbox one
/// operation at a time. It sleeps until a commit, the end of a send or its only timer wakes it. So
/// a slow or dead channel delays only itself. While the outbox fails,
/// results stay in memory, bounded by the channels' look-ahead, until it works again.
package actor Courier {
    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// A channel and its pending deliveries.
    struct Station {
        /// The destination; nil for a removed channel: all of its deliveries fail.
        var channel: (any Channel)?
        var revision: UInt64
        var queue: ChannelQueue
        /// The durations of attempts since the start.
        var duration = Histogram()
    }

    enum Phase {
        case idle
        case running
        case stopping
        case stopped
    }

    let outbox: any Outbox
    let instance: String
    let clock: @Sendable () -> Now
    let pace: RetryPace
    let zone: LocalTime
    let log: @Sendable (String) -> Void
    var random: SplitMix64
    var stations: [String: Station] = [:]
    private(set) var phase = Phase.idle
    /// The timer that wakes the loop; nil unless it runs.
    private(set) var timer: (any DispatchSourceTimer)?
    /// Whether the outbox may hold deliveries of unknown channels.
    var mayHoldStrays = true
    var outboxHold = OutboxHold()
    /// The channels' health in the last report.
    var toldHealth: [String: ChannelHealth] = [:]
    private var stopWaiters: [CheckedContinuation<Void, Never>] = []
    /// Whether there were commits since the outbox was last read.
    nonisolated let hasCommits = Atomic(false)
    /// Whether there were commits with deliveries that precede or replace others.
    nonisolated let hasReordered = Atomic(false)
    /// The number of such commits in progress: a read may find them before they are reported.
    nonisolated let reordering = Atomic(0)
    private nonisolated let signals: AsyncStream<Void>
    nonisolated let signal: AsyncStream<Void>.Continuation

    ///   - outbox: the store of pending deliveries.
    ///   - outbox: has the pending deliveries.
    ///   - channels: the destinations.
    ///   - pace: the pace of retries.
    ///   - zone: the time zone of quiet hours.
    ///   - seed: the seed of the jitter.
    ///   - clock: both clocks.
    ///   - clock: Both clocks.
    ///   - log: gets a line for each delivery that is dropped because it cannot be read.
    package init(
        outbox: any Outbox,
        instance: String,
        channels: [ChannelSetup],
        pace: RetryPace = RetryPace(),
        zone: LocalTime = .utc,
        seed: UInt64,
        clock: @escaping @Sendable () -> Now,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        executor = QueueExecutor(label: "tokenwatchd.courier")
        // One pending signal is enough for any number of reasons to wake up.
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.outbox = outbox
        self.instance = instance
        self.clock = clock
        self.pace = pace
        self.zone = zone
        self.log = log
        random = SplitMix64(state: seed)
        for setup in channels {
            stations[setup.channel.name] = Station(setup, pace: pace, zone: zone)
        }
    }

    /// Delivers until `stop`, or until the task is cancelled.
    ///
    /// - Parameter report: gets the reports of the channels, by name, when they change.
    package func run(report: @Sendable ([String: ChannelHealth]) async -> Void = { _ in }) async {
        guard phase == .idle else { return }
        phase = .running
        let timer = DispatchSource.makeTimerSource(queue: executor.queue)
        timer.setEventHandler { [signal] in signal.yield() }
        timer.activate()
        self.timer = timer
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
        timer.cancel()
        self.timer = nil
        await settle()
        phase = .stopped
        resumeStopWaiters()
    }

    /// Runs a commit with deliveries that may precede or replace others.
    nonisolated func reordering<Failure: Error>(
        _ commit: () async throws(Failure) -> Void
    ) async throws(Failure) {
        reordering.add(1, ordering: .acquiringAndReleasing)
        defer {
            hasReordered.store(true, ordering: .releasing)
            reordering.subtract(1, ordering: .acquiringAndReleasing)
        }
        try await commit()
    }

    /// Wakes the loop to read new commits; any thread may call it, at any rate.
    package nonisolated func wake() {
        hasCommits.store(true, ordering: .releasing)
        signal.yield()
    }

    /// Whether a page that was just read may lack deliveries that precede its place.
    var mayHaveReordered: Bool {
        // The order matters, because the end of a commit sets the flag first.
        reordering.load(ordering: .acquiring) > 0 || hasReordered.load(ordering: .acquiring)
    }

    /// Cancels deliveries in flight, writes their results, and returns within `grace`.
    ///
    /// Cancelled deliveries stay in the outbox; the next run sends them again.
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
            // A channel that ignores its cancellation keeps `run` from writing these.
            if phase != .stopped { await settle() }
        }
    }

    private func resumeStopWaiters() {
        for waiter in stopWaiters { waiter.resume() }
        stopWaiters = []
    }
}

extension Courier.Station {
    init(_ setup: ChannelSetup, pace: RetryPace, zone: LocalTime) {
        channel = setup.channel
        revision = setup.revision
        queue = ChannelQueue(limits: setup.limits(pace), zone: zone)
    }
}

extension ChannelSetup {
    func limits(_ pace: RetryPace) -> ChannelQueue.Limits {
        var limits = timing.limits
        limits.giveUpAfter = giveUpAfter
        limits.pace = pace
        return limits
    }
}
