extension TokenState {
    /// The next instant after `now` at which time alone changes something; nil for none.
    ///
    /// A stage begins, the expiry comes, silence becomes `unreachable`, or a reminder is due.
    package func nextWake(
        for settings: TokenSettings,
        spread: ClockSpread = .none,
        after now: Instant
    ) -> Instant? {
        var wake: Instant?
        func consider(_ instant: Instant?) {
            guard let instant, instant > now else { return }
            wake = min(wake ?? instant, instant)
        }
        if known?.saysExpired != true,
            let expiry = expiry(settings).instant,
            expiry + spread.behind > now
        {
            consider(expiry + spread.behind)
            // One clock has passed the expiry: a rejection then means that the token has expired.
            consider(expiry - spread.ahead)
            let stages =
                isSilencedByRefusal ? [] : settings.policy.stages(life: life(until: expiry))
            for stage in stages { consider(expiry - spread.ahead - stage.before) }
        }
        if let verdictAt, pollsWithoutVerdict >= pollsOfSilence {
            consider(verdictAt + settings.policy.unreachableAfter)
            consider(verdictAt + settings.policy.unreachableCriticalAfter)
        }
        if let unusedAfter = settings.unusedAfter, let unusedSince {
            consider(unusedSince + unusedAfter)
        }
        for alert in spokenAlerts {
            guard alert.clearSince == nil else {
                consider(Damping(swings, at: now).endWaitsUntil(alert.condition))
                continue
            }
            consider(alert.nextReminderAt)
            consider(alert.acknowledgement?.until)
        }
        return wake
    }

    /// The alerts to show, without those that only wait for their condition to stay clear.
    package var shownAlerts: [Alert] { spokenAlerts.filter { $0.clearSince == nil } }

    /// The alerts to notify: while a token is rejected, its coming expiry is not among them.
    package var spokenAlerts: [Alert] {
        guard isSilencedByRefusal else { return alerts }
        return alerts.filter { $0.condition != .expiring }
    }

    /// Whether a coming expiry is not notified because the token is rejected.
    ///
    /// A rejection by its host's fault silences nothing.
    private var isSilencedByRefusal: Bool {
        isKnownRejected && alert(.rejected)?.isCovered != true
    }
}
