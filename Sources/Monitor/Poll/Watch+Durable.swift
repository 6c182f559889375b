package import Alerting

/// Why something that was asked for is in effect and not on the disk: a restart would lose it.
package struct NotWritten: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

/// What is asked for on the status socket, answered when a crash can no longer undo it.
extension Watch {
    /// As `acknowledge`; returns when it is on the disk.
    package func acknowledgeDurably(
        _ id: TokenID,
        _ condition: Condition?,
        _ acknowledgement: Acknowledgement
    ) async throws(NotWritten) -> Bool {
        guard acknowledge(id, condition, acknowledgement) else { return false }
        try await written()
        return true
    }

    /// As `unacknowledge`; returns when it is on the disk.
    package func unacknowledgeDurably(
        _ id: TokenID,
        _ condition: Condition?,
        by name: String
    ) async throws(NotWritten) -> Bool {
        guard unacknowledge(id, condition, by: name) else { return false }
        try await written()
        return true
    }

    /// As `mute`; returns when it is on the disk.
    package func muteDurably(
        _ scopes: [Mute.Scope],
        by name: String,
        reason: String,
        for length: Duration
    ) async throws(NotWritten) -> MuteResult {
        let result = mute(scopes, by: name, reason: reason, for: length)
        if case .done = result { try await written() }
        return result
    }

    /// As `unmute`; returns when it is on the disk.
    package func unmuteDurably(
        _ scopes: [Mute.Scope],
        by name: String
    ) async throws(NotWritten) -> MuteResult {
        let result = unmute(scopes, by: name)
        if case .done = result { try await written() }
        return result
    }

    /// As `announce`; returns when it is on the disk.
    package func announceDurably(
        _ id: TokenID,
        for length: Duration
    ) async throws(NotWritten) -> Instant? {
        guard let until = announce(id, for: length) else { return nil }
        try await written()
        return until
    }

    /// Waits for the commit of what is pending in this turn of the actor.
    ///
    /// To be called without a suspension after the change: what was taken for a commit before that is
    /// no longer pending, and would not be waited for. It ends with the commit, whether that succeeds
    /// or not, and at once while the store fails.
    private func written() async throws(NotWritten) {
        guard !engine.pending.isEmpty else { return }
        if commits.hasEnded { throw NotWritten(description: "the daemon stops") }
        if let problem = problemOfStore { throw NotWritten(description: problem) }
        let problem = await withCheckedContinuation { commits.waiters.append($0) }
        if let problem { throw NotWritten(description: problem) }
    }
}
