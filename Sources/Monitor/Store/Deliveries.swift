package import Alerting

/// How much waits for a channel.
package struct DeliveryCount: Hashable, Sendable {
    package let channel: String
    package let waiting: Int
    package let givenUp: Int
    /// When the oldest of those that wait was made.
    package let oldestWaiting: Instant?
}

/// What the courier works by. Within a channel and subject, order is the order of events.
extension Store {
    /// Hands out what may be sent now, oldest first.
    ///
    /// What is handed out is in flight until it is settled or released: it is not handed out again,
    /// no newer reminder replaces it, and nothing later of its subject is handed out. Nor is
    /// anything handed out whose predecessor waits for a later time; several of one subject that
    /// are all due come together, for the courier to send one after the other.
    package func dueDeliveries(channel: String, now: Instant, limit: Int) throws -> [Delivery] {
        var due: [Int64] = []
        var held: Set<String> = []
        guard limit > 0 else { return [] }
        try connection.with(.selectQueue) { statement in
            try statement.scan {
                $0.add(channel)
            } while: { row in
                let id = try row.integer()
                let subject = try row.text()
                let nextAttemptAt = try row.instant()
                if inFlight.contains(id) || nextAttemptAt > now {
                    held.insert(subject)
                } else if !held.contains(subject) {
                    due.append(id)
                }
                return due.count < limit
            }
        }
        let deliveries = try due.flatMap { id in
            try connection.deliveries(.selectDelivery) { $0.add(id) }
        }
        inFlight.formUnion(due)
        return deliveries
    }

    /// What waits for a channel, oldest first, whether or not it is due or in flight.
    package func waitingDeliveries(channel: String, limit: Int) throws -> [Delivery] {
        try connection.deliveries(.selectWaiting) { arguments in
            arguments.add(channel)
            arguments.add(limit)
        }
    }

    /// When `dueDeliveries` has something next; nil while nothing waits but what is in flight.
    package func nextAttempt(channel: String) throws -> Instant? {
        var earliest: Instant?
        var seen: Set<String> = []
        try connection.with(.selectQueue) { statement in
            try statement.each {
                $0.add(channel)
            } _: { row in
                let id = try row.integer()
                // Only the first of a subject: the others wait for it.
                guard seen.insert(try row.text()).inserted, !inFlight.contains(id) else { return }
                let nextAttemptAt = try row.instant()
                earliest = min(earliest ?? nextAttemptAt, nextAttemptAt)
            }
        }
        return earliest
    }

    /// Writes what became of attempts: delivered ones are forgotten.
    ///
    /// A delivery that is no longer there is passed over.
    package func settle(_ settlements: [Settlement]) throws {
        guard !settlements.isEmpty else { return }
        try connection.transaction {
            for settlement in settlements {
                switch settlement.outcome {
                case .delivered:
                    try connection.run(.deleteDelivery) { $0.add(settlement.id) }
                case .retry(let instant, _, let error):
                    try write(.retryDelivery, instant, error, settlement.id)
                case .gaveUp(let instant, let error):
                    try write(.giveUpDelivery, instant, error, settlement.id)
                }
            }
        }
        inFlight.subtract(settlements.lazy.map(\.id))
    }

    /// Takes back deliveries that were handed out and not tried.
    package func release(_ deliveries: [Int64]) {
        inFlight.subtract(deliveries)
    }

    /// Gives up what waits for a channel that is no longer configured.
    package func giveUp(channel: String, at now: Instant, error: String) throws {
        try connection.transaction {
            try connection.run(.giveUpChannel) { arguments in
                arguments.add(now)
                arguments.add(error)
                arguments.add(channel)
            }
        }
    }

    /// How much waits and was given up, for each channel that has any.
    package func deliveryCounts() throws -> [DeliveryCount] {
        try connection.deliveryCounts()
    }

    private func write(
        _ query: Query,
        _ instant: Instant,
        _ error: String,
        _ delivery: Int64
    ) throws {
        try connection.run(query) { arguments in
            arguments.add(instant)
            arguments.add(error)
            arguments.add(delivery)
        }
    }
}

extension Store {
    /// What waits for a channel behind a row, oldest first, whether or not it is due.
    package func waitingDeliveries(channel: String, after id: Int64, limit: Int) throws -> [Delivery] {
        try connection.deliveries(.selectWaitingAfter) { arguments in
            arguments.add(channel)
            arguments.add(id)
            arguments.add(limit)
        }
    }
}
