/// A list of tokens that one of the watched tokens, the administrator's, can read.
package struct Inventory: Hashable, Sendable {
    /// The administrator's token, and the first part of the ids of the listed tokens.
    package let id: TokenID
    /// The settings of the listed tokens.
    private let usual: TokenSettings
    /// The settings of single tokens that differ from the usual ones.
    private let overrides: [TokenID: TokenSettings]
    /// The patterns of names; empty for every token.
    package let only: [Glob]
    package let except: [Glob]
    /// The time for which a token is shown after its expiry.
    package let keepExpired: Duration
    /// Whether a new token in the list is notified.
    package let reportsNew: Bool

    /// Providers drop tokens that have expired from their lists.
    package static let usualKeepExpired: Duration = .days(7)

    /// The maximum of new or missing tokens of one listing that are notified one by one.
    package static let mostNotified = 20

    package init(
        id: TokenID,
        usual: TokenSettings,
        overrides: [TokenID: TokenSettings] = [:],
        only: [Glob] = [],
        except: [Glob] = [],
        keepExpired: Duration = usualKeepExpired,
        reportsNew: Bool = false
    ) {
        self.id = id
        self.usual = usual
        self.overrides = overrides
        self.only = only
        self.except = except
        self.keepExpired = keepExpired
        self.reportsNew = reportsNew
    }

    /// The settings of a listed token.
    package func settings(of id: TokenID) -> TokenSettings {
        (overrides[id] ?? usual).named(id)
    }

    /// A stable hash of the request's settings and the filters, which decide the tokens of a list.
    func scope(askedWith: UInt64) -> UInt64 {
        StableHash.of(
            [String(askedWith)] + only.map(\.text) + ["except"] + except.map(\.text)
        )
    }

    /// The expiry that the configuration states for a listed token.
    func statedExpiry(of id: TokenID) -> Instant? {
        overrides.isEmpty ? nil : overrides[id]?.statedExpiry
    }

    /// Whether the filters include a token: by its name, or by its id if it has none.
    package func isWatched(_ token: ListedToken) -> Bool {
        guard !only.isEmpty || !except.isEmpty else { return true }
        let name = token.facts.name ?? token.id
        return (only.isEmpty || only.contains { $0.matches(name) })
            && !except.contains { $0.matches(name) }
    }
}
