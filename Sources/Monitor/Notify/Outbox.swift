package import Alerting

/// What delivering needs of the store.
package protocol Outbox: Sendable {
    /// Pending deliveries of a channel, due or not, in the order of their places.
    ///
    /// Those behind `after`, or the first ones where it is nil; at most `limit`.
    func waiting(
        channel: String,
        after: ChannelQueue.Place?,
        limit: Int
    ) async throws -> OutboxPage

    /// The names of all channels that have pending deliveries.
    func waitingChannels() async throws -> [String]

    /// Writes what became of deliveries, all or none of it.
    ///
    /// A row that is gone is passed over, and writing the same thing twice does no harm.
    func settle(_ settlements: [Settlement]) async throws
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
