/// The result of an attempt, to write to the delivery's row.
package struct Settlement: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case delivered
        /// The delivery waits for another attempt, `wait` from now.
        ///
        /// `attempts` counts the failed attempts, including this one.
        case retry(at: Instant, wait: Duration, attempts: Int, error: String)
        case gaveUp(at: Instant, error: String)
        /// The delivery has become pointless, and is forgotten as if it had been delivered.
        case withdrawn
    }

    /// The delivery's row.
    package let id: Int64
    package let outcome: Outcome

    package init(id: Int64, outcome: Outcome) {
        self.id = id
        self.outcome = outcome
    }
}
