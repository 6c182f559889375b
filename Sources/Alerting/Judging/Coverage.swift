/// Whether a token may do something, as far as is known.
package enum Coverage: Hashable, Sendable {
    case covered
    /// Those that are not covered, in the order asked for, and why where the reason is the token itself.
    case missing([String], reason: Condition?)
    case unknown(Reason)

    package enum Reason: Hashable, Sendable {
        /// No poll has been answered well yet.
        case noDataYet
        /// The provider does not report permissions.
        case notReported
    }

    /// The coverage of a token by its last good answer.
    ///
    /// An expired or rejected token covers nothing, regardless of its permissions. What it is now
    /// counts, not its alerts: one that alternates may outlast its cause by a day.
    ///
    /// - Parameters:
    ///   - wanted: permissions as the provider spells them, 1 or more.
    ///   - state: what is known of the token.
    ///   - settings: the token's.
    ///   - now: by the clock that counts.
    ///   - spread: of the clocks that may be right.
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
