/// The pause that a provider requests, by `Retry-After` or by an exhausted quota.
package enum RequestedPause {
    /// The pause that one answer requests.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - headers: the value of a header by its name, in any letter case.
    ///   - now: the time at which the answer arrived.
    /// - Returns: at most a day; nil for none.
    package static func of(
        status: Int,
        headers: (String) -> String?,
        now: Instant
    ) -> Duration? {
        if let wait = headers("Retry-After").flatMap({ RetryAfter.wait($0, now: now) }) {
            return wait
        }
        guard isQuotaUsedUp(status: status, headers: headers) else { return nil }
        for prefix in prefixes {
            guard let reset = headers(prefix + "reset").flatMap(number) else { continue }
            // The value is an instant by the provider's clock, or seconds from now on.
            guard reset >= leastEpoch else { return min(.seconds(reset), RetryAfter.maximum) }
            let sentAt = headers("Date").flatMap { Instant(httpDate: $0, now: now) } ?? now
            let wait = Duration.seconds(reset - sentAt.seconds)
            return max(.zero, min(wait, RetryAfter.maximum))
        }
        return nil
    }

    /// Whether a rejection is for too many requests, and says nothing about the token.
    ///
    /// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    package static func isQuotaUsedUp(status: Int, headers: (String) -> String?) -> Bool {
        [403, 429].contains(status)
            && prefixes.contains { headers($0 + "remaining").flatMap(number) == 0 }
    }

    private static let prefixes = ["x-ratelimit-", "ratelimit-", "x-rate-limit-"]

    /// The year 2001: no quota lasts for so many seconds.
    private static let leastEpoch: Int64 = 1_000_000_000

    /// The whole seconds of a number; Discord's numbers have a fraction.
    private static func number(_ text: String) -> Int64? {
        let whole = text.prefix { $0 != "." }
        guard (1...12).contains(whole.utf8.count),
            whole.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(whole)
    }
}
