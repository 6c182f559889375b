import Alerting
import Monitor

extension Command {
    static let history = Command(
        "history",
        "what became of a token: changes and alerts",
        operands: .one("ID"),
        options: Option.ofClient,
        notes: ["Oldest first, as far back as the record is kept."],
        exitStatuses: ExitStatus.ofQuestions
    ) { arguments, session in
        let client = try DaemonClient(arguments, session)
        let id = arguments.operands[0]
        guard let token = TokenID(id) else { throw try await client.unknownToken(id) }
        let events = try await client.events(since: "1970-01-01", token: token)
        // A token that left the configuration still has a record; one that never was has none.
        if events.isEmpty {
            let known = try await client.ask("/v1/tokens/\(token)")
            if known.status == 404 { throw try await client.unknownToken(id) }
        }
        if arguments.has("json") {
            session.console.print(json: JSONValue.bytes(of: events))
            return ExitStatus.ok
        }
        let reports = try events.map { event in try EventReport(event) }
        let screen = EventLines(
            now: session.clock(),
            width: session.console.width,
            hasColour: session.console.hasColour
        )
        session.console.print(
            reports.isEmpty ? ["Nothing is recorded of \(token) yet."] : screen.lines(reports)
        )
        return ExitStatus.ok
    }
}
