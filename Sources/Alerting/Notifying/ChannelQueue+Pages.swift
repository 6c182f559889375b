/// The reading of deliveries from the store.
extension ChannelQueue {
    /// The place of a pending delivery in the store's order: urgent ones first, then by id.
    package struct Place: Hashable, Comparable, Sendable {
        package let isUrgent: Bool
        package let id: Int64

        package init(isUrgent: Bool, id: Int64) {
            self.isUrgent = isUrgent
            self.id = id
        }

        package static func < (left: Place, right: Place) -> Bool {
            left.isUrgent == right.isUrgent ? left.id < right.id : left.isUrgent
        }
    }

    /// Pending deliveries to read from the store, in its order.
    package struct Page: Hashable, Sendable {
        /// The place that the page follows; nil for the first deliveries.
        package let after: Place?
        package let limit: Int
        /// Whether it replaces the pending deliveries in memory.
        let isRefresh: Bool
    }

    /// Records that the store may hold new deliveries.
    ///
    /// - Parameter reorders: whether some of them go before others, or replace others.
    package mutating func noteMore(reorders: Bool = false) {
        mayHaveMore = true
        if reorders { wantsRefresh = true }
    }

    /// The page to read now, or nil.
    ///
    /// The owner passes the page to `take`, and calls `pageFailed` if it could not read it.
    package mutating func requestPage(at now: Now) -> Page? {
        follow(now)
        guard !hold.isHeld(at: now.moment), wantsPage(at: now.moment) else { return nil }
        mayHaveMore = false
        if wantsRefresh {
            wantsRefresh = false
            return Page(after: nil, limit: limits.lookAhead, isRefresh: true)
        }
        return Page(after: lastRead, limit: limits.lookAhead - entries.count, isRefresh: false)
    }

    /// The time at which a page will be wanted; nil if none is.
    package func nextPage(at now: Moment) -> Moment? {
        wantsPage(at: now) ? max(hold.until ?? now, now) : nil
    }

    package mutating func pageFailed() {
        mayHaveMore = true
        wantsRefresh = true
    }

    /// Adds the deliveries of a page; deliveries that are in memory already stay unchanged.
    ///
    /// - Parameters:
    ///   - deliveries: the deliveries that were read.
    ///   - page: the page that `requestPage` returned.
    ///   - isFull: whether there may be more after it.
    ///   - now: both clocks.
    package mutating func take(
        _ deliveries: [Delivery],
        of page: Page,
        isFull: Bool,
        at now: Now
    ) {
        follow(now)
        if isFull { mayHaveMore = true }
        if page.isRefresh { keep(only: deliveries, isFull: isFull) }
        var known: [Int64: Int] = [:]
        for (index, entry) in entries.enumerated() { known[entry.delivery.id] = index }
        for delivery in deliveries {
            if let index = known[delivery.id] {
                entries[index].delivery.isUrgent = delivery.isUrgent
            } else if entries.count < limits.lookAhead {
                entries.append(entry(delivery, at: now))
            } else {
                mayHaveMore = true
                break
            }
            let place = Place(isUrgent: delivery.isUrgent, id: delivery.id)
            lastRead = max(lastRead ?? place, place)
        }
        entries.sort { $0.delivery.id < $1.delivery.id }
    }

    private func entry(_ delivery: Delivery, at now: Now) -> Entry {
        Entry(
            delivery: delivery,
            attempts: delivery.attempts,
            dueAt: now.moment + max(wait(of: delivery, at: now), groupWait(of: delivery, at: now)),
            since: now.moment - age(of: delivery, at: now),
            state: .waiting
        )
    }

    private func wantsPage(at now: Moment) -> Bool {
        if wantsRefresh { return true }
        guard mayHaveMore, entries.count < limits.lookAhead else { return false }
        // Half empty, so that not every finished delivery causes a query for one row.
        return entries.count <= limits.lookAhead / 2 || !heads.contains { entries[$0].dueAt <= now }
    }

    /// Makes memory match a refresh: removes replaced and deleted deliveries, and those that must
    /// make room for more urgent ones.
    private mutating func keep(only deliveries: [Delivery], isFull: Bool) {
        let stored = Set(deliveries.map(\.id))
        let end = deliveries.last.map { Place(isUrgent: $0.isUrgent, id: $0.id) }
        lastRead = nil
        entries.removeAll { entry in
            guard entry.state == .waiting, !stored.contains(entry.delivery.id) else { return false }
            return entry.unsettled == nil || !Self.isBehind(end, entry, isFull: isFull)
        }
        for index in entries.indices
        where !stored.contains(entries[index].delivery.id)
            && !Self.isBehind(end, entries[index], isFull: isFull)
        {
            entries[index].isReplaced = true
        }
    }

    /// Whether the store may hold a delivery although a refresh did not bring it.
    private static func isBehind(_ end: Place?, _ entry: Entry, isFull: Bool) -> Bool {
        guard isFull, let end else { return isFull }
        return end < Place(isUrgent: entry.delivery.isUrgent, id: entry.delivery.id)
    }
}
