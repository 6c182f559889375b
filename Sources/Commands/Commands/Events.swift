import Alerting
import Formats
import Monitor
import Store

extension Command {
    static let events = Command(
        "events",
        "show the record of events, newest last",
        options: [
            Option(
                "follow",
                help: "keep printing new events; with --json, one JSON object per line"
            ),
            Option("since", "D", help: "start this long ago (7d), or at a date or instant"),
        ] + Option.ofClient,
        notes: [
            "The default is the newest hundred events.",
            "--follow prints new events in the same form. It continues when the daemon restarts, and "
                + "reports on standard error when the daemon is away and when it is back. It neither "
                + "misses nor repeats an event.",
        ],
        exitStatuses: [(ExitStatus.ok, "done"), (ExitStatus.unknown, "no daemon")]
    ) { arguments, session in
        let now = session.clock()
        let since = try arguments["since"].map { try start($0, now: now) }
        let client = try DaemonClient(arguments, session)
        let follows = arguments.has("follow")
        // How far the local clock is behind the daemon's time.
        var behind = Duration.zero
        if !arguments.has("json") {
            let overview = await client.clockOverview()
            session.console.print(overview.clockLines(width: session.console.width))
            behind = session.canvas(of: overview).now - session.clock()
        }
        var last: String
        if let since {
            let events = try await client.events(since: since)
            try show(events, behind, arguments, session)
            last = events.lastID ?? since
        } else {
            let answer = try await client.get("/v1/events")
            let events = try answer.elements()
            if arguments.has("json"), !follows {
                session.console.print(json: answer.body)
            } else {
                try show(events, behind, arguments, session)
            }
            last = events.lastID ?? now.rfc3339
        }
        guard follows else { return ExitStatus.ok }
        var isAway = false
        while !Task.isCancelled {
            do {
                // Continues after the last id each time, so a lost connection loses no event.
                try await Task.sleep(for: .seconds(1))
                let events = try await client.events(since: last)
                if isAway { session.console.complain(["tokenwatchd: the daemon is back"]) }
                isAway = false
                try show(events, behind, arguments, session)
                last = events.lastID ?? last
            } catch is CancellationError {
                break
            } catch let failure as Failure {
                // A restart of the daemon is no reason to end; report it once.
                if !isAway {
                    session.console.complain(
                        ["tokenwatchd: the daemon is away: \(failure.reason)"]
                    )
                }
                isAway = true
            }
        }
        return ExitStatus.ok
    }

    private static func start(_ text: String, now: Instant) throws(UsageError) -> String {
        if let duration = DurationText.parse(text) { return (now - duration).rfc3339 }
        if let instant = Instant(text: text) { return instant.rfc3339 }
        throw UsageError(
            "--since is \"\(text.escapedForTerminal)\"; it must be a duration such as 7d, or an "
                + "instant such as \(now.rfc3339)",
            command: "events"
        )
    }

    private static func show(
        _ events: [JSONValue],
        _ behind: Duration,
        _ arguments: Arguments,
        _ session: Session
    ) throws {
        let console = session.console
        guard !arguments.has("json") else {
            guard arguments.has("follow") else {
                console.print(json: JSONValue.bytes(of: events))
                return
            }
            for event in events {
                console.print(json: JSONWriter.bytes { event.write(into: &$0) })
            }
            return
        }
        if events.isEmpty, !arguments.has("follow") {
            console.print("No events.")
        }
        let screen = EventLines(canvas: session.canvas(at: session.clock() + behind))
        console.print(screen.lines(try events.map { event in try EventReport(event) }))
    }
}

extension [JSONValue] {
    /// The id of the last event, if it is valid in a URL.
    fileprivate var lastID: String? {
        last?["id"]?.string.flatMap { EventID($0) }?.description
    }
}
