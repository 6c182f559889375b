/// The content of one transaction.
package struct Commit: Sendable {
    package struct TokenChange: Sendable {
        package let id: TokenID
        /// The state as last committed; nil for a new token.
        package let old: TokenState?
        package let new: TokenState
        package let startsSpan: Bool
    }

    package let at: Instant
    package let states: [TokenChange]
    package let forgotten: [TokenID]
    package let subjects: [SubjectChange]
    /// The channels by name; nil for one that left the configuration.
    package let channels: [String: ChannelMark?]
    /// The mutes by scope; nil for one that has ended.
    package let mutes: [Mute.Scope: Mute?]
    package let events: [Event]
}

/// The changed alerts of a host or the daemon.
package struct SubjectChange: Sendable {
    package let subject: AlertSubject
    package let holds: [Alert]
    package let ended: [Condition]
}

/// All changes since the last commit, to be written.
package struct PendingWrites: Sendable {
    private struct Change {
        /// The stored state; nil for a token that is not in the store.
        let old: TokenState?
        var startsSpan: Bool
    }

    private var changes: [TokenID: Change] = [:]
    private var forgotten: [TokenID] = []
    private var subjects: [SubjectChange] = []
    private var channels: [String: ChannelMark?] = [:]
    private var mutes: [Mute.Scope: Mute?] = [:]
    package private(set) var events: [Event] = []

    package init() {}

    package var isEmpty: Bool {
        changes.isEmpty && forgotten.isEmpty && subjects.isEmpty && channels.isEmpty
            && mutes.isEmpty && events.isEmpty
    }

    /// Token states and events.
    package var count: Int { changes.count + events.count }

    /// Records the alerts of a host or the daemon; a later record counts.
    package mutating func note(_ change: SubjectChange) {
        subjects.append(change)
    }

    /// Records the mark of a channel; nil for one that left the configuration.
    package mutating func note(channel: String, _ mark: ChannelMark?) {
        channels.updateValue(mark, forKey: channel)
    }

    /// Records the mute of a scope; nil for one that has ended.
    package mutating func note(_ scope: Mute.Scope, _ mute: Mute?) {
        mutes.updateValue(mute, forKey: scope)
    }

    /// Records that a token's state has changed from an earlier one.
    package mutating func note(_ id: TokenID, from old: TokenState?, startsSpan: Bool) {
        if changes[id] == nil {
            changes[id] = Change(old: old, startsSpan: startsSpan)
        } else if startsSpan {
            changes[id]?.startsSpan = true
        }
    }

    package mutating func forget(_ id: TokenID) {
        changes[id] = nil
        forgotten.append(id)
    }

    package mutating func add(_ more: [Event]) {
        events += more
    }

    /// Records which channels are done with an unwritten event.
    package mutating func note(told: [EventID: Set<String>]) {
        for index in events.indices {
            guard let channels = told[events[index].id] else { continue }
            events[index].channels.removeAll { channels.contains($0) }
        }
    }

    /// Drops events if more than `limit` are pending.
    ///
    /// Drops first the events that every channel has received, then reminders, then the oldest.
    ///
    /// - Returns: the number of events that the record loses.
    package mutating func drop(beyond limit: Int) -> Int {
        let count = events.count
        guard count > limit else { return 0 }
        func drop(_ isLess: (Event) -> Bool) {
            var excess = events.count - limit
            events.removeAll { event in
                guard excess > 0, isLess(event) else { return false }
                excess -= 1
                return true
            }
        }
        drop { $0.channels.isEmpty }
        drop { $0.phase == .reminded }
        drop { _ in true }
        return count - events.count
    }

    /// Returns everything; `state` returns a token's current state.
    package mutating func take(at now: Instant, state: (TokenID) -> TokenState?) -> Commit {
        let states = changes.compactMap { id, change in
            state(id).map {
                Commit.TokenChange(
                    id: id,
                    old: change.old,
                    new: $0,
                    startsSpan: change.startsSpan
                )
            }
        }
        let commit = Commit(
            at: now,
            states: states,
            forgotten: forgotten,
            subjects: subjects,
            channels: channels,
            mutes: mutes,
            events: events
        )
        self = PendingWrites()
        return commit
    }

    /// Takes back a commit that failed: it is older than everything since.
    package mutating func restore(_ commit: Commit) {
        for state in commit.states where !forgotten.contains(state.id) {
            let startsSpan = state.startsSpan || changes[state.id]?.startsSpan == true
            changes[state.id] = Change(old: state.old, startsSpan: startsSpan)
        }
        forgotten = commit.forgotten + forgotten
        subjects = commit.subjects + subjects
        channels.merge(commit.channels) { present, _ in present }
        mutes.merge(commit.mutes) { present, _ in present }
        events = commit.events + events
    }
}
