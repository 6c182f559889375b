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
    /// It ignores a delivery that is no longer there: a newer reminder may have replaced it
    /// while it was being sent.
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

    /// The numbers of pending and dropped deliveries, for each channel that has any.
    package func deliveryCounts() throws -> [DeliveryCount] {
        try connection.deliveryCounts()
    }
}

/// Pending deliveries that were read together.
package struct OutboxPage: Sendable {
    package var deliveries: [Delivery]
    /// Rows that cannot be read; the others do not wait for them.
    package var damaged: [DamagedDelivery]
    /// Whether there may be more behind them.
    package var isFull: Bool

    package init(_ deliveries: [Delivery], damaged: [DamagedDelivery] = [], limit: Int) {
        self.deliveries = deliveries
        self.damaged = damaged
        isFull = deliveries.count + damaged.count >= limit
    }
}

/// A pending delivery whose row, or whose event, holds what this program does not write.
package struct DamagedDelivery: Hashable, Sendable {
    package let row: Int64
    /// Names the column and what is wrong with it, never its value.
    package let problem: String
}
