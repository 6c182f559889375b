extension TokenState {
    /// The state of a listed token to show, with the last poll of its inventory.
    func read(with inventory: TokenState) -> TokenState {
        var state = self
        state.lastPollAt = inventory.lastPollAt ?? lastPollAt
        state.lastOkAt = inventory.lastOkAt ?? lastOkAt
        state.lastOutcome = inventory.lastOutcome ?? lastOutcome
        state.lastError = inventory.lastError
        state.failures = inventory.failures
        // No poll of this daemon uses the token, so any use is someone else's.
        if state.use.by == .unknown { state.use.by = .elsewhere }
        return state
    }
}
