package import Alerting

/// The channels of the configuration, and their health.
extension Courier {
    /// Switches to the channels of a new configuration.
    ///
    /// A channel of the same name and revision continues; a changed one starts from scratch.
    /// Deliveries of a removed channel are dropped.
    package func reconfigure(channels: [ChannelSetup]) {
        let now = clock()
        let kept = Set(channels.map(\.channel.name))
        for name in stations.keys where !kept.contains(name) {
            stations[name]?.channel = nil
            stations[name]?.queue.limits = ChannelQueue.Limits()
            stations[name]?.queue.reset(at: now)
        }
        for setup in channels {
            let name = setup.channel.name
            guard let station = stations[name] else {
                stations[name] = Station(setup, pace: pace, zone: zone)
                continue
            }
            stations[name]?.queue.limits = setup.limits(pace)
            if station.channel == nil || station.revision != setup.revision {
                stations[name]?.queue.reset(at: now)
            }
            stations[name]?.channel = setup.channel
            stations[name]?.revision = setup.revision
        }
        mayHoldStrays = true
        signal.yield()
    }

    /// The reports of the channels, by name.
    package func reports() -> [ChannelReport] {
        let now = clock()
        return stations.filter { $0.value.channel != nil }
            .map { name, station in
                ChannelReport(
                    name: name,
                    queue: station.queue,
                    duration: station.duration,
                    at: now
                )
            }
            .sorted { $0.name < $1.name }
    }

    /// The next attempts of the pending deliveries in memory.
    package func outlook() -> DeliveryOutlook {
        let now = clock()
        var outlook = DeliveryOutlook(now: now.instant)
        for (name, station) in stations {
            outlook.heldUntil[name] = station.queue.heldUntil(at: now.moment).map(now.instant(of:))
            for (row, start) in station.queue.earliestStarts(at: now.moment) {
                outlook.starts[row] = now.instant(of: start)
            }
        }
        return outlook
    }

    /// The last error of the outbox; nil while it works.
    package func outboxProblem() -> String? { outboxHold.problem }

    private static func unknown(_ name: String, among known: [String]) -> String {
        let near = NearestName.of(name, among: known).map { "; did you mean \($0)?" } ?? ""
        return "there is no channel \(name.escapedForTerminal(maximumBytes: 80)); "
            + (known.isEmpty
                ? "no channel is configured"
                : (known.count == 1 ? "the only channel is " : "the channels are ")
                    + "\(known.listed(limit: 20))\(near)")
    }

    /// Sends a test event to channels, to all by default, bypassing the outbox.
    ///
    /// The results are in the order of the names.
    package func test(channels names: [String] = [], event id: EventID) async -> [ChannelTest] {
        let known = reports().map(\.name)
        let names = names.isEmpty ? known : names
        let now = clock().instant
        return await withTaskGroup { group in
            for (position, name) in names.enumerated() {
                guard let channel = stations[name]?.channel else {
                    let error = Self.unknown(name, among: known)
                    group.addTask {
                        (position, ChannelTest(channel: name, result: .giveUp(error: error)))
                    }
                    continue
                }
                let delivery = TestEvent.delivery(id, to: name, instance: instance, at: now)
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
}

/// The next attempts of pending deliveries.
package struct DeliveryOutlook: Sendable {
    let now: Instant
    /// The starts of the deliveries in memory, by their rows.
    var starts: [Int64: Instant] = [:]
    /// The ends of holds, by the names of the channels on hold.
    var heldUntil: [String: Instant] = [:]

    /// The earliest next attempt of a delivery.
    func nextAttempt(row: Int64, channel: String) -> Instant {
        starts[row] ?? heldUntil[channel] ?? now
    }
}
