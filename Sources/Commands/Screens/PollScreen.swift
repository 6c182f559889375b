import Alerting
import Monitor

/// The screen of `poll`.
enum PollScreen {
    static func lines(_ results: [OneTimePoll.Result], _ canvas: Canvas) -> [String] {
        let sorted = results.enumerated().sorted {
            ($0.element.state.health.rank, $0.offset) < ($1.element.state.health.rank, $1.offset)
        }.map(\.element)
        var lines: [String] = []
        for result in sorted {
            lines += TokenScreen(result, canvas).lines
            lines.append("")
        }
        return lines + [tally(results.map(\.state.health), of: nil)]
    }

    static func json(_ results: [OneTimePoll.Result], at now: Instant) -> [UInt8] {
        JSONWriter.bytes { json in
            json.array { json in
                for result in results { result.write(into: &json, at: now) }
            }
        }
    }
}

extension TokenScreen {
    init(_ result: OneTimePoll.Result, _ canvas: Canvas) {
        self.init(
            title: result.settings.id.text,
            state: result.state.health,
            rows: Self.rows(of: result, at: canvas.now),
            canvas: canvas
        )
    }

    private static func rows(
        of result: OneTimePoll.Result,
        at now: Instant
    ) -> [(label: String, text: String)] {
        let (settings, state) = (result.settings, result.state)
        var rows: [(label: String, text: String)] = []
        func add(_ label: String, _ text: String?) {
            if let text { rows.append((label, text.escapedForTerminal)) }
        }
        if let reason = result.notPolled {
            add("not polled", reason)
            add("provider", "\(settings.provider), \(settings.whereAsked)")
            return rows
        }
        for finding in state.findings(for: settings, at: now) {
            add("alert", "\(finding.severity.rawValue): \(finding.summary)")
        }
        if state.secretProblem == nil {
            let answer = [state.lastOutcome?.rawValue, state.lastError].compactMap(\.self)
            add("answer", answer.joined(separator: ": "))
        }
        let expiry = state.expiry(settings)
        if state.known != nil || expiry.instant != nil {
            let difference = state.expiryDifference(settings)
            add(
                "expires",
                difference.map { "\(expiry.words(at: now)), \($0)" }
                    ?? expiry.words(at: now, isAlone: true)
            )
        }
        if let known = state.known {
            add(
                "permissions",
                known.permissions.map { $0.isEmpty ? "none" : $0.words.joined(separator: ", ") }
                    ?? "not reported"
            )
            add("last used", known.lastUsedAt?.forPeople(at: now) ?? "not reported, or never used")
            add("name", known.name)
            add("account", known.accountWords)
            add("created", known.createdAt?.forPeople(at: now))
        }
        if let listing = result.listing {
            for (label, text) in listing.rows(at: now) { add(label, text) }
        }
        add("provider", "\(settings.provider), \(result.source)")
        for sentence in result.notSeen { add("not reported", sentence) }
        return rows
    }
}

extension EffectiveExpiry {
    /// - Parameters:
    ///   - now: the start of the distance.
    ///   - isAlone: whether no other source is known, so that the text names this one.
    /// - Returns: the instant and its distance, or the reason why there is none.
    func words(at now: Instant, isAlone: Bool = false) -> String {
        switch self {
        case .at(let instant, .config) where isAlone:
            "\(instant.forPeople(at: now)), according to the configuration"
        case .at(let instant, _): instant.forPeople(at: now)
        case .never: "no expiry"
        case .notTold: "not reported"
        case .notSeen: "no data yet"
        }
    }
}

extension Listing {
    /// The maximum of listed tokens: more would hide the rest of the screen.
    private static let shownTokens = 20

    /// Returns the number of tokens, and the first of them.
    fileprivate func rows(at now: Instant) -> [(label: String, text: String)] {
        var count = "\(tokens.count) \(tokens.count == 1 ? "token" : "tokens")"
        if !unreadable.isEmpty { count += ", and \(unreadable.count) that cannot be read" }
        let lists = isWhole ? count : "\(count), a part of the list: \(reason ?? "unknown")"
        var rows = [(label: "lists", text: lists)]
        for token in tokens.prefix(Self.shownTokens) {
            let name = token.facts.name.map { $0 == token.id ? "" : " \($0)" } ?? ""
            rows.append((label: "listed", text: "\(token.id)\(name): \(token.facts.end(at: now))"))
        }
        if tokens.count > Self.shownTokens {
            rows.append((label: "", text: "and \(tokens.count - Self.shownTokens) more"))
        }
        return rows
    }

    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.field("tokens", tokens.count)
            json.field("unreadable", unreadable.count)
            json.field("whole", isWhole)
            json.field("reason", reason)
        }
    }
}

extension Facts {
    fileprivate func end(at now: Instant) -> String {
        if saysExpired { return "expired" }
        return switch expiry {
        case .at(let instant): "expires \(instant.forPeople(at: now))"
        case .never: "no expiry"
        case .notTold: "expiry not reported"
        }
    }
}

extension OneTimePoll.Result {
    /// Writes the fields of the status socket's token object that one poll can fill.
    fileprivate func write(into json: inout JSONWriter, at now: Instant) {
        let known = state.known
        let expiry = state.expiry(settings).instant
        json.object { json in
            json.field("id", settings.id.text)
            json.field("provider", settings.provider)
            json.field("state", state.health.rawValue)
            json.field("name", known?.name)
            json.field("account", known?.account)
            json.field("account_name", known?.holder?.name)
            json.field("company", known?.holder?.company)
            json.field("permissions", known?.permissions?.words)
            json.field("created_at", known?.createdAt)
            json.field("expires_at", expiry)
            json.field(
                "expiry_difference",
                state.expiryDifference(settings)
            )
            json.field("last_used_at", known?.lastUsedAt)
            json.field("listing", listing) { $0.write(into: &$1) }
            json.field("last_outcome", state.lastOutcome?.rawValue)
            json.field("last_error", state.lastError ?? state.secretProblem ?? notPolled)
            json.array("alerts") { json in
                for finding in notPolled == nil ? state.findings(for: settings, at: now) : [] {
                    json.object { json in
                        json.field("condition", finding.condition.rawValue)
                        json.field("severity", finding.severity.rawValue)
                        json.field("stage", finding.stage?.text)
                        json.field("summary", finding.summary)
                    }
                }
            }
        }
    }
}
