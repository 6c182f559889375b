package import Alerting
package import Store

/// A store of deliveries for the courier.
package protocol Outbox: Sendable {
    /// Returns pending deliveries of a channel, due or not, in the order of their places.
    ///
    /// They come after `after`, or from the beginning if it is nil; at most `limit`.
    func waitingDeliveries(
        channel: String,
        after: ChannelQueue.Place?,
        limit: Int
    ) async throws -> OutboxPage

    /// Returns the names of all channels that have pending deliveries.
    func waitingChannels() async throws -> [String]

    /// Writes the results of deliveries, all or none of them.
    ///
    /// Missing rows are ignored, and writing the same result twice is harmless.
    func settle(_ settlements: [Settlement]) async throws
}
