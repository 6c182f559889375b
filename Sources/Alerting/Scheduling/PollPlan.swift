/// The plan of a token's next poll, and the reasons why it is not earlier.
package struct PollPlan: Hashable, Sendable {
    package enum Stage: Hashable, Sendable {
        case scheduled(Instant)
        /// The poll is due, and waits for a place.
        case ready
        case inFlight
    }

    package let stage: Stage
    /// The end of its host's hold; nil if there is none.
    package internal(set) var heldUntil: Instant?
    /// The end of the token's hold; nil if there is none.
    package internal(set) var limitedUntil: Instant?
    /// The time until which a rejected secret is not retried; nil without one.
    package internal(set) var refusedUntil: Instant?

    /// The latest time until which a doubted clock prevents verdicts; nil if it is trusted.
    package internal(set) var doubtedUntil: Instant?

    /// The time of the next poll, as far as is known.
    package func next(at now: Instant) -> Instant {
        var next = now
        // While the clock is doubted, few tokens are polled, and only for the time.
        if case .scheduled(let planned) = stage { next = doubtedUntil ?? planned }
        return max(next, heldUntil ?? next, limitedUntil ?? next, refusedUntil ?? next)
    }
}

extension PollPlan {
    package init(stage: Stage) { self.init(stage: stage, heldUntil: nil) }
}

/// The reason for the time of a token's next poll.
package enum PollReason: String, Hashable, Sendable, CaseIterable {
    /// The token's own place in the interval.
    case phase
    /// The last poll failed, and is retried soon.
    case backoff
    /// The last answer contradicts the good one before it, and must be confirmed soon.
    case confirmation
    /// The token's secret was rejected, and is retried slowly.
    case refused
    /// The clock is doubted, and nothing is judged until it is trusted.
    case clockDoubted = "clock_doubted"
    /// The token's host is on hold.
    case retryAfter = "retry_after"
    /// The token is on hold.
    case rateLimited = "rate_limited"
    /// The secret is missing; the daemon tries to read it often.
    case noSecret = "no_secret"
    /// The poll is due at the start, after a new configuration or secret, or by request.
    case due
    /// The poll is due, but as many polls as allowed are in flight.
    case waiting
    case underWay = "under_way"
}

/// The last poll and the next, and the reason for its time.
package struct PollExplanation: Hashable, Sendable {
    package let lastAt: Instant?
    package let lastOutcome: Outcome?
    package let lastError: String?
    /// The number of failed polls in a row.
    package let failures: Int
    package let nextAt: Instant
    package let reason: PollReason
    /// The reason in words, with its figures.
    package let because: String

    init(_ state: TokenState, _ settings: TokenSettings, _ plan: PollPlan, at now: Instant) {
        lastAt = state.lastPollAt
        lastOutcome = state.lastOutcome
        lastError = state.lastError
        failures = state.failures
        nextAt = plan.next(at: now)
        reason = Self.reason(state, settings, plan, at: now)
        because = reason.wording(state, settings)
    }

    private static func reason(
        _ state: TokenState,
        _ settings: TokenSettings,
        _ plan: PollPlan,
        at now: Instant
    ) -> PollReason {
        let next = plan.next(at: now)
        if plan.doubtedUntil != nil { return .clockDoubted }
        if plan.stage == .inFlight { return .underWay }
        if let heldUntil = plan.heldUntil, heldUntil > now, heldUntil == next { return .retryAfter }
        if let limitedUntil = plan.limitedUntil, limitedUntil > now, limitedUntil == next {
            return .rateLimited
        }
        if state.awaitsSecondPoll, next > now { return .confirmation }
        if let refusedUntil = plan.refusedUntil, refusedUntil > now, refusedUntil == next {
            return .refused
        }
        guard case .scheduled(let planned) = plan.stage else { return .waiting }
        if planned <= now { return .due }
        if state.secretProblem != nil { return .noSecret }
        switch state.lastOutcome {
        case .unreachable, .serverError, .rateLimited, .malformed:
            let longest = Cadence.retryWait(
                failures: state.failures,
                interval: settings.interval,
                jitter: 1
            )
            // After a restart, a token that failed before it is polled in its own place.
            let isSoon = state.lastPollAt.map { planned <= $0 + longest + .seconds(2) } ?? false
            return isSoon ? .backoff : .phase
        case .ok, .rejected, nil: return .phase
        }
    }
}

extension PollReason {
    fileprivate func wording(_ state: TokenState, _ settings: TokenSettings) -> String {
        let interval = settings.interval.forPeople
        let failures = state.failures == 1 ? "once" : "\(state.failures) times in a row"
        return switch self {
        case .phase:
            "its place in the interval of \(interval), by a hash of the token's id"
        case .backoff:
            "the last poll failed, \(failures): the daemon retries after 1, 2, 4 … min (±20 %), "
                + "at most the interval of \(interval)"
        case .confirmation:
            "the last answer contradicts the good one before it: a second poll confirms it "
                + "(confirm_after = \(settings.policy.confirmAfter.forPeople))"
        case .refused:
            "rejected \(failures): the wait doubles from the interval of \(interval) to at most "
                + "\(max(settings.interval, Cadence.longestRejectedWait).forPeople); the daemon polls a "
                + "new secret within the interval"
        case .clockDoubted:
            "the daemon does not trust this machine's clock; it judges nothing until a provider's "
                + "clock agrees with it, or until then"
        case .retryAfter:
            "\(settings.host) asked to wait (Retry-After), or sent several tokens a 429: the host is on "
                + "hold until then"
        case .rateLimited:
            "\(settings.host) sent 429 or Retry-After: the token is on hold until then; "
                + "poll-now overrides that"
        case .noSecret: "no usable secret; the daemon checks for one every minute"
        case .due: "due now: after a start, a new secret or setting, or a request"
        case .waiting:
            "due now, and waiting for one of the polls in flight to end (concurrency, per_host)"
        case .underWay: "in flight"
        }
    }
}
