import Alerting
import HTTP

/// The query for the tokens that `GET /v1/tokens` lists.
struct TokenQuery: Sendable {
    /// The states of listed tokens; nil for every state.
    var states: Set<TokenHealth>?
    /// Whether it lists only tokens with an active alert, or without data yet.
    var needsAttention = false
    /// The number of nearest expiries, nearest first; nil for all tokens, by their ids.
    var nearestExpiries: Int?
    /// The listed fields of each token, in their order.
    var fields = TokenField.allCases

    static let parameters = ["state", "attention", "sort", "limit", "fields"]
    /// The largest number: this many fit a page of memory per client.
    private static let longest = 1000

    init() {}

    /// Reads the query of a request.
    ///
    /// - Throws: `BadRequest` with the allowed values.
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
        states = try Self.words("state", of: request)
        if let chosen: Set<TokenField> = try Self.words("fields", of: request) {
            fields = TokenField.allCases.filter(chosen.contains)
        }
    }

    /// Returns the comma-separated words of a parameter; nil if it is absent.
    private static func words<Word: RawRepresentable<String> & CaseIterable & Hashable>(
        _ name: String,
        of request: HTTPRequest
    ) throws(BadRequest) -> Set<Word>? {
        guard let text = request.query(name) else { return nil }
        var words: Set<Word> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let word = Word(rawValue: String(part)) else {
                let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
                throw BadRequest(
                    "\(name) has \"\(String(part).escapedForTerminal(maximumBytes: 64))\"; "
                        + "it must be some of \(known), with commas between them"
                )
            }
            words.insert(word)
        }
        return words
    }

    func takes(_ token: TokenSnapshot) -> Bool {
        let health = token.state.health
        if needsAttention, health == .ok, token.state.shownAlerts.isEmpty { return false }
        return states?.contains(health) ?? true
    }
}

extension StatusPorts {
    /// The number of tokens that are written at once: some 100 KiB, a few milliseconds.
    ///
    /// An array of more than 128 KiB would be mapped and unmapped each time (mallopt(3),
    /// M_MMAP_THRESHOLD).
    static let pageSize = 100

    /// Returns a page of tokens, and the place of the next one; nil after the last one.
    func page(after last: TokenID?) async -> (tokens: [TokenSnapshot], next: TokenID?) {
        let page = await tokens(last, Self.pageSize)
        return (page, page.count < Self.pageSize ? nil : page.last?.settings.id)
    }

    /// Returns the tokens that a query lists, page by page.
    func listing(_ query: TokenQuery) -> ArrayPages<TokenID> {
        ArrayPages { last in
            var page = await page(after: last)
            if let limit = query.nearestExpiries {
                var nearest = NearestExpiries(limit: limit)
                for token in page.tokens where query.takes(token) { nearest.note(token) }
                while let last = page.next {
                    page = await self.page(after: last)
                    for token in page.tokens where query.takes(token) { nearest.note(token) }
                }
                page.tokens = nearest.tokens
            } else {
                page.tokens.removeAll { !query.takes($0) }
            }
            let now = clock()
            return .init(
                elements: page.tokens.map { $0.json(at: now, fields: query.fields) },
                next: page.next
            )
        }
    }
}

/// The tokens that expire first, up to a limit.
struct NearestExpiries {
    private(set) var tokens: [TokenSnapshot] = []
    private var expiries: [Instant] = []
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Notes a token with an expiry; tokens come in the order of their ids.
    mutating func note(_ token: TokenSnapshot) {
        guard let expiry = token.effectiveExpiry.instant else { return }
        if tokens.count == limit, let last = expiries.last, last <= expiry { return }
        // It comes after tokens with the same instant, whose ids are smaller.
        let place = expiries.lastIndex { $0 <= expiry }.map { $0 + 1 } ?? 0
        expiries.insert(expiry, at: place)
        tokens.insert(token, at: place)
        guard tokens.count > limit else { return }
        expiries.removeLast()
        tokens.removeLast()
    }
}
