import Alerting

/// What the page says of all tokens, gathered a page of them at a time, and those that it shows.
struct PageCensus {
    /// How many tokens there are.
    private(set) var count = 0
    /// Tokens by the span of the time line that their expiry is in.
    private(set) var spans = Array(repeating: 0, count: TimeAxis.ticks.count + 1)
    /// Those without an instant to stand at.
    private(set) var never = 0
    private(set) var notTold = 0
    private(set) var notSeen = 0
    private var chosen: [TokenSnapshot] = []
    private let now: Instant

    /// Tokens shown: more nobody scrolls through, and some 200 KiB.
    static let shownLimit = 200

    init(at now: Instant) {
        self.now = now
    }

    mutating func add(_ page: [TokenSnapshot]) {
        count += page.count
        for token in page {
            switch token.effectiveExpiry {
            case .at(let instant, _): spans[TimeAxis.span(instant - now)] += 1
            case .never: never += 1
            case .notTold: notTold += 1
            case .notSeen: notSeen += 1
            }
        }
        chosen += page
        // Sorted now and then, so that of 100,000 tokens some hundred are held.
        if chosen.count > Self.shownLimit * 4 { keepMostUrgent() }
    }

    /// The most urgent tokens, by the time left; what has no end stands last.
    mutating func takeShown() -> [TokenSnapshot] {
        keepMostUrgent()
        defer { chosen = [] }
        return chosen.sorted { $0.timeOrder < $1.timeOrder }
    }

    private mutating func keepMostUrgent() {
        chosen.sort { ($0.state.health.rank, $0.timeOrder) < ($1.state.health.rank, $1.timeOrder) }
        chosen.removeLast(max(0, chosen.count - Self.shownLimit))
    }
}

extension TokenSnapshot {
    var effectiveExpiry: EffectiveExpiry {
        EffectiveExpiry(of: state, statedExpiry: settings.statedExpiry)
    }

    fileprivate struct TimeOrder: Comparable {
        let end: Instant
        let id: TokenID

        static func < (left: TimeOrder, right: TimeOrder) -> Bool {
            (left.end, left.id) < (right.end, right.id)
        }
    }

    fileprivate var timeOrder: TimeOrder {
        TimeOrder(
            end: effectiveExpiry.instant ?? Instant(milliseconds: .max),
            id: settings.id
        )
    }
}

extension TokenHealth {
    /// 0 is the worst.
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
