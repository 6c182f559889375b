import Alerting
import Dispatch
import Store
import Synchronization

/// One turn of the loop.
extension Courier {
    /// The most rows in one transaction: a whole digest, so that a crash repeats all or none of it.
    private static let longestSettlement = ChannelTiming.mostInDigest
    /// The longest setting of the timer, so that a suspended machine is noticed in time.
    private static let longestSleep = Duration.hours(1)

    /// Writes, reads and starts deliveries until nothing is due.
    ///
    /// The order matters, because a read may replace deliveries that would start.
    func advance(sendingIn group: inout DiscardingTaskGroup) async {
        var isDone = false
        while !isDone && phase == .running {
            noteCommits()
            let hasWritten = await settle()
            let hasRead = await load()
            start(in: &group)
            isDone = !hasWritten && !hasRead
        }
    }

    private func noteCommits() {
        let reorders = hasReordered.exchange(false, ordering: .acquiring)
        guard hasCommits.exchange(false, ordering: .acquiring) || reorders else { return }
        for name in stations.keys { stations[name]?.queue.noteMore(reorders: reorders) }
    }

    private func start(in group: inout DiscardingTaskGroup) {
        guard phase == .running else { return }
        let now = clock()
        for name in stations.keys {
            guard let channel = stations[name]?.channel else {
                dropAll(of: name, at: now)
                continue
            }
            if let digest = stations[name]?.queue.startDigest(at: now) {
                group.addTask {
                    let start = ContinuousClock.now
                    let result = await channel.deliver(digest)
                    let took = ContinuousClock.now - start
                    await self.finish(digest, of: name, result, took: took)
                }
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

    private func dropAll(of name: String, at now: Now) {
        while let started = stations[name]?.queue.start(at: now), !started.isEmpty {
            for delivery in started {
                stations[name]?.queue.finish(
                    delivery.id,
                    .giveUp(error: "the channel was removed"),
                    at: now,
                    using: &random
                )
            }
        }
        if stations[name]?.queue.hasUnsettled == true { signal.yield() }
    }

    private func finish(_ delivery: Delivery, _ result: DeliveryResult, took: Duration) {
        if phase != .running, case .retry = result {
            // A cancelled attempt is not a failure. Its row is still pending.
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

    private func finish(
        _ digest: Digest,
        of name: String,
        _ result: DeliveryResult,
        took: Duration
    ) {
        // The attempt was cancelled, as above.
        if phase != .running, case .retry = result { return }
        stations[name]?.duration.note(took)
        stations[name]?.queue.finish(digest, result, at: clock(), using: &random)
        signal.yield()
    }

    /// Writes pending settlements; false if there were none, or it failed.
    @discardableResult
    func settle() async -> Bool {
        // The last turn tries once more, even after failures.
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
            outboxHold.failed(error, at: clock().moment)
            return false
        }
        outboxHold.succeeded()
        for (name, batch) in batches { stations[name]?.queue.confirm(batch) }
        return true
    }

    /// Reads the pages that channels need; false if there are none, or on an error.
    private func load() async -> Bool {
        await findStrays()
        var hasRead = false
        for name in stations.keys.sorted() where !isOutboxHeld && phase == .running {
            guard let page = stations[name]?.queue.requestPage(at: clock()) else { continue }
            do {
                let found = try await outbox.waitingDeliveries(
                    channel: name,
                    after: page.after,
                    limit: page.limit
                )
                if page.after != nil, mayHaveReordered {
                    // Deliveries committed during the read may belong before the page or inside it:
                    // an older delivery may precede its start and have the same subject.
                    stations[name]?.queue.pageFailed()
                    hasRead = true
                    continue
                }
                try await drop(found.damaged, of: name)
                stations[name]?.queue.take(
                    found.deliveries,
                    of: page,
                    isFull: found.isFull,
                    at: clock()
                )
                outboxHold.succeeded()
                hasRead = true
            } catch {
                stations[name]?.queue.pageFailed()
                outboxHold.failed(error, at: clock().moment)
            }
        }
        return hasRead
    }

    /// Adds removed channels that still have pending deliveries.
    private func findStrays() async {
        guard mayHoldStrays, !isOutboxHeld else { return }
        mayHoldStrays = false
        do {
            for name in try await outbox.waitingChannels() where stations[name] == nil {
                stations[name] = Station(channel: nil, revision: 0, queue: ChannelQueue())
            }
        } catch {
            mayHoldStrays = true
            outboxHold.failed(error, at: clock().moment)
        }
    }

    /// Drops unreadable deliveries, so that they block nothing; they stay visible as dropped.
    private func drop(_ damaged: [DamagedDelivery], of name: String) async throws {
        guard let first = damaged.first else { return }
        let now = clock()
        func reason(_ one: DamagedDelivery) -> String { "cannot be read: \(one.problem)" }
        try await outbox.settle(
            damaged.map {
                Settlement(id: $0.row, outcome: .gaveUp(at: now.instant, error: reason($0)))
            }
        )
        stations[name]?.queue.noteDropped(damaged.count, error: reason(first), at: now)
        let channel = name.escapedForTerminal(maximumBytes: 80)
        for one in damaged {
            log("channel \(channel): delivery \(one.row) is dropped: it \(reason(one))")
        }
    }

    func tellHealth(_ report: @Sendable ([String: ChannelHealth]) async -> Void) async {
        let now = clock().moment
        let health = stations.filter { $0.value.channel != nil }
            .mapValues { $0.queue.health(at: now) }
        guard health != toldHealth else { return }
        toldHealth = health
        await report(health)
    }

    /// Arms the timer for the next work, if there is any.
    func arm() {
        let now = clock().moment
        var next = stations.values
            .flatMap { [$0.queue.nextStart(), $0.queue.failsAt(after: now)] }.compactMap { $0 }
            .min()
        var outboxWanted = stations.values.compactMap { $0.queue.nextPage(at: now) }.min()
        if mayHoldStrays || stations.values.contains(where: \.queue.hasUnsettled) {
            outboxWanted = now
        }
        if let wanted = outboxWanted {
            let time = max(wanted, outboxHold.until ?? wanted)
            next = min(next ?? time, time)
        }
        guard let next else {
            timer?.schedule(deadline: .distantFuture)
            return
        }
        let wait = min(max(next - now, .zero), Self.longestSleep).milliseconds
        timer?.schedule(deadline: .now() + .milliseconds(Int(wait) + 1), leeway: .milliseconds(5))
    }

    private var isOutboxHeld: Bool { outboxHold.isHeld(at: clock().moment) }
}
