/// A new roster, and what it takes over of the one before it.
package struct Succession: Sendable {
    package let roster: Roster
    /// The slot that each token had; -1 for one that is new.
    package let previous: [Int32]
    /// The old slots of tokens that are gone.
    package let removed: [Int]

    package init(_ roster: Roster, previous: [Int32], removed: [Int]) {
        self.roster = roster
        self.previous = previous
        self.removed = removed
    }

    /// Whether every token has the slot that it had.
    package var keepsSlots: Bool { removed.isEmpty && !previous.contains(-1) }
}
