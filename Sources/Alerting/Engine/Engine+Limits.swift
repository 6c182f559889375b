/// Answers that request a pause.
extension Engine {
    /// Holds a token or its host for as long as an answer requests.
    ///
    /// A server error holds the host. Any other answer, such as 429, holds the token, and the host
    /// once a second token must wait within a minute.
    ///
    /// - Parameters:
    ///   - slot: the token.
    ///   - secret: the secret of the poll.
    ///   - status: the HTTP status.
    ///   - pause: the requested wait; nil if there is none.
    ///   - now: the current time.
    package mutating func honour(
        _ slot: Int,
        _ secret: SecretDigest,
        status: Int,
        pause: Duration?,
        at now: Now
    ) {
        let settings = roster.settings[slot]
        if status >= 500 {
            if let pause { leaveAlone(roster.hostOfSlot[slot], until: now.moment + pause, at: now) }
            return
        }
        let pause =
            pause ?? (status == 429 ? RateLimits.wait(interval: settings.interval) : .zero)
        guard pause > .zero else { return }
        let until = now.moment + pause
        limited[settings.id] = Refusal(secret: secret, until: until)
        if let end = limits.note(settings.id, of: settings.host, until: until, at: now.moment) {
            leaveAlone(roster.hostOfSlot[slot], until: end, at: now)
        }
    }

    /// Whether a token with this secret is on hold; if so, plans its next check.
    package mutating func isLimited(_ slot: Int, _ secret: SecretDigest, at now: Now) -> Bool {
        let id = roster.settings[slot].id
        guard let limit = limited[id] else { return false }
        guard limit.secret == secret, now.moment < limit.until else {
            limited[id] = nil
            return false
        }
        lookAgain(slot, limit, at: now)
        skip(slot, at: now)
        return true
    }

    /// The end of a token's hold, to show it.
    package func limitedUntil(_ slot: Int, at now: Now) -> Instant? {
        guard let limit = limited[roster.settings[slot].id], limit.until > now.moment
        else { return nil }
        return now.instant(of: limit.until)
    }

    /// Polls tokens as soon as their hosts allow, regardless of phase and back-off.
    ///
    /// - Returns: when the holds of their hosts end.
    package mutating func pollNow(_ slots: [Int], at now: Now) -> [Moment] {
        for slot in slots {
            limited[roster.settings[slot].id] = nil
            pollSoon(slot, at: now)
        }
        return slots.compactMap { slot in
            schedule.heldUntil(host: roster.hostOfSlot[slot], at: now.moment)
        }
    }

    /// The result of a request for polls.
    package struct PollRequest: Hashable, Sendable {
        package let tokens: Int
        /// The number of these tokens whose host is on hold: they are polled when it ends.
        package let held: Int
        /// The end of the last hold; nil if there is none.
        package let heldUntil: Instant?

        /// Whether every poll waits for the hold of a host to end.
        package var isHeld: Bool { held > 0 && held == tokens }
    }

    /// Polls tokens by their ids, without those that are not configured; nil means all tokens.
    package mutating func pollNow(_ ids: [TokenID]?, at now: Now) -> PollRequest {
        let slots =
            ids.map { ids in
                // For a listed token, the daemon reads its list.
                Set(ids.compactMap(roster.slot(of:)).map(roster.polledSlot(for:))).sorted()
            } ?? Array(0..<roster.polled)
        let holds = pollNow(slots, at: now)
        return PollRequest(
            tokens: slots.count,
            held: holds.count,
            heldUntil: holds.max().map(now.instant(of:))
        )
    }

    /// Forgets the waits of tokens and hosts that left the configuration.
    package mutating func keepLimits() {
        limited = limited.filter { roster.slot(of: $0.key) != nil }
        limits.keep(hosts: roster.hosts)
    }

    private mutating func leaveAlone(_ host: Int, until moment: Moment, at now: Now) {
        hold(host: host, until: moment)
        pace.held(roster.hosts[host], from: now.moment, until: moment)
    }
}
