import Alerting
import Monitor

extension Command {
    static let explain = Command(
        "explain",
        "explain a token's alerts and its next notifications",
        operands: [.one("ID")],
        options: Option.ofClient,
        notes: [
            "It shows every condition with its rule and evidence, the expiry stages, the next "
                + "notifications if nothing changes, the time of the next poll and its reason, and what "
                + "the provider does not report."
        ],
        exitStatuses: ExitStatus.ofQuestions
    ) { arguments, session in
        let client = try DaemonClient(arguments, session)
        let id = arguments.operands[0]
        let answer = try await client.ask(try await client.path(ofToken: id) + "/explain")
        if answer.status == 404 { throw try await client.unknownToken(id) }
        let good = try answer.expected()
        try await session.print(good.body, arguments, client, isPaged: true) { canvas in
            ExplainScreen(report: try ExplainReport(good.json()), canvas: canvas).lines
        }
        return ExitStatus.ok
    }
}
