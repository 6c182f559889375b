/// The reason to evaluate a token.
package enum Occasion: Hashable, Sendable {
    /// A poll ended; `askedWith` is the stable hash of the request's settings.
    case observed(Observation, askedWith: UInt64)
    /// The list of its inventory was read, with these facts about the token.
    case listed(Facts)
    /// A poll was cancelled before its answer; it may have counted as use.
    case cancelled(askedAt: Instant)
    /// Another program of this machine polls until then at the latest; it may count as use.
    case announced(until: Instant)
    /// The secret cannot be used, for this reason.
    case noSecret(String)
    /// Another entry holds the same secret, or none does any more.
    case duplicate(TokenID?)
    /// The daemon started or loaded a configuration; the token may be new in it.
    case configured
    /// An instant has come at which time alone changes something.
    case timePassed

    /// Whether a poll has ended.
    package var isPoll: Bool {
        if case .observed = self { return true }
        return false
    }

    /// Whether a good answer reports something about the token.
    var isGoodAnswer: Bool {
        switch self {
        case .observed(let observation, _): observation.outcome == .ok
        case .listed: true
        case .cancelled, .announced, .noSecret, .duplicate, .configured, .timePassed: false
        }
    }

    /// Whether this can end or loosen a condition: time and silence end nothing.
    func canEnd(_ condition: Condition) -> Bool {
        switch self {
        case .configured, .listed: true
        case .noSecret, .timePassed, .cancelled, .announced: false
        case .duplicate: condition == .duplicate
        case .observed(let observation, _):
            switch observation.outcome {
            case .ok: true
            case .rejected: [.noSecret, .unreachable, .malformed].contains(condition)
            case .malformed: condition == .noSecret || condition == .unreachable
            case .unreachable, .serverError, .rateLimited: condition == .noSecret
            }
        }
    }
}

extension TokenState {
    /// Records the occasion; judges nothing.
    mutating func record(
        _ occasion: Occasion,
        settings: TokenSettings,
        spread: ClockSpread = .none,
        at now: Instant
    ) {
        switch occasion {
        case .timePassed: break
        case .configured:
            // An expiry that only the configuration states is first seen there.
            if expirySeenAt == nil, settings.statedExpiry != nil { expirySeenAt = now }
            if settings.policy.confirmAfter == .zero { unconfirmed = [] }
        case .noSecret(let problem): secretProblem = problem
        case .cancelled(let askedAt):
            use.missed(PollWindow(askedAt: askedAt, endedAt: now, serverDate: nil))
        case .announced(let until):
            use.missed(PollWindow(askedAt: now, endedAt: until, serverDate: nil))
        case .duplicate(let other): duplicateOf = other
        case .observed(let observation, let askedWith):
            record(observation, askedWith: askedWith, settings: settings, spread: spread)
        case .listed(let facts): record(listed: facts, settings, at: now)
        }
    }

    /// Records the facts of a list about the token; no poll of this daemon has used it.
    private mutating func record(
        listed facts: Facts,
        _ settings: TokenSettings,
        at now: Instant
    ) {
        use.listed(facts.lastUsedAt, since: facts.createdAt, isFirst: known == nil, at: now)
        know(facts, settled: known?.expiry, settings, at: now)
        lastPollAt = now
        lastOutcome = .ok
        verdictAt = now
    }

    /// Records the facts of a good answer.
    private mutating func know(
        _ facts: Facts,
        settled: Expiry?,
        _ settings: TokenSettings,
        at now: Instant
    ) {
        let before = expiry(settings).instant
        let facts = facts.pinned(to: settled)
        expiryMoves = moves(from: settled, to: facts.expiry)
        known = facts
        let after = expiry(settings).instant
        if before != after || expirySeenAt == nil { expirySeenAt = now }
        lastOkAt = now
    }

    private mutating func record(
        _ observation: Observation,
        askedWith: UInt64,
        settings: TokenSettings,
        spread: ClockSpread
    ) {
        let now = observation.answeredAt
        let sameKind =
            (lastOutcome == .rejected) == (observation.outcome == .rejected) && lastOutcome != .ok
        failures = observation.outcome == .ok ? 0 : (sameKind ? failures + 1 : 1)
        secretProblem = nil
        lastPollAt = now
        lastOutcome = observation.outcome
        lastError = observation.error
        if observation.outcome.isVerdict {
            verdictAt = now
            pollsWithoutVerdict = 0
        } else {
            // A verdict cannot be newer than now: the clock was ahead, and was corrected.
            verdictAt = min(verdictAt ?? now, now)
            pollsWithoutVerdict += 1
        }
        record(useIn: observation)
        switch observation.answer {
        case .ok(let facts):
            let settled = secret == observation.secret ? known?.expiry : nil
            know(facts, settled: settled, settings, at: now)
            secret = observation.secret
            self.askedWith = askedWith
            malformed = nil
            rejectedSince = nil
            rejection = nil
            unconfirmed = []
        case .rejected(let reason):
            malformed = nil
            unconfirmed.remove(.malformed)
            rejection = reason
            let expiry = expiry(settings).instant
            let isTheExpiry = expiry.map { now + spread.ahead >= $0 - rejectionMargin } ?? false
            if isTheExpiry || known?.saysExpired == true {
                // The expiry was in doubt, by a clock that is a little ahead.
                if unconfirmed.contains(Unconfirmed.rejected) { rejectedSince = nil }
                unconfirmed.remove(.rejected)
            } else {
                doubt(.rejected, isFirst: rejectedSince == nil, observation, settings)
                rejectedSince = rejectedSince ?? now
            }
        case .malformed(let problem):
            doubt(.malformed, isFirst: malformed == nil, observation, settings)
            malformed = problem
        case .unreachable, .serverError, .rateLimited:
            break
        }
    }

    /// Records whether a bad answer is the first after a good one for the same secret.
    private mutating func doubt(
        _ condition: Unconfirmed,
        isFirst: Bool,
        _ observation: Observation,
        _ settings: TokenSettings
    ) {
        let isContradicted = known != nil && secret == observation.secret
        if isFirst, isContradicted, settings.policy.confirmAfter > .zero {
            unconfirmed.insert(condition)
        } else {
            unconfirmed.remove(condition)
        }
    }

    /// The number of later moves of the expiry in a row, including this one.
    private func moves(from old: Expiry?, to new: Expiry) -> Int {
        guard case .at(let before)? = old, case .at(let after) = new, after >= before else {
            return 0
        }
        return after == before ? expiryMoves : min(expiryMoves + 1, movesOfRolling)
    }

    private mutating func record(useIn observation: Observation) {
        let window = PollWindow(
            askedAt: observation.askedAt,
            endedAt: observation.answeredAt,
            serverDate: observation.serverDate
        )
        let ahead = (observation.serverDate ?? observation.answeredAt) - observation.answeredAt
        let isComparable = clocksAgree(ahead)
        defer {
            if !isComparable, let date = observation.serverDate {
                use.noteIncomparable(date, at: observation.answeredAt)
            }
        }
        guard case .ok(let facts) = observation.answer else { return use.missed(window) }
        let isNew = secret != nil && secret != observation.secret
        // The use of the old secret says nothing about the new one.
        if isNew { use.forget(at: observation.answeredAt) }
        use.answered(
            window,
            at: observation.answeredAt,
            old: isNew ? nil : known?.lastUsedAt,
            new: facts.lastUsedAt,
            isFirst: isNew || known == nil,
            isComparable: isComparable
        )
    }
}
