package import Alerting

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

    package init(row: Int64, problem: String) {
        self.row = row
        self.problem = problem
    }
}
