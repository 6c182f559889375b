import Alerting
import Monitor
import Store

/// The tokens to show, by their properties.
struct TokenChoice {
    /// The order of the listed tokens.
    enum Order: String, CaseIterable {
        case urgency
        case name
        case expires
        case owner
        case provider
    }

    private let order: Order
    /// The chosen states; nil for every state.
    private let states: Set<TokenHealth>?
    /// Whether tokens that are ok have no row.
    let hasProblemsOnly: Bool
    private let listsAll: Bool
    private let within: Duration?
    private let owner: Glob?
    private let covers: String?
    /// The requested instant of the past; nil for now.
    let at: Instant?
    /// The choice in words; nil for everything.
    let words: String?

    init(_ arguments: Arguments, command: String) throws(UsageError) {
        owner = arguments["owner"].map { Glob($0.escapedForTerminal) }
        covers = arguments["covers"]?.escapedForTerminal
        within = try arguments["within"].map { text throws(UsageError) in
            guard let duration = DurationText.parse(text) else {
                throw UsageError(
                    "--within is \"\(text.escapedForTerminal)\"; it must be a duration such as "
                        + "90d, 2w or 12h" + DurationText.hint(text),
                    command: command
                )
            }
            return duration
        }
        at = try arguments["at"].map { text throws(UsageError) in
            guard let instant = Instant(text: text) else {
                throw UsageError(
                    "--at is \"\(text.escapedForTerminal)\"; it must be an instant such as "
                        + "2026-11-21T08:00:00Z, or a date",
                    command: command
                )
            }
            return instant
        }
        order =
            try arguments["sort"].map { text throws(UsageError) in
                try Self.word(text, "--sort", command)
            } ?? .urgency
        states = try arguments["state"].map { text throws(UsageError) in
            var states: Set<TokenHealth> = []
            for word in text.split(separator: ",", omittingEmptySubsequences: false) {
                states.insert(try Self.word(String(word), "--state", command))
            }
            return states
        }
        hasProblemsOnly = arguments.has("problems")
        listsAll = arguments.has("all")
        guard !hasProblemsOnly || !listsAll else {
            throw UsageError("use either --all or --problems", command: command)
        }
        let words = ["state", "within", "owner", "covers", "at"].compactMap { name in
            arguments[name].map { "--\(name) \($0.escapedForTerminal)" }
        }
        self.words = words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// Returns one of the words that an option takes.
    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ text: String,
        _ option: String,
        _ command: String
    ) throws(UsageError) -> Word {
        if let word = Word(rawValue: text) { return word }
        let known = Word.allCases.map(\.rawValue)
        throw UsageError(
            "\(option) is \"\(text.escapedForTerminal)\"; it must be one of "
                + known.joined(separator: ", ") + NearestName.hint(text, among: known),
            command: command
        )
    }

    /// Whether the daemon's list is already the answer.
    var isEverything: Bool { words == nil && !hasProblemsOnly && order == .urgency }

    /// Returns the tokens to list: tokens requested by name or property are shown.
    func listing(ids: [String]) -> StatusScreen.Listing {
        if hasProblemsOnly { return .problems }
        return listsAll || !ids.isEmpty || words != nil ? .everything : .fitting
    }

    /// Whether tokens that are ok need not be fetched, because only their number is shown.
    func needsProblemsOnly(
        of overview: Overview,
        _ listing: StatusScreen.Listing,
        _ height: Int?
    ) -> Bool {
        guard words == nil else { return false }
        switch listing {
        case .problems: return true
        case .everything: return false
        case .fitting:
            guard let height, let watched = overview.watched else { return false }
            return watched >= height
        }
    }

    func sorted(_ tokens: [TokenReport]) -> [TokenReport] {
        let urgent = tokens.sorted(by: TokenReport.isListed)
        // Tokens without an owner come last.
        func name(_ text: String?) -> (Int, String) { (text == nil ? 1 : 0, text ?? "") }
        let key: (TokenReport) -> (Int, String)
        switch order {
        case .urgency: return urgent
        case .expires:
            return tokens.sorted {
                ($0.expiresAt ?? .distant, NaturalOrder($0.id))
                    < ($1.expiresAt ?? .distant, NaturalOrder($1.id))
            }
        case .name: return tokens.sorted { NaturalOrder($0.id) < NaturalOrder($1.id) }
        case .owner: key = { name($0.owner?.lowercased()) }
        case .provider: key = { name($0.provider) }
        }
        // For one owner or provider, the most urgent token comes first.
        return urgent.enumerated().sorted { left, right in
            let (first, second) = (key(left.element), key(right.element))
            return first == second ? left.offset < right.offset : first < second
        }.map(\.element)
    }

    /// Returns the instant that distances are counted from.
    func instant(before now: Instant) throws(UsageError) -> Instant {
        guard let at else { return now }
        guard at <= now else {
            throw UsageError(
                "--at is \(at.rfc3339), which is in the future; see: tokenwatchd simulate",
                command: "status"
            )
        }
        return at
    }

    func includes(_ token: TokenReport, at now: Instant) -> Bool {
        if let states, !states.contains(token.state) { return false }
        if let within {
            guard let expiry = token.expiresAt, expiry - now <= within else { return false }
        }
        if let owner {
            guard token.owner.map(owner.matchesIgnoringCase) == true else { return false }
        }
        if let covers {
            guard let permissions = token.permissions,
                PermissionSet(permissions).covers(covers, syntax: .resourceAction)
            else { return false }
        }
        return true
    }
}
