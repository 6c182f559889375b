import Alerting
import Monitor

extension Command {
    static let status = Command(
        "status",
        "show the tokens, the worst first",
        operands: .any("ID"),
        options: [
            Option("within", "DURATION", help: "only what expires within, such as 90d"),
            Option("owner", "OWNER", help: "only this owner's"),
            Option("covers", "PERMISSION", help: "only what may do this, such as \"dns:*\""),
            Option("at", "INSTANT", help: "as it was then, such as 2026-11-21T08:00:00Z"),
        ] + Option.ofClient,
        notes: [
            "With --at it is what the record tells, as far back as it is kept: what each token could "
                + "do, and what was wrong with it. Owners are those of the present configuration.",
            "One ID shows everything about that token; otherwise each token is a line, sorted by "
                + "state and then by the time left. Where the output is no terminal nothing is cut.",
        ],
        exitStatuses: ExitStatus.ofTokens.map { status, meaning in
            status == ExitStatus.warning
                ? (status, "\(meaning), or --covers matches no token") : (status, meaning)
        }
    ) { arguments, session in
        let choice = try TokenChoice(arguments, command: "status")
        let client = try DaemonClient(arguments, session)
        let local = try choice.instant(before: session.clock())
        let answer: TokensAnswer
        if let at = choice.at {
            answer = try await client.tokens(arguments.operands, at: at)
        } else {
            answer = try await client.tokens(arguments.operands)
        }
        let isOverall = arguments.operands.isEmpty
        var overview = Overview()
        if !arguments.has("json"), choice.at == nil {
            let whole = try await client.overview()
            overview = isOverall ? whole : Overview(clockOf: whole)
        }
        // A machine's clock that is wrong would show wrong distances.
        let now = overview.now ?? local
        let tokens = answer.tokens.filter { choice.includes($0, at: now) }
            .sorted(by: TokenReport.isListed)
        let console = session.console
        if arguments.has("json") {
            let whole = choice.isEverything ? answer.body : nil
            console.print(json: whole ?? JSONValue.bytes(of: tokens.map(\.json)))
        } else if arguments.operands.count == 1, let token = tokens.first {
            let screen = TokenScreen(
                token,
                now: now,
                width: console.width,
                hasColour: console.hasColour
            )
            console.print(overview.clockLines(width: console.width) + screen.lines)
        } else {
            let screen = StatusScreen(
                tokens: tokens,
                watched: answer.watched,
                choice: choice.words,
                overview: overview,
                isPast: choice.at != nil,
                now: now,
                width: console.width,
                hasColour: console.hasColour
            )
            console.print(screen.lines)
        }
        // A script that looks for a token that may do something must not take none for one.
        if tokens.isEmpty, arguments["covers"] != nil { return ExitStatus.warning }
        return TokenHealth.worst(tokens.map(\.state))?.exitStatus ?? ExitStatus.ok
    }
}

/// Which tokens are asked for by their properties.
struct TokenChoice {
    private let within: Duration?
    private let owner: String?
    private let covers: String?
    /// The instant of the past that is asked for; nil for now.
    let at: Instant?
    /// As it was asked for; nil for everything.
    let words: String?

    init(_ arguments: Arguments, command: String) throws(UsageError) {
        owner = arguments["owner"]?.escapedForTerminal
        covers = arguments["covers"]?.escapedForTerminal
        within = try arguments["within"].map { text throws(UsageError) in
            guard let duration = DurationText.parse(text) else {
                throw UsageError(
                    "--within is \"\(text.escapedForTerminal)\"; it must be a duration such as "
                        + "90d, 2w or 12h",
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
        let words = ["within", "owner", "covers", "at"].compactMap { name in
            arguments[name].map { "--\(name) \($0.escapedForTerminal)" }
        }
        self.words = words.isEmpty ? nil : words.joined(separator: " ")
    }

    var isEverything: Bool { words == nil }

    /// The instant that everything is seen from.
    func instant(before now: Instant) throws(UsageError) -> Instant {
        guard let at else { return now }
        guard at <= now else {
            throw UsageError(
                "--at is \(at.rfc3339), which lies ahead; what is to come is told by simulate",
                command: "status"
            )
        }
        return at
    }

    func includes(_ token: TokenReport, at now: Instant) -> Bool {
        if let within {
            guard let expiry = token.expiresAt, expiry - now <= within else { return false }
        }
        if let owner {
            guard token.owner?.lowercased() == owner.lowercased() else { return false }
        }
        if let covers {
            guard let permissions = token.permissions,
                PermissionSet(permissions).covers(covers, syntax: .resourceAction)
            else { return false }
        }
        return true
    }
}
