import Alerting
import Formats
import Monitor

extension Command {
    static let can = Command(
        "can",
        "test whether a token covers permissions, for scripts",
        operands: [.one("ID"), .some("PERMISSION")],
        options: [Option("live", help: "poll the token first")] + Option.ofClient,
        notes: [
            "The daemon answers from the token's last good poll. A token that is expired or rejected "
                + "covers nothing. --live polls first and needs root or the daemon's user.",
            "In a script: `tokenwatchd can deploy servers:create dns:list || exit 1`.",
        ],
        exitStatuses: [
            (ExitStatus.ok, "the token covers every permission"),
            (ExitStatus.warning, "it does not"),
            (
                ExitStatus.unknown,
                "unknown: no data yet, not reported by the provider, no such token, no daemon"
            ),
        ]
    ) { arguments, session in
        let client = try DaemonClient(arguments, session)
        let id = arguments.operands[0]
        let path = try await client.path(ofToken: id)
        if arguments.has("live") { try await poll(id, path, client) }
        let query = arguments.operands.dropFirst()
            .map { "permission=\($0.percentEncoded)" }.joined(separator: "&")
        let answer = try await client.ask("\(path)/can?\(query)")
        if answer.status == 404 { throw try await client.unknownToken(id) }
        let json = try answer.expected().json()
        try await session.print(answer.body, arguments, client) { canvas in
            [words(json, id, at: canvas.now)]
        }
        switch json["covered"]?.bool {
        case true?: return ExitStatus.ok
        case false?: return ExitStatus.warning
        case nil: return ExitStatus.unknown
        }
    }

    /// Polls the token, and returns when its answer has arrived.
    private static func poll(
        _ id: String,
        _ path: String,
        _ client: DaemonClient
    ) async throws {
        let answer = try await client.ask(
            "\(path)/poll?wait=\(DurationText.text(longestPoll))",
            method: "POST",
            timeout: longestPoll + .seconds(10)
        )
        if answer.status == 404 { throw try await client.unknownToken(id) }
        let result = try answer.expected().json()
        if let problem = result.text("problem") {
            throw Failure("\(id): no usable secret: \(problem)")
        }
        let isPolled = result["polled"]?.bool ?? false
        let token = try TokenReport(try await client.get(path).json())
        let verdicts: Set<String?> = ["ok", "rejected"]
        guard isPolled, verdicts.contains(token.lastOutcome) else {
            let reason = isPolled ? token.lastError : "no answer yet; see: tokenwatchd status \(id)"
            throw Failure("\(id): the poll failed: \(reason ?? "no reason is known")")
        }
    }

    /// The longest poll: `polling.timeout` is at most 5 min.
    private static let longestPoll = Duration.minutes(5)

    /// Returns one line: the verdict, and the age of the data behind it.
    private static func words(_ json: JSONValue, _ id: String, at now: Instant) -> String {
        let asOf = json.instant("as_of").map { " (as of \($0.forPeople(at: now)))" } ?? ""
        switch (json["covered"]?.bool, json.text("reason")) {
        case (true?, _): return "\(id): yes\(asOf)"
        case (false?, let reason?): return "\(id): no, it is \(reason)"
        case (false?, nil):
            let missing = json.texts("missing") ?? []
            return "\(id): no, not covered: \(missing.listed())\(asOf)"
        case (nil, "not_told"?): return "\(id): unknown, its provider does not report permissions"
        case (nil, _): return "\(id): unknown, no data yet; see: tokenwatchd status \(id)"
        }
    }
}
