import Alerting
import Monitor

extension Command {
    static let check = Command(
        "check",
        "one line for a monitoring system",
        operands: .any("ID"),
        options: Option.ofClient,
        notes: [
            "One line by the guidelines of the Monitoring Plugins, with the seconds that each "
                + "token has left as performance data; --json prints the tokens instead."
        ],
        exitStatuses: [
            (ExitStatus.ok, "OK"), (ExitStatus.warning, "WARNING"),
            (ExitStatus.critical, "CRITICAL"),
            (ExitStatus.unknown, "UNKNOWN: a token was not seen yet, no such token, no daemon"),
        ]
    ) { arguments, session in
        do {
            let client = try DaemonClient(arguments, session)
            let answer = try await client.tokens(arguments.operands)
            let overview =
                arguments.operands.isEmpty
                ? try await client.overview() : Overview()
            let line = CheckLine(answer.tokens, overview: overview, at: session.clock())
            if arguments.has("json") {
                session.console.print(
                    json: answer.body ?? JSONValue.bytes(of: answer.tokens.map(\.json))
                )
            } else {
                session.console.print(line.text)
            }
            return line.state.exitStatus
        } catch let failure as Failure {
            // A monitoring system reads standard output, and knows no status but 0 to 3.
            let reason = failure.lines.joined(separator: "; ")
            let line = CheckLine(unknown: String(reason.trimmingPrefix("tokenwatchd: ")))
            session.console.print(line.text)
            return line.state.exitStatus
        }
    }
}
