import Alerting
import Formats
import Monitor

extension Command {
    static let check = Command(
        "check",
        "print one line for a monitoring system",
        operands: [.any("ID")],
        options: [
            Option(
                "timeout",
                "DURATION",
                help: "the time limit, such as 5s or 5; default 9s; UNKNOWN after it"
            )
        ] + Option.ofClient,
        notes: [
            "The line follows the guidelines of the Monitoring Plugins. Its performance data are the "
                + "seconds that each token has left, with the thresholds of its policy, for the "
                + "\(CheckLine.maximumFigures) tokens that expire first. --json prints the tokens "
                + "instead. Without tokens it is OK."
        ],
        exitStatuses: [
            (ExitStatus.ok, "OK"), (ExitStatus.warning, "WARNING"),
            (ExitStatus.critical, "CRITICAL"),
            (ExitStatus.unknown, "UNKNOWN: no data yet, no such token, no daemon"),
        ]
    ) { arguments, session in
        do {
            let client = try DaemonClient(arguments, session, within: timeout(arguments))
            if arguments.operands.isEmpty, !arguments.has("json") {
                let line = try await line(ofAll: client, session)
                session.console.print(line.text)
                return line.state.exitStatus
            }
            let answer = try await client.tokens(arguments.operands)
            let overview =
                arguments.operands.isEmpty
                ? try await client.overview() : await client.clockOverview()
            let now = overview.now ?? session.clock()
            let line = CheckLine(answer.tokens, overview: overview, at: now)
            if arguments.has("json") {
                session.console.print(
                    json: answer.body ?? JSONValue.bytes(of: answer.tokens.map(\.json))
                )
            } else {
                session.console.print(line.text)
            }
            return line.state.exitStatus
        } catch let failure as Failure {
            // A monitoring system reads standard output, and knows only the statuses 0 to 3.
            let reason = failure.lines.joined(separator: "; ")
            let line = CheckLine(unknown: String(reason.trimmingPrefix("tokenwatchd: ")))
            session.console.print(line.text)
            return line.state.exitStatus
        }
    }

    /// Fetches only the tokens that the line names: a few of 100,000.
    private static func line(
        ofAll client: DaemonClient,
        _ session: Session
    ) async throws -> CheckLine {
        let overview = try await client.overview()
        guard let counts = overview.counts else {
            throw Failure("the daemon does not count its tokens; is it of another version?")
        }
        let attention = try await client.tokens(query: "attention=1")
        let nearest = try await client.tokens(
            query: "sort=expires&limit=\(CheckLine.maximumFigures)"
        )
        return CheckLine(
            states: counts.flatMap { Array(repeating: $0.key, count: $0.value) },
            attention: attention,
            nearest: nearest,
            overview: overview,
            at: overview.now ?? session.clock()
        )
    }

    /// Returns the limit; NRPE gives a check ten seconds, and plugins take plain seconds.
    private static func timeout(_ arguments: Arguments) throws(UsageError) -> Duration {
        let seconds = arguments["timeout"].flatMap { Int64($0) }
        if let seconds {
            guard (1...3600).contains(seconds) else {
                throw UsageError(
                    "--timeout is \"\(seconds)\"; it must be a duration such as 5s, or a number of "
                        + "seconds, 1s to 1h",
                    command: "check"
                )
            }
            return .seconds(seconds)
        }
        return try arguments.duration(
            "timeout",
            atMost: .hours(1),
            such: "5s",
            command: "check"
        ) ?? .seconds(9)
    }
}
