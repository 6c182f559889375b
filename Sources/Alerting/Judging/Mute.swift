/// A mute: no notifications about some tokens for a while.
package struct Mute: Hashable, Sendable {
    /// The part of the tokens that is muted.
    package enum Scope: Hashable, Sendable {
        /// A token; also the tokens of its list, if it is an inventory.
        case token(TokenID)
        /// The alerts of a host, and of all tokens polled there; `host` or `host:port`.
        case host(String)
        /// The tokens of an owner, by a pattern.
        case owner(Glob)
        /// The tokens of a provider, by its name.
        case provider(String)
    }

    package let scope: Scope
    /// The person who muted it; claimed, not proved.
    package let by: String
    package let reason: String
    package let since: Instant
    /// The time at which it ends by itself.
    package let until: Instant

    /// The longest duration; then someone must decide again.
    package static let longest: Duration = .days(90)

    package init(scope: Scope, by: String, reason: String, since: Instant, until: Instant) {
        self.scope = scope
        self.by = by
        self.reason = reason
        self.since = since
        self.until = until
    }

    /// Returns the mute, cut to end no later than one made now could.
    ///
    /// A clock that was ahead and was corrected would otherwise silence alerts for years.
    func fitting(_ now: Instant) -> Mute {
        Mute(
            scope: scope,
            by: by,
            reason: reason,
            since: since,
            until: min(until, now + Self.longest)
        )
    }

    /// The remark in the first notification after its end.
    var remark: String { "muted by \(by) until now: \(reason)" }
}

extension Mute.Scope: CustomStringConvertible {
    package var description: String { "\(kind) \(name)" }

    /// The scope's word in JSON, and in the state.
    package var kind: String {
        switch self {
        case .token: "token"
        case .host: "host"
        case .owner: "owner"
        case .provider: "provider"
        }
    }

    package var name: String {
        switch self {
        case .token(let id): id.text
        case .host(let host): host
        case .owner(let owner): owner.text
        case .provider(let provider): provider
        }
    }

    /// Creates a scope; nil if the word is unknown, or the name cannot be a token's.
    package init?(kind: String, name: String) {
        switch kind {
        case "token":
            guard let id = TokenID(name) else { return nil }
            self = .token(id)
        case "host": self = .host(name)
        case "owner": self = .owner(Glob(name))
        case "provider": self = .provider(name)
        default: return nil
        }
    }

    /// Whether a token is in the scope.
    package func contains(_ settings: TokenSettings) -> Bool {
        switch self {
        case .token(let id):
            settings.id == id || settings.id.isListed && settings.id.inventory == id
        case .host(let host): settings.host == host
        case .owner(let owner): settings.owner.map(owner.matchesIgnoringCase) ?? false
        case .provider(let provider): settings.provider == provider
        }
    }
}

extension Mute.Scope {
    /// The scope of the same kind that contains a token; nil if there is none.
    func kin(_ settings: TokenSettings) -> Mute.Scope? {
        switch self {
        case .token: .token(settings.id)
        case .host: .host(settings.host)
        case .owner: settings.owner.map { .owner(Glob($0)) }
        case .provider: .provider(settings.provider)
        }
    }

    /// The scope that was probably meant: a host with its port, or a similar name.
    func nearest(among scopes: some Sequence<Mute.Scope?>) -> Mute.Scope? {
        let names = Set(scopes.lazy.compactMap { $0?.name }).sorted()
        let near =
            names.first { kind == "host" && $0.hasPrefix(name + ":") }
            ?? NearestName.of(name, among: names)
        return near.flatMap { Mute.Scope(kind: kind, name: $0) }
    }
}

/// The effect of mutes on an evaluation.
package enum MuteStanding: Hashable, Sendable {
    case none
    /// The events are recorded, and sent to nobody.
    case muted
    /// The mute has just ended: active alerts notify. Nil if another run's configuration ended it.
    case ended(Mute?)
}
