/// The result of an attempt, to write to the delivery's row.
package struct Settlement: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case delivered
        /// Waits for another attempt; `wait` is how long from now, `attempts` counts the failed ones,
        /// this included.
        case retry(at: Instant, wait: Duration, attempts: Int, error: String)
        case gaveUp(at: Instant, error: String)
        /// It has become pointless, and is forgotten as if it had been delivered.
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
