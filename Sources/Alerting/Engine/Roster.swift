/// The configured tokens, each in its slot, and their hosts.
package struct Roster: Sendable {
    /// The settings in the order of their ids; the index is the slot.
    package let settings: [TokenSettings]
    /// The number of each polled token's host, from 0 without gaps.
    package let hostOfSlot: [Int]
    package let hosts: [String]
    /// The inventories by id, which is the id of the token that reads them.
    package let inventories: [TokenID: Inventory]
    /// The slots of each host, ascending.
    let slotsOfHost: [[Int32]]

    /// The number of polled tokens, in the first slots; inventories list those behind them.
    package var polled: Int { hostOfSlot.count }

    /// - Parameters:
    ///   - settings: the settings in the order of their ids, each once.
    ///   - inventories: the inventories that list tokens.
    ///   - isApart: whether each token is taken for the only one of its host.
    package init(
        _ settings: [TokenSettings],
        inventories: [Inventory] = [],
        isApart: Bool = false
    ) {
        self.settings = settings
        self.inventories = Dictionary(
            inventories.map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let polled = settings.firstIndex { $0.id.isListed } ?? settings.count
        if isApart {
            hostOfSlot = Array(0..<polled)
            hosts = settings[..<polled].map(\.host)
            slotsOfHost = (0..<polled).map { [Int32($0)] }
            return
        }
        var numbers: [String: Int] = [:]
        var hosts: [String] = []
        var slots: [[Int32]] = []
        hostOfSlot = settings[..<polled].enumerated().map { slot, token in
            let host = token.host
            if let number = numbers[host] {
                slots[number].append(Int32(slot))
                return number
            }
            numbers[host] = hosts.count
            hosts.append(host)
            slots.append([Int32(slot)])
            return hosts.count - 1
        }
        self.hosts = hosts
        slotsOfHost = slots
    }

    private init(_ settings: [TokenSettings], like other: Roster) {
        self.settings = settings
        hostOfSlot = other.hostOfSlot
        hosts = other.hosts
        slotsOfHost = other.slotsOfHost
        inventories = other.inventories
    }

    /// Returns the same polled tokens, with other listed ones behind them.
    func with(listed: ArraySlice<TokenSettings>) -> Roster {
        Roster(Array(settings[..<polled] + listed), like: self)
    }

    /// The slot of a token, by binary search: a dictionary of 100,000 ids would take memory.
    package func slot(of id: TokenID) -> Int? {
        let slot = firstSlot { $0 < id }
        return slot < settings.count && settings[slot].id == id ? slot : nil
    }

    /// The first slot after an id, which need not be watched; the number of slots if there is none.
    package func firstSlot(after id: TokenID) -> Int { firstSlot { $0 <= id } }

    /// The slots of the tokens that an inventory lists.
    package func slots(listedBy inventory: TokenID) -> Range<Int> {
        // In ASCII, the character after the slash ends them.
        let (first, end) = ("\(inventory)/", "\(inventory)0")
        let low = firstSlot { !$0.isListed || $0.text < first }
        return low..<firstSlot { !$0.isListed || $0.text < end }
    }

    /// The number of watched tokens of an inventory's list; nil for a token that is no inventory.
    func lists(_ id: TokenID) -> Int? {
        guard !inventories.isEmpty, inventories[id] != nil else { return nil }
        return slots(listedBy: id).count
    }

    /// The slot that is polled for a token: its own, or its inventory's.
    package func polledSlot(for slot: Int) -> Int {
        guard slot >= polled, let inventory = settings[slot].id.inventory else { return slot }
        // A listed token is watched only while its inventory is.
        return self.slot(of: inventory) ?? slot
    }

    private func firstSlot(behind isBefore: (TokenID) -> Bool) -> Int {
        var (low, high) = (0, settings.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(settings[middle].id) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
