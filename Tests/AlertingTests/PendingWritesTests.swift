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

    private func event(_ phase: Event.Phase, _ channels: [String]) -> Event {
        Event(
            id: EventID(high: 0, low: 1),
            at: start,
            subject: .daemon,
            kind: .condition(.configRejected),
            phase: phase,
            severity: .warning,
            summary: "it is so",
            channels: channels
        )
    }

    @Test func `only as many events are dropped as are in excess, delivered ones first`() {
        var pending = PendingWrites()
        for _ in 1...2 {
            pending.add([event(.raised, ["log"]), event(.reminded, ["log"]), event(.raised, [])])
        }
        #expect(pending.drop(beyond: 6) == 0)
        #expect(pending.drop(beyond: 5) == 1)
        #expect(pending.events.count { $0.channels.isEmpty } == 1)
        #expect(pending.drop(beyond: 3) == 2)
        #expect(pending.events.map(\.phase) == [.raised, .raised, .reminded])
        #expect(pending.drop(beyond: 1) == 2)
        #expect(pending.events.map(\.phase) == [.raised])
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
