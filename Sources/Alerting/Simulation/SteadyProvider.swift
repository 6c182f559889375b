extension Simulation {
    /// The answer for a token if every poll ends as its last one did.
    ///
    /// A token that was never answered, or has no usable secret, is not polled.
    package static func asBefore(
        _ slot: Int,
        _ state: TokenState,
        _ now: Instant
    ) -> Observation? {
        guard !state.cannotBeAsked, let outcome = state.lastOutcome else { return nil }
        let error = state.lastError ?? "no answer"
        let answer: Observation.Answer
        switch outcome {
        case .ok:
            guard var facts = state.known else { return nil }
            // An answer that showed its own poll continues to do so.
            if state.use.hiddenAnswers > 0 { facts.lastUsedAt = now }
            // A rolling expiry keeps rolling, as far ahead as at its last move.
            if state.isRolling, case .at(let expiry) = facts.expiry,
                let life = state.life(until: expiry)
            {
                facts.expiry = .at(max(expiry, now + life))
            }
            answer = .ok(facts)
        case .rejected: answer = .rejected(state.rejection ?? error)
        case .unreachable: answer = .unreachable(error)
        case .serverError: answer = .serverError(error)
        case .rateLimited: answer = .rateLimited(error)
        case .malformed: answer = .malformed(state.malformed ?? error)
        }
        return Observation(
            askedAt: now,
            answeredAt: now,
            answer: answer,
            secret: state.secret ?? SecretDigest(high: 0, low: 0)
        )
    }
}
