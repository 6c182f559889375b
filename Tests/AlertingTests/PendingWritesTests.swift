import Alerting
import Testing

/// What waits for a commit, when one has failed.
struct PendingWritesTests {
    private let id = TokenSettings.sample().id

    /// Whether a line of the history begins with what is written, after a commit failed.
    private func startsSpan(_ failed: Bool, later: Bool?) throws -> Bool {
        var pending = PendingWrites()
        pending.note(id, from: nil, startsSpan: failed)
        let commit = pending.take(at: start) { _ in TokenState() }
        #expect(pending.isEmpty)
        if let later { pending.note(id, from: TokenState(), startsSpan: later) }
        pending.restore(commit)
        let again = pending.take(at: start) { _ in TokenState() }
        #expect(again.states.map(\.id) == [id])
        let change = try #require(again.states.first)
        #expect(change.old == nil, "the store has not seen it")
        return change.startsSpan
    }

    @Test func `a failed commit and what changed since begin one line of the history together`()
        throws
    {
        #expect(try startsSpan(true, later: nil))
        #expect(try !startsSpan(false, later: nil))
        #expect(try startsSpan(false, later: true))
        #expect(try startsSpan(true, later: false))
        #expect(try !startsSpan(false, later: false))
    }
}
