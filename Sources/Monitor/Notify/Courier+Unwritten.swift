package import Alerting

/// Sending what cannot be written: while the store fails, nobody waits for it.
extension Courier {
    /// Tries each event once at each of its channels, in order, past the outbox.
    ///
    /// A channel that fails is left alone until the next time. What no receiver wants counts as told,
    /// for it will not want it later either.
    ///
    /// - Returns: which channels are done with which event.
    package func send(unwritten events: [Event]) async -> [EventID: Set<String>] {
        let now = clock()
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
                guard let channel = self.channel(name) else { continue }
                group.addTask {
                    var done: [EventID] = []
                    for delivery in deliveries {
                        if case .retry = await channel.deliver(delivery) { break }
                        done.append(delivery.eventID)
                    }
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

extension Delivery {
    /// An event on its way to a channel without a row in the store.
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
            givenUpAt: nil
        )
    }
}
