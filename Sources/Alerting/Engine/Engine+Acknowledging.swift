/// The acknowledgements of alerts.
extension Engine {
    /// Acknowledges a condition of a token, or all of them.
    ///
    /// - Returns: whether there was anything to acknowledge.
    package mutating func acknowledge(
        _ id: TokenID,
        _ condition: Condition?,
        _ acknowledgement: Acknowledgement,
        at now: Now
    ) -> Bool {
        change(id, at: now) { alerts, source, ids in
            alerts.acknowledged(condition, acknowledgement, source, ids: &ids)
        }
    }

    /// Removes acknowledgements of a token.
    ///
    /// - Returns: whether there were any.
    package mutating func unacknowledge(
        _ id: TokenID,
        _ condition: Condition?,
        by name: String,
        at now: Now
    ) -> Bool {
        change(id, at: now) { alerts, source, ids in
            alerts.unacknowledged(condition, by: name, source, ids: &ids)
        }
    }

    private mutating func change(
        _ id: TokenID,
        at now: Now,
        _ make: ([Alert], EventSource, inout EventIDs) -> AlertChange?
    ) -> Bool {
        guard let slot = roster.slot(of: id) else { return false }
        learn(slot, at: now)
        var state = states[slot]
        let source = EventSource(roster.settings[slot], known: state.known, now: now.instant)
        guard let change = make(state.shownAlerts, source, &ids) else { return false }
        let shown = Set(change.alerts.map(\.condition))
        state.alerts = state.alerts.filter { !shown.contains($0.condition) } + change.alerts
        set(state, of: slot)
        record(change.events)
        planWake(slot, at: now)
        return true
    }
}
