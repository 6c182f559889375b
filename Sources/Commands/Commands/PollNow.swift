import Monitor

extension Command {
    static let pollNow = Command(
        "poll-now",
        "have the daemon poll at once",
        operands: .any("ID"),
        options: Option.ofClient,
        notes: [
            "Whatever phase and back-off say, but not before a provider's Retry-After has passed. "
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
        var count: Int64 = 0
        for target in targets.isEmpty ? ["/v1/poll"] : targets {
            let answer = try await client.ask(target, method: "POST").expected()
            if arguments.has("json") { session.console.print(json: answer.body) }
            count += try answer.json()["polling"]?.integer ?? 0
        }
        if !arguments.has("json") {
            session.console.print(
                "Polling \(counted(Int(count), "token")). See: tokenwatchd status"
            )
        }
        return ExitStatus.ok
    }
}
