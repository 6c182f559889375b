import Alerting
import Monitor

extension Command {
    static let pollNow = Command(
        "poll-now",
        "have the daemon poll at once",
        operands: .any("ID"),
        options: Option.ofClient,
        notes: [
            "Overrides phase, back-off and a 429 of the token, but not the wait of a whole host "
                + "that asked to be left alone (Retry-After). "
                + "Only root and the daemon's user may ask; what came of it shows in status."
        ],
        exitStatuses: ExitStatus.ofQuestions
    ) { arguments, session in
        let client = try DaemonClient(arguments, session)
        var targets: [String] = []
        // Nothing is polled where one of the ids is wrong.
        for id in arguments.operands {
            let path = try await client.path(ofToken: id)
            if try await client.ask(path).status == 404 { throw try await client.unknownToken(id) }
            targets.append("\(path)/poll")
        }
        var polling: Int64 = 0
        var held: Int64 = 0
        var heldUntil: Instant?
        for target in targets.isEmpty ? ["/v1/poll"] : targets {
            let answer = try await client.ask(target, method: "POST").expected()
            if arguments.has("json") { session.console.print(json: answer.body) }
            let request = try answer.json()
            polling += request["polling"]?.integer ?? 0
            held += request["held"]?.integer ?? 0
            heldUntil = [heldUntil, request.instant("held_until")].compactMap { $0 }.max()
        }
        if !arguments.has("json") {
            if polling > 0 || held == 0 {
                session.console.print(
                    "Polling \(counted(Int(polling), "token")). See: tokenwatchd status"
                )
            }
            if held > 0, let heldUntil {
                session.console.print(
                    "\(counted(Int(held), "token")) will be polled later: the provider asked to be "
                        + "left alone until \(heldUntil.forPeople(at: session.clock()))"
                )
            }
        }
        return ExitStatus.ok
    }
}
