package import Alerting

extension Watch {
    /// Takes note that another program polls a token from now on: that is no use elsewhere.
    ///
    /// - Parameters:
    ///   - id: the token.
    ///   - length: what the poll takes at most; it holds if the program dies in the middle, too.
    /// - Returns: until when; nil where the token is not watched.
    package func announce(_ id: TokenID, for length: Duration) -> Instant? {
        guard let slot = roster.slot(of: id) else { return nil }
        let now = ports.clock()
        let until = now.instant + length
        apply(slot, .announced(until: until), now)
        return until
    }
}
