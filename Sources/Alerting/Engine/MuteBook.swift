/// The active mutes.
package struct MuteBook: Hashable, Sendable {
    private var byScope: [Mute.Scope: Mute] = [:]
    private var owners: [Glob] = []

    /// The maximum of mutes, more than a person can remember.
    package static let most = 1000

    package init(_ mutes: [Mute] = []) {
        for mute in mutes { add(mute) }
    }

    package var isEmpty: Bool { byScope.isEmpty }
    package var count: Int { byScope.count }

    /// The active mutes, the earliest end first.
    package var mutes: [Mute] {
        byScope.values.sorted {
            ($0.until, $0.scope.description) < ($1.until, $1.scope.description)
        }
    }

    package func mute(_ scope: Mute.Scope) -> Mute? { byScope[scope] }

    /// The scope as its mute spells it: upper and lower case do not differ in an owner.
    func spelled(_ scope: Mute.Scope) -> Mute.Scope {
        guard byScope[scope] == nil, case .owner(let owner) = scope else { return scope }
        let text = owner.text.lowercased()
        return owners.first { $0.text.lowercased() == text }.map(Mute.Scope.owner) ?? scope
    }

    /// Adds a mute, in place of one of the same scope.
    ///
    /// - Returns: false if there is no room for another.
    @discardableResult
    package mutating func add(_ mute: Mute) -> Bool {
        guard byScope[mute.scope] != nil || byScope.count < Self.most else { return false }
        byScope[mute.scope] = mute
        noteOwners()
        return true
    }

    @discardableResult
    package mutating func remove(_ scope: Mute.Scope) -> Mute? {
        defer { noteOwners() }
        return byScope.removeValue(forKey: scope)
    }

    /// The mute of a token; of several, the one that ends last.
    package func mute(of settings: TokenSettings) -> Mute? {
        guard !isEmpty else { return nil }
        var found = [
            byScope[.token(settings.id)], byScope[.host(settings.host)],
            byScope[.provider(settings.provider)],
        ]
        if settings.id.isListed, let inventory = settings.id.inventory {
            found.append(byScope[.token(inventory)])
        }
        if let owner = settings.owner {
            for glob in owners where glob.matchesIgnoringCase(owner) {
                found.append(byScope[.owner(glob)])
            }
        }
        return found.compactMap(\.self).max { $0.until < $1.until }
    }

    package func standing(of settings: TokenSettings) -> MuteStanding {
        mute(of: settings) == nil ? .none : .muted
    }

    /// Whether the alerts of a host are muted: the host is, or each token that is polled there.
    package func mutes(host: String, tokens: some Sequence<TokenSettings>) -> Bool {
        guard !isEmpty else { return false }
        if byScope[.host(host)] != nil { return true }
        var isAny = false
        for settings in tokens {
            guard mute(of: settings) != nil else { return false }
            isAny = true
        }
        return isAny
    }

    /// The mutes that have ended.
    package func ended(at now: Instant) -> [Mute] {
        mutes.filter { $0.fitting(now).until <= now }
    }

    /// The time at which the next mute ends.
    package func nextEnd(at now: Instant) -> Instant? {
        byScope.values.lazy.map { $0.fitting(now).until }.min()
    }

    private mutating func noteOwners() {
        owners = byScope.keys.compactMap { scope in
            if case .owner(let glob) = scope { glob } else { nil }
        }
    }
}

extension MuteBook {
    /// Records that a mute begins or ends.
    ///
    /// - Parameters:
    ///   - change: `muted` or `unmuted`.
    ///   - mute: the mute.
    ///   - words: what happened to it, after the subject's name.
    ///   - source: the muted subject.
    ///   - isSent: whether channels are notified: of an end that time has brought, so that nobody
    ///     mistakes silence for good news.
    ///   - ids: for the event.
    /// - Returns: the event.
    package static func event(
        _ change: Change,
        _ mute: Mute,
        _ words: String,
        _ source: EventSource,
        isSent: Bool = false,
        ids: inout EventIDs
    ) -> Event {
        let routes = source.policy.channels.filter {
            isSent && $0.takes(.change(change), .info, of: source.subject)
        }
        return Event(
            id: ids.next(at: source.now),
            at: source.now,
            subject: source.subject,
            kind: .change(change),
            phase: .changed,
            severity: .info,
            summary: "\(mute.scope.label) \(words)",
            details: [
                Detail(mute.scope.kind, mute.scope.name), Detail("by", mute.by),
                Detail("reason", mute.reason), Detail("until", mute.until),
            ],
            channels: routes.map(\.name)
        )
    }
}

extension Mute.Scope {
    /// The scope's name at the beginning of a summary.
    fileprivate var label: String {
        switch self {
        case .token(let id): id.text
        case .host(let host): host
        case .owner(let owner): "owner \(owner.text)"
        case .provider(let provider): "provider \(provider)"
        }
    }
}
