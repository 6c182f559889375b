extension TokenState {
    /// The state of a listed token, for showing, with how its inventory was read last.
    func read(with inventory: TokenState) -> TokenState {
        var state = self
        state.lastPollAt = inventory.lastPollAt ?? lastPollAt
        state.lastOkAt = inventory.lastOkAt ?? lastOkAt
        state.lastOutcome = inventory.lastOutcome ?? lastOutcome
        state.lastError = inventory.lastError
        state.failures = inventory.failures
        // No poll of this daemon uses it: whoever did was someone else.
        if state.use.by == .unknown { state.use.by = .elsewhere }
        return state
    }
}
