import Alerting
import Formats
import Monitor

extension Command {
    static let testNotify = Command(
        "test-notify",
        "send a test notification and show what each channel answered",
        operands: [.any("CHANNEL")],
        options: Option.ofClient,
        notes: [
            "Without a CHANNEL it tests every channel and the heartbeat. It does not retry, unlike an "
                + "alert. Only root and the daemon's user may do this."
        ],
        exitStatuses: [
            (ExitStatus.ok, "every channel delivered it"),
            (ExitStatus.warning, "a delivery failed, or an unknown channel"),
            (ExitStatus.unknown, "no daemon, or not allowed"),
        ]
    ) { arguments, session in
        let body = JSONWriter.bytes { $0.object { $0.field("channels", arguments.operands) } }
        let client = try DaemonClient(arguments, session)
        // A command may take as long as the configuration allows.
        let answer = try await client.ask(
            "/v1/test-notify",
            method: "POST",
            body: body,
            timeout: .seconds(300)
        ).expected()
        let tests = try answer.elements().map { json throws(Failure) in try TestReport(json) }
        try await session.print(answer.body, arguments, client) { canvas in
            TestReport.lines(tests, canvas.paint)
        }
        // Without any channel, nothing was delivered.
        let isDelivered = !tests.isEmpty && tests.allSatisfy(\.isDelivered)
        return isDelivered ? ExitStatus.ok : ExitStatus.warning
    }
}

/// The result of a test event at one receiver.
private struct TestReport {
    let channel: String
    let isDelivered: Bool
    let error: String?

    init(_ json: JSONValue) throws(Failure) {
        guard let channel = json.text("channel"), case .bool(let isDelivered)? = json["delivered"]
        else {
            throw Failure("the daemon's answer is no test result; compare versions")
        }
        self.channel = channel
        self.isDelivered = isDelivered
        error = json.text("error")
    }

    static func lines(_ tests: [TestReport], _ paint: Paint) -> [String] {
        guard !tests.isEmpty else { return ["The daemon has no channel."] }
        let width = tests.map { DisplayWidth.of($0.channel) }.max() ?? 0
        return tests.map { test in
            let result =
                test.isDelivered
                ? paint.state(.ok, "delivered")
                : paint.state(.critical, "failed") + ": \(test.error ?? "no reason was given")"
            return "\(DisplayWidth.padded(test.channel, to: width))  \(result)"
        }
    }
}
