import Alerting
import Monitor

extension Command {
    static let explain = Command(
        "explain",
        "why a token does or does not alert, and what comes next",
        operands: .one("ID"),
        options: Option.ofClient,
        notes: [
            "Every condition with its rule and what was found, the stages before the expiry, what "
                + "will be said and to whom if polls bring nothing new, when the next poll is due "
                + "and why then, and what the provider does not tell."
        ],
        exitStatuses: ExitStatus.ofQuestions
    ) { arguments, session in
        let client = try DaemonClient(arguments, session)
        let id = arguments.operands[0]
        let answer = try await client.ask(try await client.path(ofToken: id) + "/explain")
        if answer.status == 404 { throw try await client.unknownToken(id) }
        let good = try answer.expected()
        if arguments.has("json") {
            session.console.print(json: good.body)
            return ExitStatus.ok
        }
        let screen = ExplainScreen(
            report: try ExplainReport(good.json()),
            now: session.clock(),
            width: session.console.width,
            hasColour: session.console.hasColour
        )
        session.console.print(screen.lines)
        return ExitStatus.ok
    }
}
