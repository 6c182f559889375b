import Alerting
import Formats
import Monitor
import Store

extension Command {
    static let acknowledge = Command(
        "ack",
        "acknowledge an alert and mute its reminders",
        operands: [.one("ID"), .optional("CONDITION")],
        options: [
            Option("reason", "REASON", help: "why; required"),
            Option("for", "DURATION", help: "how long; default 30d, at most 90d"), .by,
        ] + Option.ofClient,
        notes: [
            "Without a CONDITION it acknowledges every alert of the token. The acknowledgement ends "
                + "when the severity rises, the alert resolves, or its time is over; in that case the "
                + "daemon sends a notification. States and exit statuses do not change.", whoMay,
        ],
        exitStatuses: exitStatuses + [
            (ExitStatus.usage, "bad usage, for example without a reason")
        ]
    ) { arguments, session in
        let question = try AcknowledgeQuestion(arguments, command: "ack")
        guard let reason = arguments["reason"] else {
            throw UsageError("--reason is missing: --reason REASON", command: "ack")
        }
        let length = try arguments.duration(
            "for",
            atMost: Acknowledgement.longest,
            such: "2d",
            command: "ack"
        )
        let claimed = session.userName(arguments)
        let client = try DaemonClient(arguments, session)
        let answer = try await question.ask(client, method: "POST") { json in
            json.field("reason", reason)
            json.field("for", length.map(DurationText.text))
            json.field("by", claimed)
        }
        try await session.print(answer.body, arguments, client) { canvas in
            let done = try answer.json()
            let until = done.instant("until")?.forPeople(at: canvas.now)
            let covering = (done["covered_by"]?.elements ?? []).compactMap(\.string)
            let undo = "To remove it: tokenwatchd unack \(question.operands)"
            return [
                "\(question.words) acknowledged until \(until ?? "its end") by "
                    + (done.text("by") ?? claimed?.escapedForTerminal ?? "you") + ".",
                covering.isEmpty
                    ? "No reminders until then, unless the severity rises. \(undo)"
                    : "\(covering.listed().escapedForTerminal), the alert of its host, covers it now and "
                        + "keeps sending reminders. \(undo)",
            ]
        }
        return ExitStatus.ok
    }

    static let unacknowledge = Command(
        "unack",
        "remove an acknowledgement; reminders resume",
        operands: [.one("ID"), .optional("CONDITION")],
        options: [.by] + Option.ofClient,
        notes: ["Without a CONDITION it removes every acknowledgement of the token.", whoMay],
        exitStatuses: exitStatuses + [(ExitStatus.usage, "bad usage")]
    ) { arguments, session in
        let question = try AcknowledgeQuestion(arguments, command: "unack")
        let client = try DaemonClient(arguments, session)
        let answer = try await question.ask(client, method: "DELETE") { json in
            json.field("by", session.userName(arguments))
        }
        try await session.print(answer.body, arguments, client) { _ in
            ["\(question.removed); reminders resume."]
        }
        return ExitStatus.ok
    }

    static let acknowledgements = Command(
        "acks",
        "list acknowledgements: who, why and until when",
        options: Option.ofClient,
        notes: ["The one that ends first is listed first."],
        exitStatuses: [(ExitStatus.ok, "done"), (ExitStatus.unknown, "no daemon")]
    ) { arguments, session in
        let client = try DaemonClient(arguments, session)
        let screen = AcknowledgementsScreen(tokens: try await client.tokens([]).tokens)
        try await session.print(screen.json, arguments, client, or: screen.lines)
        return ExitStatus.ok
    }

    private static let whoMay =
        "Only root and the daemon's user may do this. --by is recorded as given; without it, the "
        + "name is that of $SUDO_USER, of the login (loginuid), or of the user at the socket."

    private static let exitStatuses: [(status: Int32, meaning: String)] = [
        (ExitStatus.ok, "done"), (ExitStatus.warning, "no matching alert"),
        (ExitStatus.unknown, "no daemon, no such token, or not allowed"),
    ]
}

/// The alerts, and the request to the daemon.
private struct AcknowledgeQuestion {
    private let id: String
    private let condition: Condition?
    private let command: String

    init(_ arguments: Arguments, command: String) throws(UsageError) {
        id = arguments.operands[0]
        self.command = command
        guard arguments.operands.count > 1 else {
            condition = nil
            return
        }
        let word = arguments.operands[1]
        condition = Condition(rawValue: word)
        guard condition == nil else { return }
        throw UsageError(
            "there is no condition \"\(word.escapedForTerminal)\""
                + NearestName.hint(word, among: Condition.allCases.map(\.rawValue)),
            command: command
        )
    }

    /// The operands as on the command line.
    var operands: String {
        [id.shellQuoted, condition?.rawValue].compactMap(\.self).joined(separator: " ")
    }

    /// The beginning of a sentence: `deploy: expiring is`.
    var words: String { "\(id): " + (condition.map { "\($0.rawValue) is" } ?? "every alert is") }

    /// The beginning of a sentence about a removal.
    var removed: String {
        "\(id): acknowledgement \(condition.map { "of \($0.rawValue) " } ?? "")removed"
    }

    func ask(
        _ client: DaemonClient,
        method: String,
        _ members: (inout JSONWriter) -> Void
    ) async throws -> DaemonAnswer {
        var writer = JSONWriter()
        writer.object { json in
            json.field("condition", condition?.rawValue)
            members(&json)
        }
        let path = try await client.path(ofToken: id)
        let answer = try await client.ask("\(path)/ack", method: method, body: writer.bytes)
        let detail = answer.detail
        switch answer.status {
        case 400:
            throw UsageError(detail ?? "the daemon rejected the request", command: command)
        case 404: throw try await client.unknownToken(id)
        case 409:
            throw Failure(
                "\(detail ?? "there is nothing to acknowledge"); see: tokenwatchd status \(id)",
                status: ExitStatus.warning
            )
        default: return try answer.expected()
        }
    }
}

extension Session {
    /// The person's name as this process knows it; it is not verified.
    ///
    /// If it is nil, the daemon uses the user at the other end of the socket.
    func userName(_ arguments: Arguments) -> String? {
        [arguments["by"], environment["SUDO_USER"], loginName()].compactMap(\.self)
            .first { !$0.isEmpty }
    }
}
