/// The expiry and its alerts while clocks are wrong.
extension TokenState {
    /// Whether the token has expired, according to the clocks that may be right.
    ///
    /// If they differ, either all of them have passed the expiry, or one has and the provider
    /// rejects the token.
    func hasExpired(_ settings: TokenSettings, at now: Instant, spread: ClockSpread) -> Bool {
        if known?.saysExpired == true { return true }
        let effective = expiry(settings)
        guard let expiry = effective.instant else { return false }
        return expiry <= (rejection == nil ? now - spread.behind : now + spread.ahead)
    }

    /// The time by which an alert of a wrong clock may be too early and still stay active.
    static let longestEarly: Duration = .days(1)

    /// Whether an alert of the expiry that a wrong clock raised too early stays active.
    ///
    /// Its time is about to come: to resolve and raise it again would report one fact twice. An
    /// alert raised more than a day too early was false, and ends with the next answer.
    ///
    /// - Parameters:
    ///   - condition: the condition of the alert.
    ///   - old: the state that had the alert.
    ///   - settings: the settings to judge the alert by now.
    ///   - now: the time by the clock that counts.
    /// - Returns: whether it stays active.
    func isEarly(
        _ condition: Condition,
        after old: TokenState,
        _ settings: TokenSettings,
        at now: Instant
    ) -> Bool {
        guard let alert = old.alert(condition),
            let before = old.expiry(settings).instant,
            let expiry = expiry(settings).instant,
            expiry == before, old.known?.saysExpired != true
        else { return false }
        let left = expiry - now
        switch condition {
        case .expired:
            // An expiry that lay ahead even then was moved since.
            return .zero < left && left <= Self.longestEarly && expiry <= alert.since
        case .expiring:
            let stages = settings.policy.stages(life: life(until: expiry))
            guard let stage = alert.stageBefore, stages.contains(where: { $0.before == stage })
            else { return false }
            return stage < left && left - stage <= Self.longestEarly
        default: return false
        }
    }
}
