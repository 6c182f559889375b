/// Where a token is polled, and how often.
///
/// A class, so that 100,000 tokens with equal settings share one.
package final class TokenProvider: Sendable, Hashable {
    /// The provider's name.
    package let name: String
    /// `host` or `host:port`, for messages and for what is a host's.
    package let host: String
    package let permissionSyntax: PermissionSyntax
    /// How often each token is polled, 1 s to 30 d.
    package let interval: Duration
    /// False if the secret itself has all facts; then the name stands for a host.
    package let isAsked: Bool
    /// The request (URL and profile), as a stable hash.
    package let askedWith: UInt64

    package init(
        name: String,
        host: String,
        permissionSyntax: PermissionSyntax = .resourceAction,
        interval: Duration = .hours(1),
        isAsked: Bool = true,
        askedWith: UInt64 = 1
    ) {
        self.name = name
        self.host = host
        self.permissionSyntax = permissionSyntax
        self.interval = interval
        self.isAsked = isAsked
        self.askedWith = askedWith
    }

    /// For a token that left the configuration.
    package static let unknown = TokenProvider(name: "unknown", host: "unknown")

    package static func == (left: TokenProvider, right: TokenProvider) -> Bool {
        left === right
            || left.name == right.name && left.host == right.host
                && left.permissionSyntax == right.permissionSyntax
                && left.interval == right.interval && left.isAsked == right.isAsked
                && left.askedWith == right.askedWith
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(host)
    }
}

/// What the core knows of a token from the configuration.
package struct TokenSettings: Hashable, Sendable {
    package let id: TokenID
    package let policy: Policy
    private let asked: TokenProvider
    /// Nil while nothing of it is set.
    private let seldom: Boxed<Seldom>?

    package init(
        id: TokenID,
        provider: TokenProvider,
        policy: Policy,
        account: String? = nil,
        isCanary: Bool = false,
        unusedAfter: Duration? = nil,
        statedExpiry: Instant? = nil,
        owner: String? = nil,
        renewURL: String? = nil,
        note: String? = nil
    ) {
        self.id = id
        self.policy = policy
        asked = provider
        let seldom = Seldom(
            account: account,
            isCanary: isCanary,
            unusedAfter: unusedAfter,
            statedExpiry: statedExpiry,
            owner: owner,
            renewURL: renewURL,
            note: note
        )
        self.seldom = seldom == Seldom() ? nil : .value(seldom)
    }

    private init(id: TokenID, policy: Policy, like other: TokenSettings) {
        self.id = id
        self.policy = policy
        asked = other.asked
        seldom = other.seldom
    }

    /// The same settings for another token.
    package func named(_ id: TokenID) -> TokenSettings {
        TokenSettings(id: id, policy: policy, like: self)
    }

    /// The same settings under another policy.
    package func under(_ policy: Policy) -> TokenSettings {
        TokenSettings(id: id, policy: policy, like: self)
    }

    /// The provider's name.
    package var provider: String { asked.name }
    /// Whether it is polled; false if the secret itself has all facts.
    package var isAsked: Bool { asked.isAsked }
    /// Its request, as a stable hash that changes with the provider's settings.
    package var askedWith: UInt64 { asked.askedWith }
    /// `host` or `host:port` of the provider, for messages and for what is a host's.
    package var host: String { asked.host }
    package var permissionSyntax: PermissionSyntax { asked.permissionSyntax }
    /// How often it is polled, 1 s to 30 d.
    package var interval: Duration { asked.interval }
}

/// What an operator may say of a token, and mostly does not.
extension TokenSettings {
    private struct Seldom: Hashable, Sendable {
        var account: String?
        var isCanary = false
        var unusedAfter: Duration?
        var statedExpiry: Instant?
        var owner: String?
        var renewURL: String?
        var note: String?
    }

    private var values: Seldom? {
        guard case .value(let values)? = seldom else { return nil }
        return values
    }

    /// The account it must belong to.
    package var account: String? { values?.account }
    /// Nobody but this daemon may use it.
    package var isCanary: Bool { values?.isCanary ?? false }
    /// No use elsewhere for this long is `unused`.
    package var unusedAfter: Duration? { values?.unusedAfter }
    /// The expiry stated in the configuration.
    package var statedExpiry: Instant? { values?.statedExpiry }
    package var owner: String? { values?.owner }
    package var renewURL: String? { values?.renewURL }
    package var note: String? { values?.note }
}
