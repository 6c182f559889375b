import Alerting
import Formats
import Monitor

extension Command {
    static let pollNow = Command(
        "poll-now",
        "make the daemon poll now, and show the result",
        operands: [.any("ID")],
        options: [Option("no-wait", help: "return at once; see status for the result")]
            + Option.ofClient,
        notes: [
            "It overrides the schedule, retries and a 429 of the token, but not a host's hold after "
                + "Retry-After. It waits at most 5 minutes for the answers. Only root and the daemon's "
                + "user may do this."
        ],
        exitStatuses: ExitStatus.ofQuestions
    ) { arguments, session in
        let client = try DaemonClient(arguments, session)
        let waits = !arguments.has("no-wait")
        var targets: [String] = []
        // Nothing is polled if one of the ids is wrong.
        for id in arguments.operands {
            let path = try await client.path(ofToken: id)
            if try await client.ask(path).status == 404 { throw try await client.unknownToken(id) }
            targets.append("\(path)/poll")
        }
        var request = PollNowRequest()
        for target in targets.isEmpty ? ["/v1/poll"] : targets {
            let answer = try await client.ask(
                waits ? "\(target)?wait=\(DurationText.text(longestPoll))" : target,
                method: "POST",
                timeout: waits ? longestPoll + .seconds(10) : .seconds(30)
            ).expected()
            if arguments.has("json") { session.console.print(json: answer.body) }
            request.add(try answer.json())
        }
        guard !arguments.has("json") else { return ExitStatus.ok }
        let console = session.console
        guard waits, request.polling > 0 else {
            let overview = (try? await client.overview()) ?? Overview()
            let now = session.canvas(of: overview).now
            let lines = overview.watched == 0 ? [StatusScreen.noTokens] : request.lines(at: now)
            console.print(overview.clockLines(width: console.width) + lines)
            return ExitStatus.ok
        }
        let answer = try await client.tokens(arguments.operands)
        let overview = await client.clockOverview()
        let canvas = session.canvas(of: overview)
        if arguments.operands.count == 1, let token = answer.tokens.first {
            let screen = TokenScreen(token, canvas)
            console.print(overview.clockLines(width: console.width) + screen.lines)
        } else {
            let screen = StatusScreen(
                tokens: answer.tokens.sorted(by: TokenReport.isListed),
                watched: answer.watched,
                overview: overview,
                listing: arguments.operands.isEmpty ? .fitting : .everything,
                canvas: canvas
            )
            console.show(screen.lines)
        }
        console.print(request.remarks(at: canvas.now))
        return ExitStatus.ok
    }

    /// The longest poll: `polling.timeout` is at most 5 min.
    private static let longestPoll = Duration.minutes(5)
}

/// The daemon's answers to requests to poll.
private struct PollNowRequest {
    private(set) var polling: Int64 = 0
    private var held: Int64 = 0
    private var heldUntil: Instant?
    private var hasEnded = true

    mutating func add(_ json: JSONValue) {
        polling = polling.addingReportingOverflow(json["polling"]?.integer ?? 0).partialValue
        held = held.addingReportingOverflow(json["held"]?.integer ?? 0).partialValue
        heldUntil = [heldUntil, json.instant("held_until")].compactMap { $0 }.max()
        // Without a secret there is nothing to wait for: the token's screen has the reason.
        if json["polled"]?.bool == false, json["problem"]?.string == nil { hasEnded = false }
    }

    func lines(at now: Instant) -> [String] {
        var lines: [String] = []
        if polling > 0 || held == 0 {
            lines.append(
                "Polling \(counted(Int(clamping: polling), "token")). See: tokenwatchd status"
            )
        }
        if held > 0, let heldUntil {
            lines.append(
                "\(counted(Int(clamping: held), "token")) will be polled later: the provider "
                    + "limits requests until \(heldUntil.forPeople(at: now))"
            )
        }
        return lines
    }

    /// Returns the remarks that the result does not contain.
    func remarks(at now: Instant) -> [String] {
        var lines = hasEnded ? [] : ["Some polls are still running; see: tokenwatchd status"]
        if held > 0 { lines += self.lines(at: now).suffix(1) }
        return lines
    }
}
