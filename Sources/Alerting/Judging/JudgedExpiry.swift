/// The judgement of the time a token has left.
extension TokenState {
    /// Judges `expired` and `expiring`; at most one is true; `isSilenced` affects only the second.
    func judgeExpiry(
        _ settings: TokenSettings,
        _ now: Instant,
        _ spread: ClockSpread,
        isSilenced: Bool,
        _ judge: inout some Judge
    ) {
        let effective = expiry(settings)
        if hasExpired(settings, at: now, spread: spread) {
            judgeExpired(effective.instant, settings, now, &judge)
        } else {
            judge.holdsNot(
                .expired,
                because: Reason(
                    rule: expiredRule,
                    found: effective.wording(at: now) + rollingRemark(effective),
                    changesAt: effective.instant.map { $0 + spread.behind }
                )
            )
            judgeExpiring(effective, settings, now, spread, isSilenced: isSilenced, &judge)
        }
    }

    private var expiredRule: String {
        "its expiry is in the future, and the provider does not report it as expired"
    }

    private func judgeExpired(
        _ expiry: Instant?,
        _ settings: TokenSettings,
        _ now: Instant,
        _ judge: inout some Judge
    ) {
        let text =
            if let expiry, expiry <= now {
                "\(settings.id) expired "
                    + "\(expiry == now ? now.forPeople : expiry.forPeople(at: now))\(difference(settings))"
            } else {
                "\(settings.id) has expired, according to \(settings.host)"
            }
        judge.holds(
            Finding(.expired, .critical, text, details: [Detail("expires_at", expiry)]),
            because: Reason(
                rule: expiredRule,
                found: expiry.map { "its expiry was \($0.forPeople(at: now))" }
                    ?? "the provider reports it as expired"
            )
        )
        judge.holdsNot(
            .expiring,
            because: Reason(rule: settings.policy.stagesRule, found: "already expired")
        )
    }

    private func judgeExpiring(
        _ effective: EffectiveExpiry,
        _ settings: TokenSettings,
        _ now: Instant,
        _ spread: ClockSpread,
        isSilenced: Bool,
        _ judge: inout some Judge
    ) {
        let rule = { settings.policy.stagesRule }
        guard case .at(let expiry, let source) = effective else {
            return judge.holdsNot(
                .expiring,
                because: Reason(rule: rule(), found: effective.wording(at: now))
            )
        }
        // Of clocks that may be right, the one that leaves less time counts.
        let left = expiry - (now + spread.ahead)
        let stages = settings.policy.stages(life: life(until: expiry))
        let next = stages.last { $0.before < left }
        // A rejection silences the warnings of the expiry, not the expiry itself.
        guard let stage = stages.first(where: { left <= $0.before }), !isSilenced else {
            return judge.holdsNot(
                .expiring,
                because: Reason(
                    rule: rule(),
                    found: isSilenced
                        ? "\(left.forPeople) left; not sent while the token is rejected"
                        : stages.wording(left: left) + rollingRemark(effective),
                    changesAt: isSilenced ? nil : next.map { expiry - spread.ahead - $0.before }
                )
            )
        }
        judge.holds(
            Finding(
                .expiring,
                stage.severity,
                expiry > now
                    ? "\(settings.id) expires \(expiry.forPeople(at: now))\(difference(settings))"
                    : "\(settings.id) expires \(expiry.forPeople), or already has: the clocks differ",
                details: [
                    Detail("expires_at", expiry), Detail("stage", stage.text),
                    Detail("seconds_left", .integer(max(0, left.wholeSeconds))),
                    Detail("expires_from", source.rawValue),
                ],
                stage: stage
            ),
            because: Reason(
                rule: rule(),
                found: stages.wording(left: left) + rollingRemark(effective),
                changesAt: next.map { expiry - spread.ahead - $0.before }
                    ?? expiry + spread.behind
            )
        )
    }

    /// The end of a sentence about an expiry that the provider moves on; otherwise empty.
    private func rollingRemark(_ effective: EffectiveExpiry) -> String {
        guard isRolling, case .at(_, from: .provider) = effective else { return "" }
        let moved = expirySeenAt.map { ", last at \($0.forPeople)" } ?? ""
        return "; rolling: the provider keeps extending it\(moved)"
    }

    /// The end of a sentence about the expiry, if the other source differs; otherwise empty.
    private func difference(_ settings: TokenSettings) -> String {
        expiryDifference(settings).map { ", \($0)" }
            ?? ""
    }

    func judgeMustExpire(_ settings: TokenSettings, _ now: Instant, _ judge: inout some Judge) {
        let effective = expiry(settings)
        let isMissing = settings.policy.mustExpire && known != nil && effective == .never
        judge.judge(
            .noExpiry,
            isMissing
                ? Finding(.noExpiry, .warning, "\(settings.id) has no expiry, and must have one")
                : nil,
            because: Reason(
                rule: "must_expire = \(settings.policy.mustExpire)",
                found: effective.wording(at: now),
                isAsked: settings.policy.mustExpire
            )
        )
    }
}

extension EffectiveExpiry {
    /// The known expiry in words: `it expires 2026-11-28 07:00 UTC (in 6 d 23 h)`.
    fileprivate func wording(at now: Instant) -> String {
        switch self {
        case .at(let instant, .provider): "it expires \(instant.forPeople(at: now))"
        case .at(let instant, .config):
            "it expires \(instant.forPeople(at: now)), according to the configuration"
        case .never: "no expiry"
        case .notTold: "expiry not reported by the provider"
        case .notSeen: "no good answer yet"
        }
    }
}

extension [ReachedStage] {
    /// The comparison of the time left with the stages.
    fileprivate func wording(left: Duration) -> String {
        let text = "\(left.forPeople) left"
        if let reached = first(where: { left <= $0.before }) {
            return "\(text): at or under \(reached.text)"
        }
        guard let widest = last else {
            return "\(text); the stages are parts of its life, whose start is unknown"
        }
        return "\(text): \((left - widest.before).forPeople) more than \(widest.text)"
    }
}

extension Policy {
    /// The stages as the operator wrote them.
    fileprivate var stagesRule: String {
        let stages = warnBefore.map(\.text).joined(separator: ", ")
        return "warn_before = \(stages.isEmpty ? "[]" : stages); "
            + "critical_before = \(criticalBefore.text)"
    }
}
