/// When a token is to be polled, and what keeps it from being polled sooner.
package struct PollPlan: Hashable, Sendable {
    package enum Stage: Hashable, Sendable {
        case scheduled(Instant)
        /// It is due, and waits for a place.
        case ready
        case inFlight
    }

    package let stage: Stage
    /// When the hold of its host ends; nil if there is none.
    package internal(set) var heldUntil: Instant?
    /// When the hold of the token ends; nil if there is none.
    package internal(set) var limitedUntil: Instant?
    /// Until when a rejected secret is not retried; nil without one.
    package internal(set) var refusedUntil: Instant?

    /// Until when at the latest a doubted clock prevents verdicts; nil if it is trusted.
    package internal(set) var doubtedUntil: Instant?

    /// When it is polled next, as far as is known.
    package func next(at now: Instant) -> Instant {
        var next = now
        // With a doubted clock few are polled, and only for the time.
        if case .scheduled(let planned) = stage { next = doubtedUntil ?? planned }
        return max(next, heldUntil ?? next, limitedUntil ?? next, refusedUntil ?? next)
    }
}

extension PollPlan {
    package init(stage: Stage) { self.init(stage: stage, heldUntil: nil) }
}

/// What decides when a token is polled next.
package enum PollReason: String, Hashable, Sendable, CaseIterable {
    /// Its own place in the interval.
    case phase
    /// The last poll failed, and is made again soon.
    case backoff
    /// The last answer contradicts the good one before it, and is to be confirmed soon.
    case confirmation
    /// Its secret was rejected, and is retried slowly.
    case refused
    /// The clock is doubted, and nothing is judged until it is believed.
    case clockDoubted = "clock_doubted"
    /// Its host is on hold.
    case retryAfter = "retry_after"
    /// The token is on hold.
    case rateLimited = "rate_limited"
    /// There is no secret; the daemon tries to read it often.
    case noSecret = "no_secret"
    /// At the start, by a new configuration or secret, or because someone asked for it.
    case due
    /// Due, while as many polls as allowed are under way.
    case waiting
    case underWay = "under_way"
}

/// The last poll and the next, and why then.
package struct PollExplanation: Hashable, Sendable {
    package let lastAt: Instant?
    package let lastOutcome: Outcome?
    package let lastError: String?
    /// Failed polls in a row.
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
            // After a restart, what failed before it is polled in its own place.
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
