/// The writing of results to the store.
extension ChannelQueue {
    /// The settlements to write, oldest first.
    package func unsettled(atMost limit: Int = .max) -> [Settlement] {
        var settlements: [Settlement] = []
        for entry in entries where settlements.count < limit {
            guard let outcome = entry.unsettled else { continue }
            settlements.append(Settlement(id: entry.delivery.id, outcome: outcome))
        }
        return settlements
    }

    /// Whether anything is to be written.
    package var hasUnsettled: Bool { entries.contains { $0.unsettled != nil } }

    /// Records the written settlements; an outcome that has changed since is still to be written.
    package mutating func confirm(_ settlements: [Settlement]) {
        let written = Dictionary(
            settlements.map { ($0.id, $0.outcome) },
            uniquingKeysWith: { $1 }
        )
        for index in entries.indices {
            guard let outcome = written[entries[index].delivery.id],
                entries[index].unsettled == outcome
            else { continue }
            entries[index].unsettled = nil
        }
        entries.removeAll { $0.state == .decided && $0.unsettled == nil }
    }
}
