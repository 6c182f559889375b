/// The result of evaluating a token.
package struct Evaluation: Hashable, Sendable {
    package var state: TokenState
    /// The events in recording order: changes, then resolved, then raised.
    package var events: [Event]
    /// Whether the observation differs from the last one, so that the history gets a new line.
    package var startsSpan: Bool
    /// Alerts that wait for the decision whether they are the host's.
    package var withheld: HostStanding.Troubles = []
}

/// Decides what an occasion means for a token: a pure function of its arguments.
///
/// Evaluating the returned state again at the same instant raises nothing new.
package func evaluate(
    _ state: TokenState,
    _ occasion: Occasion,
    _ settings: TokenSettings,
    host: HostStanding = .alone,
    spread: ClockSpread = .none,
    mute: MuteStanding = .none,
    at now: Instant,
    ids: inout EventIDs
) -> Evaluation {
    var new = state
    new.record(occasion, settings: settings, spread: spread, at: now)
    // The alert of the host is evidence enough.
    if host.covered.contains(.rejected) { new.unconfirmed.remove(.rejected) }
    let saysTheSame = occasion.isGoodAnswer && new.saysTheSame(as: state)
    let drafts =
        occasion.isGoodAnswer && !saysTheSame
        ? changes(from: state, to: new, settings, at: now) : []
    var findings = new.findings(
        for: settings,
        at: now,
        spread: spread,
        isRefusalTheHosts: host.covered.contains(.rejected)
    )
    // Nearly every poll ends here: nothing to write, to raise or to end.
    if drafts.isEmpty, findings.isEmpty, state.alerts.isEmpty {
        new.swings = Damping(state.swings, at: now).swings
        new.restingAcknowledgements = state.restingAcknowledgements.resting(
            ended: [],
            without: [],
            at: now
        )
        return Evaluation(
            state: new,
            events: [],
            startsSpan: new.differsInHistory(from: state, saysTheSame: saysTheSame)
        )
    }
    var author = EventAuthor(
        EventSource(settings, known: new.known ?? state.known, now: now),
        swings: state.swings,
        isMuted: mute == .muted
    )
    for draft in drafts { author.write(draft, &ids) }
    // After the clock is set back, an expiry can lie ahead again: it still counts as passed.
    let isExpiredHeld =
        state.alert(.expired) != nil
        && (!occasion.canEnd(.expired) || new.isEarly(.expired, after: state, settings, at: now))
    if isExpiredHeld { findings.removeAll { $0.condition == .expiring } }
    let ending = TokenEnding(
        old: state,
        new: new,
        findings: findings,
        occasion: occasion,
        settings: settings,
        damping: author.damping,
        now: now
    )
    // While an alternating `expired` waits for its end, that alert stands for the milder one;
    // not if it ends now, for example by a new secret.
    let isExpiredUnstable =
        author.damping.endWaitsUntil(.expired) != nil
        && state.alert(.expired).map { !$0.told.isEmpty && !ending.ends($0) } ?? false
    // Until the owner of the trouble is known, the daemon sends neither new alerts nor alerts
    // that an alert of the host stood for.
    let unsent = findings.filter { finding in
        host.withheld.contains(finding.condition)
            && state.alert(finding.condition)?.isCovered ?? true
    }
    var withheld: HostStanding.Troubles = []
    for finding in unsent {
        let isNew = state.alert(finding.condition) == nil
        // Nothing is sent yet of an alert that awaits confirmation: it can be shown at once.
        if isNew, !finding.awaitsConfirmation {
            findings.removeAll { $0.condition == finding.condition }
        }
        guard isNew || occasion.isPoll, let trouble = HostTrouble(ofToken: finding.condition)
        else { continue }
        withheld.insert(trouble)
    }
    let transitions = AlertTransitions(
        policy: settings.policy,
        now: now,
        isConfigured: occasion == .configured,
        canEnd: { condition in
            occasion.canEnd(condition)
                && !new.isEarly(condition, after: state, settings, at: now)
        },
        ending: { ending.ending(of: $0) },
        isSent: { condition in
            !host.covered.contains(condition)
                && !unsent.contains { $0.condition == condition }
                && !(isExpiredUnstable && condition == .expiring)
        },
        tellsCovered: { occasion.isPoll || host.own.contains($0) },
        standing: { condition, severity in
            state.restingAcknowledgements.standing(for: condition, severity, at: now)
        },
        mute: mute
    )
    new.alerts = transitions.apply(findings, to: state.alerts, author: &author, ids: &ids)
    new.swings = author.damping.swings
    new.restingAcknowledgements = state.restingAcknowledgements.resting(
        ended: state.alerts,
        without: new.alerts,
        at: now
    )
    return Evaluation(
        state: new,
        events: author.events,
        startsSpan: new.differsInHistory(from: state, saysTheSame: saysTheSame),
        withheld: withheld
    )
}

/// The event of a token that entered the configuration.
package func firstSeen(
    _ settings: TokenSettings,
    at now: Instant,
    ids: inout EventIDs
) -> Event {
    var author = EventAuthor(EventSource(settings, known: nil, now: now))
    author.write(
        ChangeDraft(
            change: .firstSeen,
            severity: .info,
            summary: "\(settings.id) is now watched",
            details: []
        ),
        &ids
    )
    return author.events[0]
}

/// The events of a token that left the configuration: its active alerts resolve.
package func forgotten(
    _ state: TokenState,
    _ settings: TokenSettings,
    at now: Instant,
    ids: inout EventIDs
) -> [Event] {
    var author = EventAuthor(EventSource(settings, known: state.known, now: now))
    author.write(
        ChangeDraft(
            change: .forgotten,
            severity: .info,
            summary: "\(settings.id) is no longer watched",
            details: []
        ),
        &ids
    )
    for alert in state.alerts where !alert.isUnconfirmed {
        author.writeResolved(alert, mended: "no longer watched", &ids)
    }
    return author.events
}

extension TokenState {
    /// Whether the history needs a new entry.
    ///
    /// - Parameters:
    ///   - old: the state before.
    ///   - saysTheSame: whether a good answer reports the same as the one before.
    /// - Returns: whether it gets a new line.
    fileprivate func differsInHistory(from old: TokenState, saysTheSame: Bool) -> Bool {
        if lastPollAt == old.lastPollAt { return false }
        if lastOutcome != old.lastOutcome || lastError != old.lastError { return true }
        return lastOutcome == .ok && !saysTheSame
    }

    /// Whether the last good answer reports the same as the one before, for the same secret.
    ///
    /// The last use moves with every own poll and does not count.
    fileprivate func saysTheSame(as old: TokenState) -> Bool {
        guard var before = old.known, let after = known else { return false }
        before.lastUsedAt = after.lastUsedAt
        // The names of the account's holder are kept in their current form, without a history.
        before.holder = after.holder
        return before == after && old.secret == secret
    }
}
