/// The health of a dead man's switch: whether the daemon's pings arrive.
///
/// One failed ping is no alert: networks fail, and a switch allows for it. Two in a row are.
package struct HeartbeatHealth: Hashable, Sendable {
    /// A change in the arrival of the pings.
    package enum Verdict: Hashable, Sendable {
        case well
        /// The last ping did not arrive, for this reason, which contains no secret.
        case failing(error: String)
    }

    /// The number of failed pings in a row, as far as they count.
    private var failures = 0
    /// Whether the pings arrive; nil until that is known.
    private var arrives: Bool?

    /// The number of failed pings in a row that is an alert.
    package static let failuresThatCount = 2

    package init() {}

    /// Takes the result of a ping: an error, or nil.
    package mutating func pinged(error: String?) -> Verdict? {
        let before = arrives
        guard let error else {
            failures = 0
            arrives = true
            return before == true ? nil : .well
        }
        failures = min(failures + 1, Self.failuresThatCount)
        guard failures == Self.failuresThatCount else { return nil }
        arrives = false
        return before == false ? nil : .failing(error: error)
    }

    /// The alert of a heartbeat that does not arrive.
    package static func finding(error: String) -> Finding {
        Finding(
            .heartbeatFailing,
            .warning,
            "heartbeat fails: \(error)",
            details: [Detail("last_error", error)]
        )
    }
}
