/// The pending listings: the current one, and at most one more per inventory.
struct ListingQueue: Sendable {
    /// The listing that is being compared.
    var present: ListingProgress?
    private var waiting: [ListingProgress] = []
    /// Tokens that were missing in the last list of their inventory; the next list decides.
    var missing: [TokenID: Set<TokenID>] = [:]
    /// Expired listed tokens that were shown long enough.
    var outdated: Set<TokenID> = []

    private var departures = Departures()

    var isEmpty: Bool { present == nil && waiting.isEmpty }

    /// Adds a listing; it replaces a pending one of its inventory.
    mutating func add(_ listing: ListingProgress) {
        waiting.removeAll { $0.inventory == listing.inventory }
        waiting.append(listing)
    }

    /// Starts the next listing if none is in progress.
    mutating func advance() {
        if present == nil, !waiting.isEmpty { present = waiting.removeFirst() }
    }

    /// Whether a missing token may leave, or comes and goes so often that it stays.
    func mayLeave(_ id: TokenID, at now: Instant) -> Bool {
        departures.within(.days(1), of: id, at: now).count < Departures.mostPerDay
    }

    /// Notes that a token left before its expiry.
    ///
    /// - Returns: until when it stays, even if it is missing again; nil if it may leave again.
    mutating func noteDeparture(of id: TokenID, at now: Instant) -> Instant? {
        departures.note(id, at: now)
        let times = departures.within(.days(1), of: id, at: now)
        return times.count < Departures.mostPerDay ? nil : times[0] + .days(1)
    }

    /// Compares the current listing from its beginning, because the slots have changed.
    mutating func beginAgain() {
        guard let old = present else { return }
        present = ListingProgress(
            old.inventory,
            old.listing,
            readAt: old.readAt,
            askedWith: old.askedWith
        )
    }
}

/// A listing, and the progress of its comparison.
///
/// The listed tokens are compared with the known ones; then missing ones leave and new ones join.
struct ListingProgress: Sendable {
    let inventory: TokenID
    let listing: Listing
    /// When it was read.
    let readAt: Instant
    /// The settings of its request, as a stable hash.
    let askedWith: UInt64

    /// So many of the listed tokens were compared, and after all of them of the unreadable ones.
    var compared = 0
    /// Which of the inventory's slots are listed, in their order.
    var isListed: [Bool] = []
    /// New tokens, and their places in the listing.
    var new: [(id: TokenID, place: Int)] = []
    /// Slots of tokens that the filters or their age exclude.
    var unwanted: [Int] = []

    var stage = Stage.comparing
    /// Events of this kind that were sent.
    var notified = 0
    /// New tokens that are reported: the others may have been there before.
    var reported = 0

    enum Stage: Sendable {
        case comparing
        /// The tokens that still have to leave, and how many in all leave before their expiry.
        case parting(ArraySlice<Departure>, early: Int)
        /// The number of new tokens that joined.
        case introducing(done: Int)
    }

    struct Departure: Sendable {
        let slot: Int
        /// Whether it left the list before its expiry.
        let isEarly: Bool
    }

    init(_ inventory: TokenID, _ listing: Listing, readAt: Instant, askedWith: UInt64) {
        self.inventory = inventory
        self.listing = listing
        self.readAt = readAt
        self.askedWith = askedWith
    }
}

/// When tokens left their lists within the last day; forgotten at a restart.
///
/// Such a token has no state, so nothing else can damp one that comes and goes with every list.
private struct Departures {
    /// Like alerts that alternate, it leaves four times within a day, and then stays.
    static let mostPerDay = Damping.mostPerDay - 1
    /// The most tokens that are remembered.
    private static let most = 4096

    private var times: [TokenID: [Instant]] = [:]

    /// The departures of a token, oldest first.
    func within(_ window: Duration, of id: TokenID, at now: Instant) -> [Instant] {
        times[id]?.filter { now - $0 < window && $0 - now < window } ?? []
    }

    mutating func note(_ id: TokenID, at now: Instant) {
        if times.count >= Self.most, times[id] == nil {
            times = times.filter { !within(.days(1), of: $0.key, at: now).isEmpty }
            guard times.count < Self.most else { return }
        }
        times[id] = within(.days(1), of: id, at: now) + [now]
    }
}
