/// Decides whether a requested pause holds the polled token or its whole host.
///
/// One token may have used up a quota of its own. Two within a minute show that the host limits its
/// client.
package struct RateLimits: Hashable, Sendable {
    private struct Hold: Hashable {
        let token: TokenID
        let begin: Moment
        let end: Moment
    }

    /// The last hold of each host.
    private var last: [String: Hold] = [:]

    /// A second token within this time holds the host.
    package static let window: Duration = .minutes(1)

    package init() {}

    /// The wait after a 429 without a time: the first step of the back-off.
    package static func wait(interval: Duration) -> Duration { min(.minutes(1), interval) }

    /// Records that a token must wait.
    ///
    /// - Returns: the end of the host's hold, which lasts as long as both tokens wait; nil if only
    ///   the token waits.
    package mutating func note(
        _ token: TokenID,
        of host: String,
        until end: Moment,
        at now: Moment
    ) -> Moment? {
        let before = last.updateValue(Hold(token: token, begin: now, end: end), forKey: host)
        guard let before, before.token != token, now - before.begin <= Self.window else {
            return nil
        }
        let both = min(before.end, end)
        return both > now ? both : nil
    }

    /// Forgets hosts that are no longer polled.
    package mutating func keep(hosts: [String]) {
        let kept = Set(hosts)
        last = last.filter { kept.contains($0.key) }
    }
}
