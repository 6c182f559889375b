package import Alerting

/// The counts of a channel's deliveries.
package struct DeliveryCount: Hashable, Sendable {
    package let channel: String
    package let waiting: Int
    package let givenUp: Int
    /// The creation time of the oldest pending one.
    package let oldestWaiting: Instant?
}

/// The courier's queries, in the order of events within a channel and subject.
extension Store {
    /// Returns pending deliveries of a channel after a place, in its order, due or not.
    ///
    /// An unreadable row is returned separately, and delays no other delivery.
    package func waitingDeliveries(
        channel: String,
        after place: ChannelQueue.Place?,
        limit: Int
    ) throws -> OutboxPage {
        var deliveries: [Delivery] = []
        var damaged: [DamagedDelivery] = []
        let (from, last) = (place.map(Query.place) ?? .min, place?.id ?? .min)
        try connection.each(.selectWaiting, channel, from, last, limit) { row in
            let id = try row.integer()
            do {
                deliveries.append(try row.delivery(id))
            } catch StoreError.damaged(let failure) {
                damaged.append(DamagedDelivery(row: id, problem: failure.message))
            }
        }
        return OutboxPage(deliveries, damaged: damaged, limit: limit)
    }

    /// Writes the results of attempts, and deletes delivered ones.
    ///
    /// It ignores a delivery that no longer exists: a newer reminder may have replaced it while it
    /// was in flight.
    package func settle(_ settlements: [Settlement]) throws {
        guard !settlements.isEmpty else { return }
        try transaction {
            for settlement in settlements {
                switch settlement.outcome {
                case .delivered, .withdrawn:
                    try connection.run(.deleteDelivery, settlement.id)
                case .retry(let instant, let wait, let attempts, let error):
                    try connection.run(
                        .retryDelivery,
                        attempts,
                        instant,
                        wait.milliseconds,
                        error,
                        settlement.id
                    )
                case .gaveUp(let instant, let error):
                    try connection.run(.giveUpDelivery, instant, error, settlement.id)
                }
            }
        }
    }

    /// Returns the numbers of pending and dropped deliveries, for each channel that has any.
    package func deliveryCounts() throws -> [DeliveryCount] {
        try connection.deliveryCounts()
    }
}

/// A page of pending deliveries.
package struct OutboxPage: Sendable {
    package var deliveries: [Delivery]
    /// The rows that cannot be read; the others do not wait for them.
    package var damaged: [DamagedDelivery]
    /// Whether there may be more after them.
    package var isFull: Bool

    package init(_ deliveries: [Delivery], damaged: [DamagedDelivery] = [], limit: Int) {
        self.deliveries = deliveries
        self.damaged = damaged
        isFull = deliveries.count + damaged.count >= limit
    }
}

/// A pending delivery whose row or event has content that this program does not write.
package struct DamagedDelivery: Hashable, Sendable {
    package let row: Int64
    /// The problem with the column's name, never with its value.
    package let problem: String
}
