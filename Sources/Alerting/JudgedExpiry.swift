/// What is judged of the time a token has left.
extension TokenState {
    /// `expired` and `expiring`, of which one holds at most; `isSilenced` is the second alone.
    func judgeExpiry(
        _ settings: TokenSettings,
        _ now: Instant,
        _ spread: ClockSpread,
        isSilenced: Bool,
        _ judge: inout some Judge
    ) {
        let effective = EffectiveExpiry(of: self, statedExpiry: settings.statedExpiry)
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
        "its expiry lies ahead, and the provider does not say that it has passed"
    }

    private func judgeExpired(
        _ expiry: Instant?,
        _ settings: TokenSettings,
        _ now: Instant,
        _ judge: inout some Judge
    ) {
        let text =
            if let expiry, expiry <= now {
                "\(settings.id) expired \(expiry.forPeople(at: now))\(difference(settings))"
            } else {
                "\(settings.id) has expired, says \(settings.host)"
            }
        judge.holds(
            Finding(.expired, .critical, text, details: [Detail("expires_at", expiry)]),
            because: Reason(
                rule: expiredRule,
                found: expiry.map { "it was to expire \($0.forPeople(at: now))" }
                    ?? "the provider says so"
            )
        )
        judge.holdsNot(
            .expiring,
            because: Reason(rule: settings.policy.stagesRule, found: "it has expired already")
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
        // A refusal silences the warnings of the expiry, not the expiry itself.
        guard let stage = stages.first(where: { left <= $0.before }), !isSilenced else {
            return judge.holdsNot(
                .expiring,
                because: Reason(
                    rule: rule(),
                    found: isSilenced
                        ? "\(left.forPeople) left; not spoken of while it is rejected"
                        : stages.wording(left: left) + rollingRemark(effective),
                    changesAt: isSilenced ? nil : next.map { expiry - spread.ahead - $0.before }
                )
            )
        }
        judge.holds(
            Finding(
                .expiring,
                stage.severity,
                "\(settings.id) expires \(expiry.forPeople(at: now))\(difference(settings))",
                details: [
                    Detail("expires_at", expiry), Detail("stage", stage.text),
                    Detail("seconds_left", .integer(left.wholeSeconds)),
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

    /// What continues a sentence on an expiry that the provider moves on; else empty.
    private func rollingRemark(_ effective: EffectiveExpiry) -> String {
        guard isRolling, case .at(_, from: .provider) = effective else { return "" }
        let moved = expirySeenAt.map { ", last at \($0.forPeople)" } ?? ""
        return "; rolling: the provider keeps extending it\(moved)"
    }

    /// What continues a sentence on the expiry where the other place says otherwise; else empty.
    private func difference(_ settings: TokenSettings) -> String {
        EffectiveExpiry.difference(of: self, statedExpiry: settings.statedExpiry).map { ", \($0)" }
            ?? ""
    }

    func judgeMustExpire(_ settings: TokenSettings, _ now: Instant, _ judge: inout some Judge) {
        let effective = EffectiveExpiry(of: self, statedExpiry: settings.statedExpiry)
        guard settings.policy.mustExpire, known != nil, effective == .never else {
            return judge.holdsNot(
                .noExpiry,
                because: Reason(
                    rule: "must_expire = \(settings.policy.mustExpire)",
                    found: effective.wording(at: now),
                    isAsked: settings.policy.mustExpire
                )
            )
        }
        judge.holds(
            Finding(.noExpiry, .warning, "\(settings.id) never expires, and it must"),
            because: Reason(rule: "must_expire = true", found: effective.wording(at: now))
        )
    }
}

extension EffectiveExpiry {
    /// What is known of it: `it expires 2026-11-28 07:00 UTC (in 6 d 23 h)`.
    fileprivate func wording(at now: Instant) -> String {
        switch self {
        case .at(let instant, .provider): "it expires \(instant.forPeople(at: now))"
        case .at(let instant, .config):
            "it expires \(instant.forPeople(at: now)), says the configuration"
        case .never: "it never expires"
        case .notTold: "the provider does not tell its expiry"
        case .notSeen: "there was no good answer yet"
        }
    }
}

extension [ReachedStage] {
    /// How the time left compares with the stages.
    fileprivate func wording(left: Duration) -> String {
        let text = "\(left.forPeople) left"
        if let reached = first(where: { left <= $0.before }) {
            return "\(text): at or under \(reached.text)"
        }
        guard let widest = last else {
            return "\(text); the stages are parts of a life whose beginning is not known"
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
