/// The pending listings: the current one, and at most one more per inventory.
struct ListingQueue: Sendable {
    /// The listing that is being compared.
    var present: ListingProgress?
    private var waiting: [ListingProgress] = []
    /// Tokens that were missing in the last list of their inventory; the next list decides.
    var missing: [TokenID: Set<TokenID>] = [:]
    /// Expired listed tokens that were shown long enough.
    var outdated: Set<TokenID> = []

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

    /// Compares the current listing from its beginning, because the slots have changed.
    mutating func beginAgain() {
        guard let old = present else { return }
        present = ListingProgress(
            old.inventory,
            old.listing,
            reportsNew: old.reportsNew
        )
    }
}

/// A listing, and the progress of its comparison.
///
/// The listed tokens are compared with the known ones; then missing ones leave and new ones join.
struct ListingProgress: Sendable {
    let inventory: TokenID
    let listing: Listing
    /// Whether new tokens may be notified: not those of the first list.
    let reportsNew: Bool

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

    init(_ inventory: TokenID, _ listing: Listing, reportsNew: Bool) {
        self.inventory = inventory
        self.listing = listing
        self.reportsNew = reportsNew
    }
}
