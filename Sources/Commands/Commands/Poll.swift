import Alerting
import HTTP
import Monitor
import Store
import System

extension Command {
    static let poll = Command(
        "poll",
        "poll once and show the result; store and send nothing",
        operands: [.any("ID")],
        options: [
            .config, .socket,
            Option("counts-as-use", help: "poll canaries too: this counts as use"), .json,
            Option(
                "profile",
                "FILE",
                help: "try this profile on a saved answer, without a request"
            ),
            Option("answer", "FILE", help: "the answer, as curl -i saves it, or its body alone"),
        ],
        notes: [
            "It polls the providers itself, and shows the alerts that the daemon would raise for a "
                + "new token. It needs no daemon. It informs a running one, so that the daemon does not "
                + "take the poll for use elsewhere; this needs root or the daemon's user.",
            "It polls a canary only with --counts-as-use, and only if it can inform a running "
                + "daemon. A daemon that starts later takes the poll for use elsewhere.",
            "For INVENTORY/ID it reads the inventory's list and shows that token.",
            "With --json, listing is null, or what an inventory's list has: tokens (their number), "
                + "unreadable (rows that cannot be read), whole (false if pages or rows are missing) "
                + "and reason (why they are).",
            "With --profile and --answer it needs no network, no configuration and no secret: it "
                + "shows how one [providers.NAME] reads one answer. For a profile without a request, "
                + "--answer is the token itself.",
        ],
        exitStatuses: ExitStatus.ofPolls
    ) { arguments, session in
        let results = try await results(arguments, session)
        let now = session.clock()
        if arguments.has("json") {
            session.console.print(json: PollScreen.json(results, at: now))
        } else if results.isEmpty {
            session.console.print(StatusScreen.noTokens)
        } else {
            session.console.print(PollScreen.lines(results, session.canvas(at: now)))
        }
        return TokenHealth.worst(results.map(\.state.health))?.exitStatus ?? ExitStatus.ok
    }

    /// Returns the warnings that a daemon may count polls as use elsewhere.
    private static func doubts(of results: [OneTimePoll.Result]) -> [String] {
        let reasons = Set(
            results.compactMap { result in
                if case .untold(let reason) = result.telling { reason } else { nil }
            }
        )
        let canaries = results.filter { $0.telling == .noDaemon && $0.settings.isCanary }
            .map(\.settings.id.text)
        return reasons.sorted().map {
            "tokenwatchd: the daemon may take this for use elsewhere, because it cannot be informed: \($0)"
        }
            + (canaries.isEmpty
                ? []
                : [
                    "tokenwatchd: the daemon is not running; when it starts, it will take this "
                        + "for use elsewhere of \(canaries.listed())"
                ])
    }

    private static func results(
        _ arguments: Arguments,
        _ session: Session
    ) async throws -> [OneTimePoll.Result] {
        let profile = arguments["profile"]
        let answer = arguments["answer"]
        guard profile == nil, answer == nil else {
            guard let profile, let answer, arguments.operands.isEmpty, arguments["config"] == nil
            else {
                throw UsageError(
                    "--profile and --answer go together, without --config and without tokens",
                    command: "poll"
                )
            }
            let now = session.clock()
            return [try TriedProfile(profile, answer: answer, at: now).result(at: now)]
        }
        let configuration = try session.usableConfiguration(arguments["config"])
        let choices = try choices(arguments.operands, of: configuration)
        let client = try DaemonClient(arguments, configuration)
        let poll = try OneTimePoll(
            configuration,
            session,
            daemon: OwnUse(client),
            countsAsUse: arguments.has("counts-as-use")
        )
        var polled: Set<TokenID> = []
        let tokens = choices.map(\.token).filter { polled.insert($0.settings.id).inserted }
        let results = await poll.poll(tokens)
        session.console.complain(doubts(of: results))
        let byID = Dictionary(results.map { ($0.settings.id, $0) }) { first, _ in first }
        let now = session.clock()
        return choices.compactMap { choice in
            let result = byID[choice.token.settings.id]
            guard let row = choice.row else { return result }
            return result?.showing(row.id, of: row.inventory, at: now)
        }
    }

    /// A token to poll, and the token of its list to show instead.
    private struct Choice {
        let token: WatchedToken
        var row: (id: TokenID, inventory: Inventory)?
    }

    private static func choices(
        _ ids: [String],
        of configuration: Configuration
    ) throws(Failure) -> [Choice] {
        guard !ids.isEmpty else { return configuration.tokens.map { Choice(token: $0) } }
        let tokens = Dictionary(configuration.tokens.map { ($0.settings.id, $0) }) { first, _ in
            first
        }
        let inventories = Dictionary(configuration.inventories.map { ($0.id, $0) }) { first, _ in
            first
        }
        var choices: [Choice] = []
        for text in ids {
            let id = TokenID.written(text)
            if let id, let inventory = id.inventory.flatMap({ inventories[$0] }),
                let token = tokens[inventory.id]
            {
                choices.append(Choice(token: token, row: (id, inventory)))
            } else if let token = id.flatMap({ tokens[$0] }) {
                choices.append(Choice(token: token))
            } else {
                let known = configuration.tokens.map(\.settings.id.text)
                throw Failure.unknownToken(text, known: known)
            }
        }
        return choices
    }
}
