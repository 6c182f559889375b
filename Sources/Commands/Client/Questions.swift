import Alerting
import Formats
import Monitor

/// The requested tokens.
struct TokensAnswer {
    var tokens: [TokenReport]
    /// The number of further tokens, which are all ok.
    var others = 0
    /// The number of all tokens; nil if only some were requested.
    var watched: Int?
    /// The daemon's answer; nil if it was made from several.
    var body: [UInt8]?
}

extension DaemonAnswer {
    fileprivate func tokens() throws(Failure) -> [TokenReport] {
        try elements().map { element throws(Failure) in try TokenReport(element) }
    }
}

extension DaemonClient {
    /// The number of ids above which they are searched in the list of all tokens.
    private static let maximumSingleRequests = 8
    /// The maximum of events in one answer of the daemon.
    private static let eventsPerPage = 1000
    /// The bound for a record that grows as fast as it is read: ten million events.
    private static let maximumPages = 10_000

    /// Returns the tokens with these ids; without ids, all tokens.
    func tokens(_ ids: [String]) async throws(Failure) -> TokensAnswer {
        if !ids.isEmpty, ids.count <= Self.maximumSingleRequests {
            var tokens: [TokenReport] = []
            for id in ids { tokens.append(try await token(id)) }
            return TokensAnswer(tokens: tokens)
        }
        let answer = try await get("/v1/tokens")
        let tokens = try answer.tokens()
        guard !ids.isEmpty else {
            return TokensAnswer(tokens: tokens, watched: tokens.count, body: answer.body)
        }
        let known = Set(tokens.map(\.id))
        if let unknown = ids.first(where: { !known.contains($0) }) {
            throw Failure.unknownToken(unknown, known: tokens.map(\.id))
        }
        let wanted = Set(ids)
        return TokensAnswer(
            tokens: tokens.filter { wanted.contains($0.id) },
            watched: tokens.count
        )
    }

    /// Returns all tokens, with the facts that a table shows.
    func tableOfTokens() async throws(Failure) -> TokensAnswer {
        let fields = StatusTable.fields.map(\.rawValue).joined(separator: ",")
        let tokens = try await tokens(query: "fields=\(fields)")
        return TokensAnswer(tokens: tokens, watched: tokens.count)
    }

    /// Returns the tokens that a query of `/v1/tokens` lists.
    func tokens(query: String) async throws(Failure) -> [TokenReport] {
        try await get("/v1/tokens?\(query)").tokens()
    }

    /// Returns the tokens that need attention; the overview has the count of those that are ok.
    func problems(of overview: Overview) async throws(Failure) -> TokensAnswer {
        let tokens = try await tokens(query: "attention=1")
        let watched = overview.watched.map { max($0, tokens.count) }
        return TokensAnswer(
            tokens: tokens,
            others: (watched ?? tokens.count) - tokens.count,
            watched: watched
        )
    }

    /// Returns the tokens with these ids at an instant; without ids, all that were watched then.
    func tokens(_ ids: [String], at instant: Instant) async throws(Failure) -> TokensAnswer {
        let tokens = try await tokens(query: "at=\(instant.rfc3339)")
        let known = Set(tokens.map(\.id))
        if let unknown = ids.first(where: { !known.contains($0) }) {
            let name = unknown.escapedForTerminal
            throw Failure("the record has no token \"\(name)\" at \(instant.rfc3339)")
        }
        let wanted = Set(ids)
        return TokensAnswer(
            tokens: ids.isEmpty ? tokens : tokens.filter { wanted.contains($0.id) }
        )
    }

    /// Returns a token; nil if it is not in the configuration.
    func tokenIfWatched(_ id: TokenID) async throws(Failure) -> TokenReport? {
        let answer = try await ask("/v1/tokens/\(id.pathText)")
        if answer.status == 404 { return nil }
        return try TokenReport(try answer.expected().json())
    }

    /// Returns the last spans of a token, oldest first: all polls of a span gave the same result.
    func spans(of id: TokenID) async throws(Failure) -> [SpanReport] {
        let answer = try await ask("/v1/tokens/\(id.pathText)/spans?limit=\(Self.eventsPerPage)")
        if answer.status == 404 { return [] }
        return try answer.expected().elements().compactMap(SpanReport.init)
    }

    private func token(_ id: String) async throws(Failure) -> TokenReport {
        let answer = try await ask(try await path(ofToken: id))
        if answer.status == 404 { throw try await unknownToken(id) }
        return try TokenReport(try answer.expected().json())
    }

    /// Returns `/v1/tokens/ID`; only a valid id becomes part of a URL.
    func path(ofToken id: String) async throws(Failure) -> String {
        guard let valid = TokenID.written(id) else { throw try await unknownToken(id) }
        return "/v1/tokens/\(valid.pathText)"
    }

    func unknownToken(_ id: String) async throws(Failure) -> Failure {
        let known = try await get("/v1/tokens").elements().compactMap { $0.text("id") }
        return Failure.unknownToken(id, known: known)
    }

    /// Returns the alerts of hosts and of the daemon, and why the last reload failed.
    func overview() async throws(Failure) -> Overview {
        Overview(try await get("/v1/status").json())
    }

    /// Returns the state of the clock; a daemon that does not report it has no problem to show.
    func clockOverview() async -> Overview {
        Overview(clockOf: (try? await overview()) ?? Overview())
    }

    /// Returns every event from an instant or after an id, the newest last.
    func events(since: String, token: TokenID? = nil) async throws(Failure) -> [JSONValue] {
        var events: [JSONValue] = []
        var since = since
        for _ in 0..<Self.maximumPages {
            let filter = token.map { "&token=\($0)" } ?? ""
            let page = try await get(
                "/v1/events?since=\(since)&limit=\(Self.eventsPerPage)\(filter)"
            ).elements()
            events += page
            guard page.count == Self.eventsPerPage,
                let last = page.last?["id"]?.string.flatMap({ EventID($0) })
            else { break }
            since = last.description
        }
        return events
    }
}

/// The alerts and figures that belong to no single token.
struct Overview {
    var alerts: [AlertReport] = []
    /// The sentence that leads every screen while the machine's clock is wrong.
    var clockProblem: String?
    /// The time that the daemon judges by.
    var now: Instant?
    /// The time at which the next poll of any token is due.
    var nextPollAt: Instant?
    /// The reason why the last reload failed; nil if an alert reports it.
    var configurationError: String?
    /// The number of pending notifications.
    var pending = 0
    /// The number of dropped notifications.
    var dropped = 0
    /// The number of tokens in each state; nil if the answer does not count them.
    var counts: [TokenHealth: Int]?

    /// The number of tokens; nil if the answer does not count them.
    var watched: Int? { counts?.values.reduce(0, +) }

    init() {}

    /// The notes on all shown tokens.
    init(clockOf other: Overview) {
        clockProblem = other.clockProblem
        now = other.now
    }

    init(_ json: JSONValue) {
        for key in ["daemon_alerts", "host_alerts"] {
            alerts += json[key]?.elements?.compactMap(AlertReport.init) ?? []
        }
        clockProblem = json["clock"]?.text("problem")
        // The first line already contains it.
        if clockProblem != nil {
            alerts.removeAll { $0.condition == Condition.clockWrong.rawValue }
        }
        now = json["clock"]?.instant("now")
        nextPollAt = json.instant("next_poll_at")
        // An alert about the configuration has the error.
        if !alerts.contains(where: { $0.condition == Condition.configRejected.rawValue }) {
            configurationError = json["config"]?.text("last_error")
        }
        pending = Int(clamping: json["deliveries"]?["waiting"]?.integer ?? 0)
        dropped = Int(clamping: json["deliveries"]?["given_up"]?.integer ?? 0)
        counts = json["tokens"].map { tokens in
            let counts = TokenHealth.allCases.map { ($0, tokens[$0.rawValue]?.integer ?? 0) }
            // No daemon watches more, and an answer must not fill the memory.
            return Dictionary(
                uniqueKeysWithValues: counts.map { ($0, Int(min(max($1, 0), 1_000_000))) }
            )
        }
    }
}
