package import Alerting
package import Store

/// What the courier needs from the store.
package protocol Outbox: Sendable {
    /// Pending deliveries of a channel, due or not, in the order of their places.
    ///
    /// Those behind `after`, or the first ones where it is nil; at most `limit`.
    func waitingDeliveries(
        channel: String,
        after: ChannelQueue.Place?,
        limit: Int
    ) async throws -> OutboxPage

    /// The names of all channels that have pending deliveries.
    func waitingChannels() async throws -> [String]

    /// Writes the results of deliveries, all or none of them.
    ///
    /// Missing rows are ignored, and writing the same result twice is harmless.
    func settle(_ settlements: [Settlement]) async throws
}
