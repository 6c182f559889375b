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

/// A whole list whose tokens have all joined: additional tokens of a later list may be new.
package struct ListMark: Hashable, Sendable {
    /// The time at which the list was read.
    package let readAt: Instant
    /// The request and filters that the list results from, as a stable hash.
    package let scope: UInt64

    /// The margin for providers that report only the day of a creation.
    private static let creationMargin: Duration = .days(1)

    package init(readAt: Instant, scope: UInt64) {
        self.readAt = readAt
        self.scope = scope
    }

    /// Whether a token that was not in this list and is in a later one is new.
    ///
    /// Under another request or other filters, an earlier list may have left out the token: then
    /// only its creation shows that it is new.
    func precedes(_ facts: Facts, scope: UInt64) -> Bool {
        if self.scope == scope { return true }
        return facts.createdAt.map { $0 > readAt - Self.creationMargin } ?? false
    }
}

/// The result of one poll of an inventory.
package struct Listing: Sendable {
    /// The tokens in the order of the pages, each id once.
    package var tokens: [ListedToken]
    /// The ids of rows that could not be read: these tokens exist, and stay unchanged.
    package var unreadable: [String]
    /// False if a page failed, a row has no id or a limit cut the list.
    ///
    /// Then a missing token may still exist, and nothing is forgotten or resolved.
    package var isWhole: Bool
    /// The reason why the list is not whole, for an operator; nil if it is.
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
