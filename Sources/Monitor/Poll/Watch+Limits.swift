import Alerting

/// Answers that ask to wait.
extension Watch {
    /// Leaves a token or its host alone for as long as an answer asks.
    ///
    /// A server error speaks for the host. Anything else, a 429 first of all, speaks for the token, until
    /// a second token is asked to wait within a minute.
    func honour(_ answer: HTTPAnswer, to slot: Int, _ now: Now) {
        guard let secret = flights[slot]?.digest else { return }
        let settings = roster.tokens[slot].settings
        var wait = answer.requestedPause(at: now.instant)
        if answer.status >= 500 {
            if let wait { hold(host: roster.hostOfSlot[slot], until: now.moment + wait, now) }
            return
        }
        if answer.status == 429 { wait = wait ?? RateLimits.wait(interval: settings.interval) }
        guard let wait, wait > .zero else { return }
        let until = now.moment + wait
        limited[settings.id] = Refusal(secret: secret, until: until)
        if let end = limits.note(settings.id, of: settings.host, until: until, at: now.moment) {
            hold(host: roster.hostOfSlot[slot], until: end, now)
        }
    }

    /// Until when a token is left alone, asked with a secret; nil where it may be polled.
    func limit(of slot: Int, _ secret: SecretDigest, _ now: Now) -> Refusal? {
        let id = roster.tokens[slot].settings.id
        guard let limit = limited[id] else { return nil }
        if limit.secret == secret, now.moment < limit.until { return limit }
        limited[id] = nil
        return nil
    }

    /// Until when a token is left alone, for showing.
    func limitedUntil(_ slot: Int, _ now: Now) -> Instant? {
        guard let limit = limited[roster.tokens[slot].settings.id], limit.until > now.moment
        else { return nil }
        return now.instant(of: limit.until)
    }

    /// Forgets the waits of tokens and hosts that left the configuration.
    func keepLimits() {
        limited = limited.filter { roster.slot(of: $0.key) != nil }
        limits.keep(hosts: roster.hosts)
    }

    private func hold(host: Int, until moment: Moment, _ now: Now) {
        schedule.hold(host: host, until: moment)
        pace.held(roster.hosts[host], from: now.moment, until: moment)
    }
}
