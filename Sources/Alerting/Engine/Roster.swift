/// The tokens that are watched, each in its slot, and their hosts.
package struct Roster: Sendable {
    /// In the order of their ids; the index is the slot.
    package let settings: [TokenSettings]
    /// The number of each slot's host, from 0 without gaps.
    package let hostOfSlot: [Int]
    package let hosts: [String]

    /// - Parameters:
    ///   - settings: in the order of their ids, each once.
    ///   - isApart: whether each token is taken for the only one of its host.
    package init(_ settings: [TokenSettings], isApart: Bool = false) {
        self.settings = settings
        if isApart {
            hostOfSlot = Array(settings.indices)
            hosts = settings.map(\.host)
            return
        }
        var numbers: [String: Int] = [:]
        var hosts: [String] = []
        hostOfSlot = settings.map { token in
            let host = token.host
            if let number = numbers[host] { return number }
            numbers[host] = hosts.count
            hosts.append(host)
            return hosts.count - 1
        }
        self.hosts = hosts
    }

    /// Where a token stands; halving takes no room, as a dictionary of 100,000 ids would.
    package func slot(of id: TokenID) -> Int? {
        let slot = firstSlot { $0 < id }
        return slot < settings.count && settings[slot].id == id ? slot : nil
    }

    /// The first slot behind an id, which need not be watched; the number of slots where none is.
    package func firstSlot(after id: TokenID) -> Int { firstSlot { $0 <= id } }

    private func firstSlot(behind isBefore: (TokenID) -> Bool) -> Int {
        var (low, high) = (0, settings.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(settings[middle].id) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
