/// A condition that is true now, with its severity, text and details.
package struct Finding: Hashable, Sendable {
    package let condition: Condition
    package let severity: Severity
    package let summary: String
    package let details: [Detail]
    package let stage: ReachedStage?
    /// Whether only one answer shows it, contrary to the last good one, and a second must confirm.
    package let awaitsConfirmation: Bool

    package init(
        _ condition: Condition,
        _ severity: Severity,
        _ summary: String,
        details: [Detail] = [],
        stage: ReachedStage? = nil,
        awaitsConfirmation: Bool = false
    ) {
        self.condition = condition
        self.severity = severity
        self.summary = summary + (awaitsConfirmation ? "; not yet confirmed by a second poll" : "")
        self.awaitsConfirmation = awaitsConfirmation
        self.details = details
        self.stage = stage
    }
}

/// The reason why a condition is true or not: the rule, and the evidence.
package struct Reason: Hashable, Sendable {
    /// The rule with its figures: `unreachable_after = 2 h`.
    package let rule: String
    /// The evidence, compared with the rule.
    package var found: String
    /// Whether the condition is configured; false for keys that are not set.
    package var isAsked = true
    /// The time at which time alone makes it begin or get worse; nil if that takes an answer.
    package var changesAt: Instant?
}

/// Receives the verdict on each condition of a token, in the order of judging.
///
/// This way, judging and explaining are the same lines of code. Only a judge that wants reasons
/// builds them: tokens are judged far more often than explained.
protocol Judge {
    mutating func holds(_ finding: Finding, because reason: @autoclosure () -> Reason)
    mutating func holdsNot(_ condition: Condition, because reason: @autoclosure () -> Reason)
}

extension Judge {
    /// Judges a condition that has the same reason whether it is true or not.
    mutating func judge(
        _ condition: Condition,
        _ finding: Finding?,
        because reason: @autoclosure () -> Reason
    ) {
        if let finding {
            holds(finding, because: reason())
        } else {
            holdsNot(condition, because: reason())
        }
    }
}

extension TokenState {
    /// Every condition of this token that is true at an instant.
    ///
    /// A rejection silences the warnings of the expiry but not the expiry itself, and it silences
    /// nothing where the host may be at fault.
    package func findings(
        for settings: TokenSettings,
        at now: Instant,
        spread: ClockSpread = .none,
        isRefusalTheHosts: Bool = false
    ) -> [Finding] {
        var list = FindingList()
        judge(
            settings,
            at: now,
            spread: spread,
            isRefusalTheHosts: isRefusalTheHosts,
            by: &list
        )
        return list.findings
    }

    /// Judges every condition that a token can have.
    func judge(
        _ settings: TokenSettings,
        at now: Instant,
        spread: ClockSpread = .none,
        isRefusalTheHosts: Bool = false,
        by judge: inout some Judge
    ) {
        if settings.id.isListed {
            return judgeListed(settings, at: now, spread: spread, by: &judge)
        }
        judgeSecret(settings, &judge)
        judgeRejection(settings, now, spread, &judge)
        judgeExpiry(
            settings,
            now,
            spread,
            isSilenced: isKnownRejected && !isRefusalTheHosts,
            &judge
        )
        judgeSilence(settings, now, &judge)
        judgeAnswer(settings, &judge)
        judgeRequired(settings, &judge)
        judgeAllowed(settings, &judge)
        judgeMustExpire(settings, now, &judge)
        judgeAccount(settings, &judge)
        judgeCanary(settings, now, &judge)
        judgeObservability(settings, &judge)
        judgeDisuse(settings, now, &judge)
        judgeDuplicate(settings, &judge)
    }

    /// Judges the facts of a list about a token: reading the list is up to its inventory.
    private func judgeListed(
        _ settings: TokenSettings,
        at now: Instant,
        spread: ClockSpread,
        by judge: inout some Judge
    ) {
        judgeExpiry(settings, now, spread, isSilenced: false, &judge)
        judgeRequired(settings, &judge)
        judgeAllowed(settings, &judge)
        judgeMustExpire(settings, now, &judge)
        judgeAccount(settings, &judge)
        judgeCanary(settings, now, &judge)
        judgeDisuse(settings, now, &judge)
    }
}

/// Collects the findings.
private struct FindingList: Judge {
    var findings: [Finding] = []

    mutating func holds(_ finding: Finding, because reason: @autoclosure () -> Reason) {
        findings.append(finding)
    }

    mutating func holdsNot(_ condition: Condition, because reason: @autoclosure () -> Reason) {}
}
