import Alerting
import Formats
import Monitor

extension Command {
    static let history = Command(
        "history",
        "show a token's history: permissions, expiries, alerts, outages, use",
        operands: [.one("ID")],
        options: Option.ofClient,
        notes: [
            "Oldest first, as far back as the history is kept. ! marks an alert that begins or gets "
                + "worse, a dot one that ends; + and - are permissions gained and lost.",
            "It omits reminders; --json prints every event.",
        ],
        exitStatuses: ExitStatus.ofQuestions
    ) { arguments, session in
        let client = try DaemonClient(arguments, session)
        let name = arguments.operands[0]
        guard let id = TokenID.written(name) else { throw try await client.unknownToken(name) }
        let events = try await client.events(since: "1970-01-01", token: id)
        // A token that left the configuration still has a record; an unknown one has none.
        if events.isEmpty, try await client.tokenIfWatched(id) == nil {
            throw try await client.unknownToken(name)
        }
        let json = JSONValue.bytes(of: events)
        try await session.print(json, arguments, client, isPaged: true) { canvas in
            let token = try await client.tokenIfWatched(id)
            let life = try TokenLife(
                id,
                events: events,
                spans: try await client.spans(of: id),
                token: token,
                now: canvas.now
            )
            return LifeScreen(id: id, life: life, token: token, canvas: canvas).lines
        }
        return ExitStatus.ok
    }
}
