/// The place where a token is polled, and how often.
///
/// A class, so that 100,000 tokens with equal settings share one.
package final class TokenProvider: Sendable, Hashable {
    /// The provider's name.
    package let name: String
    /// The host as `host` or `host:port`, for messages and for alerts of the host.
    package let host: String
    package let permissionSyntax: PermissionSyntax
    /// The interval of a token's polls, 1 s to 30 d.
    package let interval: Duration
    /// False if the secret itself contains all facts; then the name stands for a host.
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

    /// The provider of a token that left the configuration.
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

/// The settings of a token in the configuration, as far as the core needs them.
package struct TokenSettings: Hashable, Sendable {
    package let id: TokenID
    package let policy: Policy
    private let asked: TokenProvider
    /// The rare settings; nil if none is set.
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

    /// Returns the same settings for another token.
    package func named(_ id: TokenID) -> TokenSettings {
        TokenSettings(id: id, policy: policy, like: self)
    }

    /// Returns the same settings under another policy.
    package func under(_ policy: Policy) -> TokenSettings {
        TokenSettings(id: id, policy: policy, like: self)
    }

    /// The provider's name.
    package var provider: String { asked.name }
    /// Whether it is polled; false if the secret itself contains all facts.
    package var isAsked: Bool { asked.isAsked }
    /// Its request, as a stable hash that changes with the provider's settings.
    package var askedWith: UInt64 { asked.askedWith }
    /// The provider as `host` or `host:port`, for messages and for alerts of the host.
    package var host: String { asked.host }
    package var permissionSyntax: PermissionSyntax { asked.permissionSyntax }
    /// The interval of its polls, 1 s to 30 d.
    package var interval: Duration { asked.interval }
}

/// The settings that an operator may set for a token but rarely does.
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
    /// Whether nobody but this daemon may use it.
    package var isCanary: Bool { values?.isCanary ?? false }
    /// The time without use elsewhere that makes a token `unused`.
    package var unusedAfter: Duration? { values?.unusedAfter }
    /// The expiry stated in the configuration.
    package var statedExpiry: Instant? { values?.statedExpiry }
    package var owner: String? { values?.owner }
    package var renewURL: String? { values?.renewURL }
    package var note: String? { values?.note }
}
