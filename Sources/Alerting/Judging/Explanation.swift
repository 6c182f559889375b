/// One condition of a token, whether it is true, and why.
package struct Judgement: Hashable, Sendable {
    package let condition: Condition
    /// The current finding; nil if there is none.
    package let finding: Finding?
    package let reason: Reason
    /// The alert that was raised for it; one may outlast its finding until an answer ends it.
    package let alert: Alert?

    /// Whether the condition is true, or its alert has not ended.
    package var isOpen: Bool { finding != nil || alert != nil }
}

/// A stage of the countdown to an expiry, and when it begins.
package struct StageStep: Hashable, Sendable {
    package let stage: ReachedStage
    package let beginsAt: Instant
    package let isReached: Bool
}

/// The explanation why a token does or does not alert, and what comes next.
package struct Explanation: Hashable, Sendable {
    /// All conditions that a token can have, the open ones first.
    package let judgements: [Judgement]
    /// The stages, the widest first; empty if no expiry lies ahead.
    package let stages: [StageStep]
    /// The next events if no poll changes anything, in order.
    package let coming: [Event]
    package let poll: PollExplanation

    /// The bound of coming events: reminders have no end.
    package static let maximumComing = 12
}

/// Explains a token: a pure function of its state and settings.
package func explain(
    _ state: TokenState,
    _ settings: TokenSettings,
    plan: PollPlan,
    spread: ClockSpread = .none,
    mute: Mute? = nil,
    keepExpired: Duration? = nil,
    at now: Instant
) -> Explanation {
    var list = JudgementList(state: state)
    state.judge(
        settings,
        at: now,
        spread: spread,
        isRefusalTheHosts: state.alert(.rejected)?.isCovered == true,
        by: &list
    )
    // In the order of the conditions, with the most relevant first.
    let ordered = Condition.allCases.compactMap { condition in
        list.judgements.first { $0.condition == condition }
    }
    return Explanation(
        judgements: ordered.filter(\.isOpen) + ordered.filter { !$0.isOpen },
        stages: state.stageSteps(settings, at: now),
        coming: plan.doubtedUntil != nil
            ? []
            : state.coming(
                for: settings,
                spread: spread,
                mute: mute,
                keepExpired: keepExpired,
                after: now,
                limit: Explanation.maximumComing
            ),
        poll: PollExplanation(state, settings, plan, at: now)
    )
}

extension Reason {
    fileprivate func adding(_ remark: String) -> Reason {
        var reason = self
        reason.found += "; \(remark)"
        return reason
    }
}

/// Collects every judgement.
private struct JudgementList: Judge {
    let state: TokenState
    var judgements: [Judgement] = []

    mutating func holds(_ finding: Finding, because reason: @autoclosure () -> Reason) {
        let alert = state.alert(finding.condition)
        judgements.append(
            Judgement(
                condition: finding.condition,
                finding: finding,
                reason: alert?.isCovered == true
                    ? reason().adding("the alert of its host stands for it, and is what is sent")
                    : reason(),
                alert: alert
            )
        )
    }

    mutating func holdsNot(_ condition: Condition, because reason: @autoclosure () -> Reason) {
        let alert = state.alert(condition)
        let isSettling = alert?.clearSince != nil
        judgements.append(
            Judgement(
                condition: condition,
                finding: nil,
                reason: isSettling
                    ? reason().adding(
                        "it alternates: its end is sent once it stays clear"
                    )
                    : reason(),
                alert: isSettling ? nil : alert
            )
        )
    }
}

extension TokenState {
    fileprivate func stageSteps(_ settings: TokenSettings, at now: Instant) -> [StageStep] {
        let expiry = expiry(settings).instant
        guard let expiry, expiry > now, known?.saysExpired != true else { return [] }
        return settings.policy.stages(life: life(until: expiry)).reversed().map { stage in
            let beginsAt = expiry - stage.before
            return StageStep(stage: stage, beginsAt: beginsAt, isReached: beginsAt <= now)
        }
    }

    /// The events that time alone will bring: stages, reminders, ends of acknowledgements.
    ///
    /// A listed token is forgotten `keepExpired` after its alert.
    func coming(
        for settings: TokenSettings,
        spread: ClockSpread = .none,
        mute: Mute? = nil,
        keepExpired: Duration? = nil,
        after now: Instant,
        limit: Int
    ) -> [Event] {
        var state = self
        // If nothing changes, the next poll gets no verdict either.
        if state.pollsWithoutVerdict > 0 {
            state.pollsWithoutVerdict = max(state.pollsWithoutVerdict, pollsOfSilence)
        }
        var covered: HostStanding.Troubles = []
        for alert in alerts where alert.isCovered {
            if let trouble = HostTrouble(ofToken: alert.condition) { covered.insert(trouble) }
        }
        var events: [Event] = []
        var ids = EventIDs(seed: 0)
        var now = now
        var mute = mute
        let end = keepExpired.flatMap { kept in
            endOfShowing(statedExpiry: settings.statedExpiry, for: kept, at: now)
                .map { max($0, now) }
        }
        // Not every wake brings an event; after this many without one, the search ends.
        var silent = 0
        while events.count < limit, silent < 64 {
            let next = state.nextWake(for: settings, spread: spread, after: now)
            let wake = [next, mute?.until].compactMap(\.self).min()
            if let end, wake.map({ end <= $0 }) ?? true {
                // Forgetting the token is only recorded; the ends of its alerts are notified.
                events += forgotten(state, settings, at: end, ids: &ids).filter {
                    $0.phase == .resolved
                }
                break
            }
            guard let wake else { break }
            let ended = mute.flatMap { $0.until <= wake ? $0 : nil }
            let standing = ended.map(MuteStanding.ended) ?? (mute == nil ? .none : .muted)
            if ended != nil { mute = nil }
            let evaluation = evaluate(
                state,
                .timePassed,
                settings,
                host: HostStanding(covered: covered),
                spread: spread,
                mute: standing,
                at: wake,
                ids: &ids
            )
            silent = evaluation.events.isEmpty ? silent + 1 : 0
            events += evaluation.events
            state = evaluation.state
            now = wake
        }
        return Array(events.prefix(limit))
    }
}
