package import Alerting
package import Store

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
