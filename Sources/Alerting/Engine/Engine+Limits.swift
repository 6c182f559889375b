/// Answers that ask to wait.
extension Engine {
    /// Leaves a token or its host alone for as long as an answer asks.
    ///
    /// A server error speaks for the host. Anything else, a 429 first of all, speaks for the token, until
    /// a second token must wait within a minute.
    ///
    /// - Parameters:
    ///   - slot: the token.
    ///   - secret: what it was asked with.
    ///   - status: of HTTP.
    ///   - pause: how long the answer asks to wait; nil where it does not.
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

    /// Whether a token with this secret is to be left alone; then its next look is planned.
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

    /// Until when a token is left alone, for showing.
    package func limitedUntil(_ slot: Int, at now: Now) -> Instant? {
        guard let limit = limited[roster.settings[slot].id], limit.until > now.moment
        else { return nil }
        return now.instant(of: limit.until)
    }

    /// Polls tokens as soon as their hosts allow, regardless of phase and back-off.
    ///
    /// - Returns: until when the hosts of some of them are left alone.
    package mutating func pollNow(_ slots: [Int], at now: Now) -> [Moment] {
        for slot in slots {
            limited[roster.settings[slot].id] = nil
            pollSoon(slot, at: now)
        }
        return slots.compactMap { slot in
            schedule.heldUntil(host: roster.hostOfSlot[slot], at: now.moment)
        }
    }

    /// What came of a request for polls.
    package struct PollRequest: Hashable, Sendable {
        package let tokens: Int
        /// Of these, those whose host asked to be left alone: they are polled as soon as it may be.
        package let held: Int
        /// When the last of the held may be polled; nil where none is held.
        package let heldUntil: Instant?
    }

    /// The same by ids, of which those that are not watched are passed over; nil means all tokens.
    package mutating func pollNow(_ ids: [TokenID]?, at now: Now) -> PollRequest {
        let slots =
            ids.map { ids in
                // Of listed tokens the list is read.
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
