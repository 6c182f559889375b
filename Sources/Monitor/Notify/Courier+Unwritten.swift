package import Alerting
import Store

/// The sending of unwritten events, without waiting for the failing store.
extension Courier {
    /// Tries each event once at each of its channels, bypassing the outbox.
    ///
    /// Critical events go first, with older events of their subjects.
    ///
    /// After a failure it skips the rest of the subject until the next time. After as many failures
    /// in a row as hold a channel, it skips the whole channel. A rejected event counts as done,
    /// because the receiver would reject it later as well.
    ///
    /// - Returns: the channels that are done, for each event.
    package func send(unwritten events: [Event]) async -> [EventID: Set<String>] {
        let now = clock().instant
        var rows: [String: [Delivery]] = [:]
        for (position, event) in events.enumerated() {
            for channel in event.channels {
                rows[channel, default: []].append(
                    Delivery(event, to: channel, row: Int64(position), instance: instance, at: now)
                )
            }
        }
        return await withTaskGroup { group in
            for (name, deliveries) in rows {
                guard let station = stations[name], let channel = station.channel else { continue }
                let isGrouped = station.queue.limits.groupWait != nil
                let due = deliveries.filter { station.queue.passesQuietHours($0, at: now) }
                guard !due.isEmpty else { continue }
                group.addTask {
                    let done =
                        isGrouped
                        ? await channel.deliver(together: due) : await channel.deliver(once: due)
                    return (name, done)
                }
            }
            var told: [EventID: Set<String>] = [:]
            for await (name, done) in group {
                for id in done { told[id, default: []].insert(name) }
            }
            return told
        }
    }
}

extension Channel {
    /// Tries deliveries as one message; if it is rejected, one by one.
    fileprivate func deliver(together deliveries: [Delivery]) async -> [EventID] {
        switch await deliver(Digest(deliveries)) {
        case .giveUp where deliveries.count > 1: await deliver(once: deliveries)
        case .delivered, .giveUp, .inPart, .notWanted: deliveries.map(\.eventID)
        case .retry: []
        }
    }

    /// Tries deliveries one by one; returns the deliveries that are done.
    fileprivate func deliver(once deliveries: [Delivery]) async -> [EventID] {
        let urgent = Set(deliveries.filter(\.isUrgent).map(\.subject))
        let ordered =
            deliveries.filter { urgent.contains($0.subject) }
            + deliveries.filter { !urgent.contains($0.subject) }
        var done: [EventID] = []
        var held: Set<String> = []
        var failures = 0
        for delivery in ordered where !held.contains(delivery.subject) {
            if case .retry = await deliver(delivery) {
                held.insert(delivery.subject)
                failures += 1
                if failures >= ChannelHold.failuresThatHold { break }
            } else {
                failures = 0
                done.append(delivery.eventID)
            }
        }
        return done
    }
}

extension Delivery {
    /// Makes a delivery of an event to a channel without a row in the store.
    init(_ event: Event, to channel: String, row: Int64, instance: String, at now: Instant) {
        self.init(
            id: row,
            eventID: event.id,
            channel: channel,
            subject: SubjectKey.of(event.subject),
            type: event.kind.name,
            phase: event.phase,
            severity: event.severity,
            summary: event.summary,
            body: event.json(instance: instance),
            createdAt: now,
            attempts: 0,
            nextAttemptAt: now,
            lastError: nil,
            givenUpAt: nil,
            isUrgent: event.severity == .critical,
            alertID: event.alertID
        )
    }
}
