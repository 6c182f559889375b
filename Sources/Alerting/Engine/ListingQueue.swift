/// The listings that are still to be taken in, one of each inventory at most besides the present one.
struct ListingQueue: Sendable {
    /// The one that is being taken in.
    var present: ListingProgress?
    private var waiting: [ListingProgress] = []
    /// Tokens that the last list of their inventory did not have, and that the next one decides on.
    var missing: [TokenID: Set<TokenID>] = [:]
    /// Listed tokens whose time of being shown is over.
    var outdated: Set<TokenID> = []

    var isEmpty: Bool { present == nil && waiting.isEmpty }

    /// A newer list takes the place of one that waits.
    mutating func add(_ listing: ListingProgress) {
        waiting.removeAll { $0.inventory == listing.inventory }
        waiting.append(listing)
    }

    /// Turns to the next listing where none is under way.
    mutating func advance() {
        if present == nil, !waiting.isEmpty { present = waiting.removeFirst() }
    }

    /// Compares the present listing from its beginning, since the slots have changed.
    mutating func beginAgain() {
        guard let old = present else { return }
        present = ListingProgress(
            old.inventory,
            old.listing,
            reportsNew: old.reportsNew
        )
    }
}

/// A listing, and how far it has been taken in.
///
/// What is listed is compared with what is watched; then what is gone leaves, and what is new comes.
struct ListingProgress: Sendable {
    let inventory: TokenID
    let listing: Listing
    /// Whether new tokens may be notified: not those of the first list.
    let reportsNew: Bool

    /// So many of the listed tokens were compared, and after all of them of the unreadable ones.
    var compared = 0
    /// Which of the inventory's slots are listed, in their order.
    var isListed: [Bool] = []
    /// Tokens that are to be watched from now on, and their places in the listing.
    var new: [(id: TokenID, place: Int)] = []
    /// Slots of tokens that the filters or their age exclude.
    var unwanted: [Int] = []

    var stage = Stage.comparing
    /// Events of this kind that were sent.
    var notified = 0

    enum Stage: Sendable {
        case comparing
        /// The tokens that are still to go, and how many leave before their expiry, all in all.
        case parting(ArraySlice<Departure>, early: Int)
        /// So many new tokens were introduced.
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
