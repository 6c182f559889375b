package import Alerting

/// The pending deliveries of a channel.
package struct DeliveryCount: Hashable, Sendable {
    package let channel: String
    package let waiting: Int
    package let givenUp: Int
    /// The creation time of the oldest pending one.
    package let oldestWaiting: Instant?
}

/// The courier's queries. Within a channel and subject, the order is that of events.
extension Store {
    /// Pending deliveries of a channel behind a place, in its order, whether or not they are due.
    ///
    /// An unreadable row is named along with the others, and delays none of them.
    package func waitingDeliveries(
        channel: String,
        after place: ChannelQueue.Place?,
        limit: Int
    ) throws -> OutboxPage {
        var deliveries: [Delivery] = []
        var damaged: [DamagedDelivery] = []
        try connection.with(.selectWaiting) { statement in
            try statement.each { arguments in
                arguments.add(channel)
                arguments.add(place.map(Query.place) ?? .min)
                arguments.add(place?.id ?? .min)
                arguments.add(limit)
            } _: { row in
                let id = try row.integer()
                do {
                    deliveries.append(try row.delivery(id))
                } catch StoreError.damaged(let failure) {
                    damaged.append(DamagedDelivery(row: id, problem: failure.message))
                }
            }
        }
        return OutboxPage(deliveries, damaged: damaged, limit: limit)
    }

    /// Writes the results of attempts, and deletes delivered ones.
    ///
    /// It ignores a delivery that is no longer there: a newer reminder may have replaced it
    /// while it was being sent.
    package func settle(_ settlements: [Settlement]) throws {
        guard !settlements.isEmpty else { return }
        try transaction {
            for settlement in settlements {
                switch settlement.outcome {
                case .delivered, .withdrawn:
                    try connection.run(.deleteDelivery) { $0.add(settlement.id) }
                case .retry(let instant, let wait, let attempts, let error):
                    try connection.run(.retryDelivery) { arguments in
                        arguments.add(attempts)
                        arguments.add(instant)
                        arguments.add(wait.milliseconds)
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

    /// The numbers of pending and dropped deliveries, for each channel that has any.
    package func deliveryCounts() throws -> [DeliveryCount] {
        try connection.deliveryCounts()
    }
}
