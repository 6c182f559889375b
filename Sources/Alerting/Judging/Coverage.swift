/// Whether a token may do something, as far as the daemon knows.
package enum Coverage: Hashable, Sendable {
    case covered
    /// The permissions that are not covered, in the order of the request, and the token's reason.
    case missing([String], reason: Condition?)
    case unknown(Reason)

    package enum Reason: Hashable, Sendable {
        /// No poll has had a good answer yet.
        case noDataYet
        /// The provider does not report permissions.
        case notReported
    }

    /// The coverage of a token by its last good answer.
    ///
    /// An expired or rejected token covers nothing, regardless of its permissions. Its current
    /// state counts, not its alerts: an alternating alert may outlast its cause by a day.
    ///
    /// - Parameters:
    ///   - wanted: permissions as the provider spells them, 1 or more.
    ///   - state: the state of the token.
    ///   - settings: the settings of the token.
    ///   - now: the time by the clock that counts.
    ///   - spread: the range of the clocks that may be right.
    package init(
        of wanted: [String],
        by state: TokenState,
        _ settings: TokenSettings,
        at now: Instant,
        spread: ClockSpread = .none
    ) {
        if state.hasExpired(settings, at: now, spread: spread) {
            self = .missing(wanted, reason: .expired)
            return
        }
        if state.rejection != nil {
            self = .missing(wanted, reason: .rejected)
            return
        }
        guard let known = state.known else {
            self = .unknown(.noDataYet)
            return
        }
        guard let permissions = known.permissions else {
            self = .unknown(.notReported)
            return
        }
        let missing = wanted.filter { !permissions.covers($0, syntax: settings.permissionSyntax) }
        self = missing.isEmpty ? .covered : .missing(missing, reason: nil)
    }
}
