import Alerting
import Formats
import Monitor

extension Command {
    static let status = Command(
        "status",
        "list tokens, most urgent first",
        operands: [.any("ID")],
        options: [
            Option("problems", help: "only tokens that are not ok"),
            Option("all", help: "every token, even if they do not fit the screen"),
            Option("state", "STATE", help: "only these states, such as critical,unknown"),
            Option(
                "within",
                "DURATION",
                help: "only tokens that expire within this time, such as 90d"
            ),
            Option(
                "owner",
                "OWNER",
                help: "only tokens of this owner; * stands for any characters"
            ),
            Option("covers", "PERMISSION", help: "only tokens that cover this, such as \"dns:*\""),
            Option("sort", "KEY", help: "by urgency (default), name, expires, owner or provider"),
            Option("at", "INSTANT", help: "the state at this time, such as 2026-11-21T08:00:00Z"),
            Option("no-pager", help: "print directly, without a pager"),
        ] + Option.ofClient,
        notes: [
            "One ID shows everything about that token; otherwise each token is a line. On a terminal, "
                + "it counts tokens that are ok, and lists them only if all fit the screen. Without a "
                + "terminal, every token is listed and nothing is hidden.",
            "A list longer than the screen goes through $PAGER, or less. An empty PAGER switches "
                + "that off, as --no-pager does.",
            "--at shows the past, as far back as the history is kept: each token's permissions and "
                + "alerts. Owners are those of the current configuration.",
        ],
        exitStatuses: ExitStatus.ofTokens.map { status, meaning in
            status == ExitStatus.warning
                ? (status, "\(meaning), or --covers matches no token") : (status, meaning)
        }
    ) { arguments, session in
        let choice = try TokenChoice(arguments, command: "status")
        let client = try DaemonClient(arguments, session)
        let local = try choice.instant(before: session.clock())
        let console = session.console
        let isOverall = arguments.operands.isEmpty
        var overview = Overview()
        if !arguments.has("json"), choice.at == nil {
            let whole = try await client.overview()
            overview = isOverall ? whole : Overview(clockOf: whole)
        }
        let listing = choice.listing(ids: arguments.operands)
        let answer: TokensAnswer
        if let at = choice.at {
            answer = try await client.tokens(arguments.operands, at: at)
        } else if isOverall, choice.needsProblemsOnly(of: overview, listing, console.height) {
            answer = try await client.problems(of: overview)
        } else if isOverall, !arguments.has("json") {
            answer = try await client.tableOfTokens()
        } else {
            answer = try await client.tokens(arguments.operands)
        }
        // A wrong local clock would show wrong distances.
        let now = overview.now ?? local
        let tokens = choice.sorted(answer.tokens.filter { choice.includes($0, at: now) })
        if arguments.has("json") {
            let whole = choice.isEverything ? answer.body : nil
            let listed = tokens.filter { !choice.hasProblemsOnly || $0.state != .ok }
            console.print(json: whole ?? JSONValue.bytes(of: listed.map(\.json)))
        } else if arguments.operands.count == 1, let token = tokens.first {
            let screen = TokenScreen(token, session.canvas(at: now))
            console.print(overview.clockLines(width: console.width) + screen.lines)
        } else {
            let screen = StatusScreen(
                tokens: tokens,
                others: answer.others,
                watched: answer.watched,
                choice: choice.words,
                overview: overview,
                isPast: choice.at != nil,
                listing: listing,
                canvas: session.canvas(at: now)
            )
            console.show(screen.lines, isPaged: !arguments.has("no-pager"))
        }
        // No match must not look like a match to a script.
        if tokens.isEmpty, arguments["covers"] != nil { return ExitStatus.warning }
        return TokenHealth.worst(tokens.map(\.state))?.exitStatus ?? ExitStatus.ok
    }
}
