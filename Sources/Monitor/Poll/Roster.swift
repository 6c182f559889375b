package import Alerting

/// The tokens that are watched, each in its slot, and their hosts.
package struct Roster: Sendable {
    /// The index is the slot.
    let tokens: [WatchedToken]
    /// The number of each slot's host, from 0 without gaps.
    let hostOfSlot: [Int]
    let hosts: [String]

    /// - Parameter tokens: in the order of their ids, each once.
    package init(_ tokens: [WatchedToken]) {
        self.tokens = tokens
        var numbers: [String: Int] = [:]
        var hosts: [String] = []
        hostOfSlot = tokens.map { token in
            let host = token.settings.host
            if let number = numbers[host] { return number }
            numbers[host] = hosts.count
            hosts.append(host)
            return hosts.count - 1
        }
        self.hosts = hosts
    }

    /// Where a token stands; halving takes no room, as a dictionary of 100,000 ids would.
    func slot(of id: TokenID) -> Int? {
        var (low, high) = (0, tokens.count)
        while low < high {
            let middle = (low + high) / 2
            if tokens[middle].settings.id < id { low = middle + 1 } else { high = middle }
        }
        return low < tokens.count && tokens[low].settings.id == id ? low : nil
    }

    /// The first slot behind an id, which need not be watched; the number of slots where none is.
    func firstSlot(after id: TokenID) -> Int {
        var low = 0
        var high = tokens.count
        while low < high {
            let middle = (low + high) / 2
            if tokens[middle].settings.id <= id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A token as it is now, for showing.
package struct TokenSnapshot: Hashable, Sendable {
    package let settings: TokenSettings
    package let state: TokenState
    package let plan: PollPlan
    /// When this was so.
    package let at: Instant
    /// How far clocks lie apart that may be right.
    package var spread = ClockSpread.none
    /// What leaves it out of notifications; nil while nothing does.
    package var mute: Mute?

    package var nextPollAt: Instant { plan.next(at: at) }
}
