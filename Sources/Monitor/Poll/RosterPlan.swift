package import Alerting

/// What a reload changed, for the person who asked for it.
package struct RosterChange: Hashable, Sendable {
    package var added: [TokenID] = []
    package var removed: [TokenID] = []
    package var changed: [TokenID] = []

    package init() {}
}

/// The roster of a new configuration, and what it takes over of the one before it.
///
/// It is made apart from the watch: to compare 100,000 tokens takes longer than a poll may wait.
package struct RosterPlan: Sendable {
    let roster: Roster
    /// The slot that each token had; -1 for one that is new.
    let previous: [Int32]
    /// The old slots of tokens that are gone.
    let removed: [Int]
    package let change: RosterChange
    /// Whether every token has the slot that it had.
    let keepsSlots: Bool
    /// Held, so that it is given back by whoever made the plan.
    private let old: Roster

    /// - Parameters:
    ///   - old: the roster in use.
    ///   - tokens: the new ones, in the order of their ids.
    package init(from old: Roster, to tokens: [WatchedToken]) {
        var tokens = tokens
        var previous: [Int32] = []
        previous.reserveCapacity(tokens.count)
        var removed: [Int] = []
        var change = RosterChange()
        var before = 0
        for slot in tokens.indices {
            let id = tokens[slot].settings.id
            while before < old.tokens.count, old.tokens[before].settings.id < id {
                removed.append(before)
                before += 1
            }
            guard before < old.tokens.count, old.tokens[before].settings.id == id else {
                previous.append(-1)
                change.added.append(id)
                continue
            }
            previous.append(Int32(before))
            if tokens[slot].isSame(as: old.tokens[before]) {
                tokens[slot].share(old.tokens[before])
            } else {
                change.changed.append(id)
            }
            before += 1
        }
        removed += before..<old.tokens.count
        change.removed = removed.map { old.tokens[$0].settings.id }
        keepsSlots = change.added.isEmpty && removed.isEmpty
        roster = Roster(tokens)
        self.previous = previous
        self.removed = removed
        self.change = change
        self.old = old
    }
}

extension WatchedToken {
    /// Whether a reload has left everything about it as it was.
    fileprivate func isSame(as other: WatchedToken) -> Bool {
        settings == other.settings && secret == other.secret
            && access.askedWith == other.access.askedWith
            && access.secrets == other.access.secrets
    }

    /// Takes the storage of an equal one, so that there is no second copy of it.
    fileprivate mutating func share(_ other: WatchedToken) {
        settings = other.settings
        secret = other.secret
    }
}
