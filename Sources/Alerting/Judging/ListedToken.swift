/// One token of an inventory's list.
package struct ListedToken: Hashable, Sendable {
    /// The row's own id: one to `maximumIDBytes` bytes, without control characters.
    package var id: String
    package var facts: Facts

    package static let maximumIDBytes = 200

    package init(id: String, facts: Facts) {
        self.id = id
        self.facts = facts
    }
}

/// A whole list whose tokens have all joined: what a later one has in addition may be new.
package struct ListMark: Hashable, Sendable {
    /// When it was read.
    package let readAt: Instant
    /// Of which request and filters it is the result, as a stable hash.
    package let scope: UInt64

    /// Some providers report the day of a creation only.
    private static let creationMargin: Duration = .days(1)

    package init(readAt: Instant, scope: UInt64) {
        self.readAt = readAt
        self.scope = scope
    }

    /// Whether a token that was not in this list and is in a later one is new.
    ///
    /// Under another request or other filters it may be one that was left out before: then only its
    /// creation shows that it is new.
    func precedes(_ facts: Facts, scope: UInt64) -> Bool {
        if self.scope == scope { return true }
        return facts.createdAt.map { $0 > readAt - Self.creationMargin } ?? false
    }
}

/// What one poll of an inventory reported.
package struct Listing: Sendable {
    /// Each id once, in the order of the pages.
    package var tokens: [ListedToken]
    /// The ids of rows that could not be read: these tokens exist, and stay as they were.
    package var unreadable: [String]
    /// False if a page failed, a row has no id or a limit cut the list: then a token that is not in it
    /// may still exist, and nothing is forgotten or resolved.
    package var isWhole: Bool
    /// Why the list is not whole, for an operator; nil if it is.
    package var reason: String?

    package init(
        tokens: [ListedToken],
        unreadable: [String] = [],
        isWhole: Bool = true,
        reason: String? = nil
    ) {
        self.tokens = tokens
        self.unreadable = unreadable
        self.isWhole = isWhole
        self.reason = reason
    }
}
