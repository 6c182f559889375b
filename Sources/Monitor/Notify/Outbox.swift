package import Alerting

/// What delivering needs of the store.
package protocol Outbox: Sendable {
    /// Deliveries of a channel that are neither delivered nor given up, due or not.
    ///
    /// Those with an id above `after`, oldest first, at most `limit`.
    func waiting(channel: String, after id: Int64, limit: Int) async throws -> [Delivery]

    /// The names of all channels for which such deliveries exist.
    func waitingChannels() async throws -> [String]

    /// Writes what became of deliveries, all or none of it.
    ///
    /// A row that is gone is passed over, and writing the same thing twice does no harm.
    func settle(_ settlements: [Settlement]) async throws
}
