/// The margin at the known expiry: a rejection before it is a revocation, and then an expiry.
package let rejectionMargin: Duration = .minutes(2)

/// The number of polls without a verdict that make a silence.
let pollsOfSilence = 2

/// The judgement of the secret, and of the provider's answers.
extension TokenState {
    func judgeSecret(_ settings: TokenSettings, _ judge: inout some Judge) {
        judge.judge(
            .noSecret,
            secretProblem.map { problem in
                Finding(
                    .noSecret,
                    .critical,
                    "\(settings.id) has no usable secret: \(problem)",
                    details: [Detail("problem", problem)]
                )
            },
            because: Reason(
                rule: "only the service can read the secret",
                found: secretProblem
                    ?? (lastPollAt == nil ? "no poll has read it yet" : "the last poll read it")
            )
        )
    }

    func judgeRejection(
        _ settings: TokenSettings,
        _ now: Instant,
        _ spread: ClockSpread,
        _ judge: inout some Judge
    ) {
        let rule = {
            "rejected more than \(rejectionMargin.forPeople) before its expiry"
        }
        guard let rejectedSince else {
            return judge.holdsNot(
                .rejected,
                because: Reason(rule: rule(), found: lastOutcome.lastAnswer(to: .rejected))
            )
        }
        guard !hasExpired(settings, at: now, spread: spread) else {
            return judge.holdsNot(
                .rejected,
                because: Reason(rule: rule(), found: "it has expired since")
            )
        }
        let expiry = expiry(settings).instant
        var summary = "\(settings.id) is rejected by \(settings.host)"
        if let rejection { summary += " (\(rejection))" }
        summary += ": revoked, replaced or wrong"
        if let expiry, expiry > now {
            summary += "; it was due to expire \(expiry.forPeople(at: now))"
        }
        judge.holds(
            Finding(
                .rejected,
                .critical,
                summary,
                details: [
                    Detail("rejected_since", rejectedSince), Detail("answer", rejection),
                    Detail("expires_at", expiry),
                ],
                awaitsConfirmation: unconfirmed.contains(Unconfirmed.rejected)
            ),
            because: Reason(
                rule: rule(),
                found:
                    "first rejected \(rejectedSince.forPeople(at: now)), with no good answer since"
            )
        )
    }

    func judgeSilence(_ settings: TokenSettings, _ now: Instant, _ judge: inout some Judge) {
        let policy = settings.policy
        let silence = verdictAt.map { now - $0 } ?? .zero
        let isSilent = pollsWithoutVerdict >= pollsOfSilence
        guard let verdictAt, isSilent, silence >= policy.unreachableAfter else {
            return judge.holdsNot(
                .unreachable,
                because: Reason(
                    rule: policy.silenceRule,
                    found: silenceWording(silence),
                    changesAt: isSilent ? verdictAt.map { $0 + policy.unreachableAfter } : nil
                )
            )
        }
        let isCritical = silence >= policy.unreachableCriticalAfter
        let error = lastError ?? "no answer"
        judge.holds(
            Finding(
                .unreachable,
                isCritical ? .critical : .warning,
                "\(settings.id): no verdict from \(settings.host) for \(silence.forPeople): \(error)",
                details: [
                    Detail("last_outcome", lastOutcome?.rawValue), Detail("last_error", lastError),
                    Detail("no_verdict_since", verdictAt),
                ]
            ),
            because: Reason(
                rule: policy.silenceRule,
                found: silenceWording(silence),
                changesAt: isCritical ? nil : verdictAt + policy.unreachableCriticalAfter
            )
        )
    }

    /// `no verdict for 3 h, in 7 polls`.
    private func silenceWording(_ silence: Duration) -> String {
        if lastPollAt == nil { return "not polled yet" }
        if pollsWithoutVerdict == 0 {
            return lastOutcome == .malformed
                ? "the last poll got an answer, but not as documented"
                : "the last poll got a verdict"
        }
        let polls = pollsWithoutVerdict == 1 ? "one poll" : "\(pollsWithoutVerdict) polls"
        return "no verdict for \(silence.forPeople), in \(polls)"
    }

    func judgeAnswer(_ settings: TokenSettings, _ judge: inout some Judge) {
        judge.judge(
            .malformed,
            malformed.map { problem in
                let what = settings.isAsked ? "the answer of \(settings.host)" : "the secret"
                let form = settings.isAsked ? "" : " as \(settings.provider)"
                return Finding(
                    .malformed,
                    .warning,
                    "\(settings.id): \(what) cannot be read\(form): \(problem)",
                    details: [Detail("error", problem)],
                    awaitsConfirmation: unconfirmed.contains(Unconfirmed.malformed)
                )
            },
            because: Reason(
                rule: "the answer is what the provider documents",
                found: malformed ?? lastOutcome.lastAnswer(to: .malformed)
            )
        )
    }

    func judgeDuplicate(_ settings: TokenSettings, _ judge: inout some Judge) {
        judge.judge(
            .duplicate,
            duplicateOf.map { other in
                Finding(
                    .duplicate,
                    .warning,
                    "\(settings.id) has the same secret as \(other)",
                    details: [Detail("other", other.text)]
                )
            },
            because: Reason(
                rule: "no other entry has the same secret",
                found: duplicateOf.map { "\($0) does" } ?? "no other token uses this secret"
            )
        )
    }
}

extension Outcome? {
    /// The last answer, for a condition that requires a certain one.
    fileprivate func lastAnswer(to wanted: Outcome) -> String {
        switch self {
        case nil: "no poll has ended yet"
        case .ok: "the last answer was good"
        case wanted: "rejected at its expiry"
        case let outcome?: "the last poll's outcome was \(outcome.rawValue)"
        }
    }
}

extension Policy {
    fileprivate var silenceRule: String {
        "unreachable_after = \(unreachableAfter.forPeople), and at least \(pollsOfSilence) polls; "
            + "critical after \(unreachableCriticalAfter.forPeople)"
    }
}
