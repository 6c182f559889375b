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
    /// What waits for a channel behind a row, oldest first, whether or not it is due.
    package func waitingDeliveries(
        channel: String,
        after id: Int64,
        limit: Int
    ) throws -> [Delivery] {
        try connection.deliveries(.selectWaiting) { arguments in
            arguments.add(channel)
            arguments.add(id)
            arguments.add(limit)
        }
    }

    /// Writes what became of attempts: delivered ones are forgotten.
    ///
    /// A delivery that is no longer there is passed over: a newer reminder may have replaced it
    /// while it was being sent.
    package func settle(_ settlements: [Settlement]) throws {
        guard !settlements.isEmpty else { return }
        try transaction {
            for settlement in settlements {
                switch settlement.outcome {
                case .delivered:
                    try connection.run(.deleteDelivery) { $0.add(settlement.id) }
                case .retry(let instant, let attempts, let error):
                    try connection.run(.retryDelivery) { arguments in
                        arguments.add(attempts)
                        arguments.add(instant)
                        arguments.add(error)
                        arguments.add(settlement.id)
                    }
                case .gaveUp(let instant, let error):
                    try connection.run(.giveUpDelivery) { arguments in
                        arguments.add(instant)
                        arguments.add(error)
                        arguments.add(settlement.id)
                    }
                }
            }
        }
    }

    /// How much waits and was given up, for each channel that has any.
    package func deliveryCounts() throws -> [DeliveryCount] {
        try connection.deliveryCounts()
    }
}
