import Alerting
import HTTP

/// Which tokens `GET /v1/tokens` lists.
struct TokenQuery: Sendable {
    /// Nil for every state.
    var states: Set<TokenHealth>?
    /// Whether only tokens with an open alert, or without data yet, are listed.
    var needsAttention = false
    /// How many of the nearest expiries, the nearest first; nil for every token, by its id.
    var nearestExpiries: Int?

    static let parameters = ["state", "attention", "sort", "limit"]
    /// As many as fit a page of memory per client.
    private static let longest = 1000

    init() {}

    /// Reads the query of a request.
    ///
    /// - Throws: `BadRequest` with what is allowed.
    init(_ request: HTTPRequest) throws(BadRequest) {
        let limit = try request.number("limit", in: 1...Self.longest)
        if let sort = request.query("sort") {
            guard sort == "expires" else {
                throw BadRequest(
                    "sort is \"\(sort.escapedForTerminal(maximumBytes: 64))\"; it must be expires"
                )
            }
            nearestExpiries = limit ?? Self.longest
        } else if limit != nil {
            throw BadRequest("limit needs sort=expires")
        }
        needsAttention = try request.number("attention", in: 1...1) != nil
        states = try request.query("state").map { text throws(BadRequest) in
            var states: Set<TokenHealth> = []
            for word in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let state = TokenHealth(rawValue: String(word)) else {
                    let known = TokenHealth.allCases.map(\.rawValue).joined(separator: ", ")
                    throw BadRequest(
                        "state has \"\(String(word).escapedForTerminal(maximumBytes: 64))\"; "
                            + "it must be some of \(known), with commas between them"
                    )
                }
                states.insert(state)
            }
            return states
        }
    }

    func takes(_ token: TokenSnapshot) -> Bool {
        let health = token.state.health
        if needsAttention, health == .ok, token.state.shownAlerts.isEmpty { return false }
        return states?.contains(health) ?? true
    }
}

/// The tokens that expire first, as far as there is room for them.
struct NearestExpiries {
    private(set) var tokens: [TokenSnapshot] = []
    private var expiries: [Instant] = []
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a token with an expiry; tokens come in the order of their ids.
    mutating func note(_ token: TokenSnapshot) {
        let effective = EffectiveExpiry(
            of: token.state,
            statedExpiry: token.settings.statedExpiry
        )
        guard let expiry = effective.instant else { return }
        if tokens.count == limit, let last = expiries.last, last <= expiry { return }
        // Behind those of the same instant, whose ids come before.
        let place = expiries.lastIndex { $0 <= expiry }.map { $0 + 1 } ?? 0
        expiries.insert(expiry, at: place)
        tokens.insert(token, at: place)
        guard tokens.count > limit else { return }
        expiries.removeLast()
        tokens.removeLast()
    }
}
