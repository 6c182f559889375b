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

    /// Records that a token left before its expiry.
    ///
    /// - Returns: how long it stays, even if missing again; nil if it may leave again.
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
    /// The time at which the list was read.
    let readAt: Instant
    /// The settings of its request, as a stable hash.
    let askedWith: UInt64

    /// The number of compared listed tokens, followed by the unreadable ones.
    var compared = 0
    /// Whether each of the inventory's slots is listed, in their order.
    var isListed: [Bool] = []
    /// New tokens, and their places in the listing.
    var new: [(id: TokenID, place: Int)] = []
    /// Slots of tokens that the filters or their age exclude.
    var unwanted: [Int] = []

    var stage = Stage.comparing
    /// The number of sent events of this kind.
    var notified = 0
    /// The number of new tokens to report: the others may have been there before.
    var reported = 0

    enum Stage: Sendable {
        case comparing
        /// The tokens that still have to leave, and the number that leave before their expiry.
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

/// The times at which tokens left their lists within the last day; a restart forgets them.
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
