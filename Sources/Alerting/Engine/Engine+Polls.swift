/// A token on hold until its secret changes: its provider rejected it or requested a pause.
package struct Refusal: Hashable, Sendable {
    package let secret: SecretDigest
    package let until: Moment

    package init(secret: SecretDigest, until: Moment) {
        self.secret = secret
        self.until = until
    }
}

/// The times at which tokens are polled.
extension Engine {
    /// Records the result of a poll, and plans the next one.
    ///
    /// - Parameters:
    ///   - slot: the token.
    ///   - observation: the result of the poll.
    ///   - listing: the tokens that the answer lists; nil if it lists none.
    ///   - time: how long the poll took; nil to leave it out of the figures.
    ///   - now: the current time.
    package mutating func conclude(
        _ slot: Int,
        _ observation: Observation,
        _ listing: Listing? = nil,
        took time: Duration? = nil,
        at now: Now
    ) {
        var observation = observation
        if case .ok(let facts) = observation.answer {
            observation.answer = .ok(sharedFacts.shared(facts, known: states[slot].known))
            // An alert reports that something is missing, no matter who read the list.
            if let listing, !listing.isWhole, !facts.saysExpired {
                observation.answer = .malformed(
                    "the list is not whole: \(listing.reason ?? "a part is missing")"
                )
            }
        }
        if let time {
            polls.note(observation.outcome, took: time)
            pace.note(observation.outcome, of: roster.settings[slot].host, took: time)
        }
        apply(
            slot,
            .observed(observation, askedWith: roster.settings[slot].askedWith),
            at: now
        )
        schedule.finished(slot, next: nextPoll(slot, observation, at: now))
        if let listing { note(listing, of: slot, at: now) }
    }

    /// Records a poll without an answer, or with one that does not count.
    ///
    /// The poll may have counted as use.
    package mutating func cancel(_ slot: Int, askedAt moment: Moment, at now: Now) {
        if clock.doubt != nil { noteDoubtedPoll(of: slot, askedAt: moment) }
        apply(slot, .cancelled(askedAt: now.instant - (now.moment - moment)), at: now)
    }

    /// Records that another program polls a token now, so that it does not count as use elsewhere.
    ///
    /// - Parameters:
    ///   - id: the token.
    ///   - length: the longest the poll can take; it counts even if the program dies.
    ///   - now: the current time.
    /// - Returns: the end of that time; nil if the token is not configured.
    package mutating func announce(
        _ id: TokenID,
        for length: Duration,
        at now: Now
    ) -> Instant? {
        guard let slot = roster.slot(of: id).map(roster.polledSlot(for:)) else { return nil }
        let until = now.instant + length
        apply(slot, .announced(until: until), at: now)
        return until
    }

    /// Polls a token as soon as the limits allow, even if it was rejected.
    package mutating func pollSoon(_ slot: Int, at now: Now) {
        refusals[slot] = nil
        schedule.plan(slot, poll: now.moment)
    }

    /// Records that a due poll was not made, and plans the next try.
    package mutating func finish(_ slot: Int, next moment: Moment) {
        schedule.finished(slot, next: moment)
    }

    /// Plans the poll of a token that is not in flight.
    package mutating func plan(_ slot: Int, poll moment: Moment) {
        schedule.plan(slot, poll: moment)
    }

    /// Holds a host until a moment.
    package mutating func hold(host: Int, until moment: Moment) {
        schedule.hold(host: host, until: moment)
    }

    /// Whether a token with this secret was rejected and must wait; if so, plans its next check.
    package mutating func isRefused(_ slot: Int, _ secret: SecretDigest, at now: Now) -> Bool {
        guard let refusal = refusals[slot] else { return false }
        if refusal.secret == secret, now.moment < refusal.until {
            lookAgain(slot, refusal, at: now)
            return true
        }
        refusals[slot] = nil
        return false
    }

    /// Ends the turn of a token whose secret is not polled now.
    ///
    /// Plans to check for a new secret within an interval.
    package mutating func lookAgain(_ slot: Int, _ refusal: Refusal, at now: Now) {
        schedule.finished(slot, next: nextLook(slot, refusal, at: now))
    }

    private mutating func nextPoll(
        _ slot: Int,
        _ observation: Observation,
        at now: Now
    ) -> Moment {
        let next = now.moment(
            of: states[slot].nextPoll(
                after: now.instant,
                outcome: observation.outcome,
                roster.settings[slot]
            )
        )
        guard observation.outcome == .rejected else { return next }
        let refusal = Refusal(secret: observation.secret, until: next)
        refusals[slot] = refusal
        return nextLook(slot, refusal, at: now)
    }

    private func nextLook(_ slot: Int, _ refusal: Refusal, at now: Now) -> Moment {
        min(refusal.until, now.moment + roster.settings[slot].interval)
    }
}

extension TokenState {
    /// The time of the next poll after one that ended.
    ///
    /// - Parameters:
    ///   - last: when that poll ended.
    ///   - outcome: how that poll ended; nil for the start.
    ///   - settings: the token's settings.
    /// - Returns: an instant by the clock that counts.
    func nextPoll(
        after last: Instant,
        outcome: Outcome?,
        _ settings: TokenSettings
    ) -> Instant {
        if awaitsSecondPoll { return last + settings.policy.confirmAfter }
        return switch outcome {
        case .ok, nil:
            Cadence.nextPhase(
                of: settings.id.stableHash,
                interval: settings.interval,
                after: last
            )
        case .rejected:
            last + Cadence.rejectedWait(failures: failures, interval: settings.interval)
        case .unreachable, .serverError, .rateLimited, .malformed:
            last
                + Cadence.retryWait(
                    failures: failures,
                    interval: settings.interval,
                    jitter: jitter(of: settings.id)
                )
        }
    }

    /// Derived from the names, so that a simulation predicts the same.
    private func jitter(of id: TokenID) -> Double {
        Double((id.stableHash &+ UInt64(truncatingIfNeeded: failures)) % 100) / 100
    }
}
