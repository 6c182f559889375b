import Alerting
import Monitor
import Store

extension Command {
    static let mute = Command(
        "mute",
        "mute the notifications of tokens for a while",
        operands: [.any("ID")],
        options: scopes + [
            Option("for", "DURATION", help: "how long; required, at most 90d"),
            Option("reason", "REASON", help: "why; required"), .by,
        ] + Option.ofClient,
        notes: [
            "Events are recorded but not sent, except the end of an alert that was sent before. "
                + "States and exit statuses do not change. When the mute ends, the daemon sends active "
                + "alerts as reminders. Muting again replaces the earlier mute. The mute of an inventory "
                + "covers the tokens of its list.",
            whoMay,
        ],
        exitStatuses: exitStatuses + [
            (ExitStatus.usage, "bad usage, for example without a reason")
        ]
    ) { arguments, session in
        let question = try MuteQuestion(arguments, command: "mute")
        guard let reason = arguments["reason"] else {
            throw UsageError("--reason is missing: --reason REASON", command: "mute")
        }
        let length = try arguments.duration(
            "for",
            atMost: Mute.longest,
            such: "2h",
            command: "mute"
        )
        guard let length else {
            throw UsageError("--for is missing: --for DURATION, such as 2h", command: "mute")
        }
        let client = try DaemonClient(arguments, session)
        let answer = try await question.ask(client, method: "POST") { json in
            json.field("for", DurationText.text(length))
            json.field("reason", reason)
            json.field("by", session.userName(arguments))
        }
        try await session.print(answer.body, arguments, client) { canvas in
            let until = try answer.elements().first?.instant("until")?.forPeople(at: canvas.now)
            return [
                "\(question.words) muted until \(until ?? "its end").",
                "To end it sooner: tokenwatchd unmute \(question.operands)",
            ]
        }
        return ExitStatus.ok
    }

    static let unmute = Command(
        "unmute",
        "end mutes: notifications resume",
        operands: [.any("ID")],
        options: scopes + [.by] + Option.ofClient,
        notes: ["The daemon then sends active alerts as reminders.", whoMay],
        exitStatuses: exitStatuses + [(ExitStatus.usage, "bad usage")]
    ) { arguments, session in
        let question = try MuteQuestion(arguments, command: "unmute")
        let client = try DaemonClient(arguments, session)
        let answer = try await question.ask(client, method: "DELETE") { json in
            json.field("by", session.userName(arguments))
        }
        try await session.print(answer.body, arguments, client) { _ in
            let others = try await client.get("/v1/mutes").elements().count
            let left = counted(others, "other mute")
            return others == 0
                ? ["\(question.words) no longer muted; notifications resume."]
                : ["The mute ended.", "\(left) may cover the same tokens: tokenwatchd mutes"]
        }
        return ExitStatus.ok
    }

    static let mutes = Command(
        "mutes",
        "list mutes: who, why and until when",
        options: Option.ofClient,
        notes: ["The one that ends first is listed first."],
        exitStatuses: [(ExitStatus.ok, "done"), (ExitStatus.unknown, "no daemon")]
    ) { arguments, session in
        let client = try DaemonClient(arguments, session)
        let answer = try await client.get("/v1/mutes")
        try await session.print(answer.body, arguments, client) { canvas in
            MutesScreen(mutes: try answer.elements()).lines(on: canvas)
        }
        return ExitStatus.ok
    }

    fileprivate static let scopes = [
        Option("host", "HOST", help: "a host and all tokens that are polled there"),
        Option("owner", "OWNER", help: "all tokens of an owner; * stands for any characters"),
        Option("provider", "PROVIDER", help: "all tokens of a provider"),
    ]

    private static let whoMay =
        "Only root and the daemon's user may do this; the name is recorded as given."

    private static let exitStatuses: [(status: Int32, meaning: String)] = [
        (ExitStatus.ok, "done"), (ExitStatus.warning, "not muted"),
        (ExitStatus.unknown, "no daemon, no such token, host, owner or provider, or not allowed"),
    ]
}

/// The scope of a mute, and the request to the daemon.
private struct MuteQuestion {
    private let ids: [String]
    /// The option and its value; nil if ids are given.
    private let other: (key: String, name: String)?
    private let command: String

    init(_ arguments: Arguments, command: String) throws(UsageError) {
        self.command = command
        ids = arguments.operands
        let given = Command.scopes.compactMap { option in
            arguments[option.name].map { (key: option.name, name: $0) }
        }
        guard given.count + (ids.isEmpty ? 0 : 1) == 1 else {
            throw UsageError(
                "name tokens by ID, or use one of --host, --owner and --provider",
                command: command
            )
        }
        other = given.first
    }

    /// The operands as on the command line.
    var operands: String {
        other.map { "--\($0.key) \($0.name.escapedForTerminal.shellQuoted)" }
            ?? ids.map(\.shellQuoted).joined(separator: " ")
    }

    /// The beginning of a sentence: `deploy is`.
    var words: String {
        if let other { return "\(other.key) \(other.name.escapedForTerminal) is" }
        return "\(ids.listed()) \(ids.count == 1 ? "is" : "are")"
    }

    func ask(
        _ client: DaemonClient,
        method: String,
        _ members: (inout JSONWriter) -> Void
    ) async throws -> DaemonAnswer {
        var writer = JSONWriter()
        writer.object { json in
            if let other {
                json.field(other.key, other.name)
            } else {
                json.field("tokens", ids)
            }
            members(&json)
        }
        for id in ids where TokenID.written(id) == nil { throw try await client.unknownToken(id) }
        let answer = try await client.ask("/v1/mutes", method: method, body: writer.bytes)
        switch answer.status {
        case 400:
            throw UsageError(
                answer.detail ?? "the daemon rejected the request",
                command: command
            )
        case 404:
            let detail = answer.detail ?? "there is no such token"
            // The daemon names a listed token by its own id, which nobody has typed.
            let unknown = ids.first { id in
                TokenID.written(id).map { detail.contains("\"\($0)\"") } ?? false
            }
            if let unknown { throw try await client.unknownToken(unknown) }
            throw Failure(detail.escapedForTerminal)
        case 409:
            let detail = answer.detail ?? "it is not muted"
            // A suggestion is the next step.
            let next = detail.hasSuffix("?") ? "" : "; see: tokenwatchd mutes"
            throw Failure(detail + next, status: ExitStatus.warning)
        default: return try answer.expected()
        }
    }
}
