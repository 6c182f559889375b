import Alerting

/// The page's figures about all tokens, collected page by page, and the tokens that it shows.
struct PageCensus {
    /// The number of tokens.
    private(set) var count = 0
    /// The numbers of tokens in each span of the time line, by expiry.
    private(set) var spans = Array(repeating: 0, count: TimeAxis.ticks.count + 1)
    /// The number of tokens without a place on the time line.
    private(set) var never = 0
    private(set) var notTold = 0
    private(set) var notSeen = 0
    private(set) var states: [TokenHealth: Int] = [:]
    /// The number of alerts of all tokens.
    private(set) var alerts = 0
    /// The numbers of other tokens whose last poll failed, or that were never polled.
    private(set) var failing = 0
    private(set) var notPolled = 0
    /// The number of tokens that match the filter, and how many of them need attention.
    private(set) var matching = 0
    private var urgentMatching = 0
    private var chosen: [TokenSnapshot] = []
    private let filter: PageFilter
    private let now: Instant

    /// The most tokens on the page if fewer need attention: some 200 KiB.
    static let shownLimit = 200
    /// The most tokens to show that need attention: a megabyte, which a browser can still scroll.
    static let urgentLimit = 1000
    /// The most tokens at the top that no longer work.
    ///
    /// More of them would push a token that is about to expire off the page.
    static let deadLimit = 100

    init(filter: PageFilter = PageFilter(), at now: Instant) {
        self.filter = filter
        self.now = now
    }

    /// The number of tokens in a critical or warning state.
    var needAttention: Int { states[.critical, default: 0] + states[.warning, default: 0] }

    /// Whether every token is fine.
    var isAllWell: Bool { needAttention + alerts + failing + notPolled == 0 }

    mutating func add(_ page: [TokenSnapshot]) {
        count += page.count
        for token in page { add(token) }
        let included = filter.isNarrow ? page.filter(filter.includes) : page
        matching += included.count
        urgentMatching += included.count { [.critical, .warning].contains($0.state.health) }
        chosen += included
        // Occasional sorting keeps only some thousand of 100,000 tokens in memory.
        let bound = filter.from + Self.urgentLimit
        if chosen.count > bound * 3 { keepMostUrgent(bound) }
    }

    private mutating func add(_ token: TokenSnapshot) {
        switch token.shownExpiry {
        case .at(let instant, _): spans[TimeAxis.span(instant - now)] += 1
        case .never: never += 1
        case .notTold: notTold += 1
        case .notSeen: notSeen += 1
        }
        alerts += token.state.shownAlerts.count
        states[token.state.health, default: 0] += 1
        switch token.state.health {
        case .critical, .warning: break
        case .unknown, .ok:
            if token.failedOutcome != nil {
                failing += 1
            } else if token.state.lastOutcome == nil {
                notPolled += 1
            }
        }
    }

    /// Returns the most urgent tokens: those that need attention, and others if there is room.
    mutating func takeShown() -> [TokenSnapshot] {
        let urgent = urgentMatching - filter.from
        let limit = filter.from + max(Self.shownLimit, min(Self.urgentLimit, urgent))
        let dead = keepMostUrgent(limit)
        defer { chosen = [] }
        let above = min(dead, Self.deadLimit)
        let critical = chosen[dead...].prefix { $0.state.health == .critical }
        let rest = chosen[above..<dead] + chosen[critical.endIndex...]
        let ordered = chosen[..<above] + critical + rest
        let shown = Array(ordered.prefix(limit).dropFirst(filter.from))
        guard filter.groupsByOwner else { return shown }
        // The most urgent tokens come first within an owner; tokens without an owner come last.
        return shown.enumerated().sorted { left, right in
            let (first, second) = (left.element.ownerKey, right.element.ownerKey)
            return first == second ? left.offset < right.offset : first < second
        }.map(\.element)
    }

    /// Returns the number of urgent matching tokens without a row on this page or an earlier one.
    func urgentBehind(shown: Int) -> Int { max(0, urgentMatching - filter.from - shown) }

    /// Keeps up to `limit` of the most urgent tokens that no longer work, and as many others.
    ///
    /// - Returns: the number of tokens that no longer work; they are the first ones.
    @discardableResult
    private mutating func keepMostUrgent(_ limit: Int) -> Int {
        let now = now
        chosen.sort { $0.urgency(at: now) < $1.urgency(at: now) }
        let dead = chosen.prefix { $0.urgency(at: now).isDead }
        chosen = Array(dead.prefix(limit) + chosen[dead.endIndex...].prefix(limit))
        return min(dead.count, limit)
    }
}

/// An owner on the page, without regard to case; tokens without an owner come last.
struct OwnerKey: Hashable, Comparable {
    let rank: Int
    let name: String

    static func < (left: OwnerKey, right: OwnerKey) -> Bool {
        (left.rank, left.name) < (right.rank, right.name)
    }
}

extension TokenSnapshot {
    var effectiveExpiry: EffectiveExpiry {
        state.expiry(settings)
    }

    /// The expiry; if the token was rejected, no reported expiry.
    var shownExpiry: EffectiveExpiry {
        let expiry = effectiveExpiry
        return expiry == .notSeen && state.lastOutcome == .rejected ? .notTold : expiry
    }

    /// The key by which owners are sorted and grouped.
    var ownerKey: OwnerKey {
        OwnerKey(rank: settings.owner == nil ? 1 : 0, name: settings.owner?.lowercased() ?? "")
    }

    /// The outcome of the last poll, if it failed.
    var failedOutcome: Outcome? { state.lastOutcome == .ok ? nil : state.lastOutcome }

    /// The order of tokens on the page; smaller values are higher up.
    fileprivate struct Urgency: Comparable {
        /// The rank: critical, warning, unknown or failing, ok.
        let rank: Int
        /// The span: no longer working, then expiring, expired, and without expiry.
        let span: Int
        /// The time until the expiry, or since it.
        let distance: Duration
        let id: TokenID

        private var name: NaturalOrder { NaturalOrder(id.text) }

        /// Whether the token no longer works.
        var isDead: Bool { rank == 0 && span == 0 }

        static func < (left: Urgency, right: Urgency) -> Bool {
            (left.rank, left.span, left.distance, left.name)
                < (right.rank, right.span, right.distance, right.name)
        }
    }

    fileprivate func urgency(at now: Instant) -> Urgency {
        let rank =
            switch state.health {
            case .critical: 0
            case .warning: 1
            case .unknown: 2
            case .ok: failedOutcome == nil ? 3 : 2
            }
        if state.shownAlerts.contains(where: { $0.condition.isEnd }) {
            return Urgency(rank: rank, span: 0, distance: .zero, id: settings.id)
        }
        guard let end = effectiveExpiry.instant else {
            return Urgency(rank: rank, span: 3, distance: .zero, id: settings.id)
        }
        let isAhead = end > now
        return Urgency(
            rank: rank,
            span: isAhead ? 1 : 2,
            distance: isAhead ? end - now : now - end,
            id: settings.id
        )
    }
}

extension Condition {
    /// Whether a token with this alert no longer works.
    fileprivate var isEnd: Bool {
        self == .expired || self == .rejected || self == .noSecret
    }
}
