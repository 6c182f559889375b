/// A new roster, and the parts that it takes over from the old one.
///
/// A succession is made outside the engine, because comparing 100,000 tokens takes time.
package struct Succession: Sendable {
    package let roster: Roster
    /// The slot that each token had; -1 for one that is new.
    package let previous: [Int32]
    /// The old slots of tokens that are gone.
    package let removed: [Int]
    /// The slots of tokens that are new.
    let added: [Int]
    /// The slots of tokens that stay but are now polled at another host.
    let moved: [Int]
    /// Prepared memory for the holders of secrets.
    let holders: SecretHolders

    /// - Parameters:
    ///   - roster: the new roster.
    ///   - old: the roster before.
    ///   - previous: the slot that each token had; -1 for one that is new.
    ///   - removed: the old slots of tokens that are gone.
    package init(_ roster: Roster, from old: Roster, previous: [Int32], removed: [Int]) {
        self.roster = roster
        self.previous = previous
        self.removed = removed
        // A host has another number, but usually the same tokens.
        var numbers: [String: Int] = [:]
        for (number, host) in roster.hosts.enumerated() { numbers[host] = number }
        let follows = old.hosts.map { numbers[$0] ?? -1 }
        var (added, moved): ([Int], [Int]) = ([], [])
        for (slot, before) in previous.enumerated() {
            if before < 0 {
                added.append(slot)
            } else if slot < roster.polled,
                follows[old.hostOfSlot[Int(before)]] != roster.hostOfSlot[slot]
            {
                moved.append(slot)
            }
        }
        self.added = added
        self.moved = moved
        holders = SecretHolders(count: roster.polled)
    }

    /// Whether every token has the slot that it had.
    package var keepsSlots: Bool { removed.isEmpty && added.isEmpty }
}
