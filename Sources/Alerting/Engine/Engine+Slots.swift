/// The slots of listed tokens.
extension Engine {
    /// Assigns slots to new listed tokens, and frees those of others.
    ///
    /// - Parameters:
    ///   - new: the new tokens, in the order of their ids and without any data yet.
    ///   - gone: slots of listed tokens, ascending.
    mutating func reseat(adding new: [TokenSettings], removing gone: [Int]) {
        guard !new.isEmpty || !gone.isEmpty else { return }
        let first = roster.polled
        var settings: [TokenSettings] = []
        var present = Array(states[..<first])
        var wakes: [Moment] = []
        settings.reserveCapacity(roster.settings.count - first + new.count)
        present.reserveCapacity(roster.settings.count + new.count)
        wakes.reserveCapacity(settings.capacity)
        var (arrivals, leavers) = (new[...], gone[...])
        func arrive() {
            guard let token = arrivals.popFirst() else { return }
            settings.append(token)
            present.append(TokenState())
            wakes.append(.never)
            census.add(TokenState())
        }
        for slot in first..<roster.settings.count {
            let token = roster.settings[slot]
            if leavers.first == slot {
                leavers.removeFirst()
                census.remove(states[slot])
                continue
            }
            while let next = arrivals.first, next.id < token.id { arrive() }
            settings.append(token)
            present.append(states[slot])
            wakes.append(schedule.wake(of: slot))
        }
        while !arrivals.isEmpty { arrive() }
        states = present
        roster = roster.with(listed: settings[...])
        schedule.replaceUnpolled(wakes: wakes)
        layout &+= 1
    }
}
