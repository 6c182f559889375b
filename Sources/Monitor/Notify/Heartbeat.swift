import Alerting

/// The settings of `[heartbeat]`, with the URL.
package struct HeartbeatSettings: Hashable, Sendable {
    /// The URL, which is a secret: a person who knows it can prevent alerts of the switch.
    package var url: Secret
    /// The time between two pings, 1 s to 1 d.
    package var every = Duration.minutes(5)
    /// Whether `http://` to another machine is allowed.
    package var allowsPlainHTTP = false
}

/// Pings a dead man's switch with a GET while all is well.
package struct Heartbeat: Sendable {
    private let target: WebhookTarget
    private let every: Duration
    private let transport: any HTTPTransport
    private let healthy: @Sendable () async -> [String]
    private let sleep: @Sendable (Duration) async throws -> Void

    /// The time limit from the name lookup to the end of the answer.
    private static let longestTimeout = Duration.seconds(10)
    /// The wait before the first ping: enough for the first polls, too short for an alert.
    private static let start = Duration.seconds(10)

    /// - Parameters:
    ///   - settings: the URL and the interval.
    ///   - transport: makes the requests.
    ///   - sleep: Waits between two pings.
    ///   - healthy: returns the reasons not to ping; none if all is well. Pings wait for it.
    /// - Throws: if the URL is invalid.
    package init(
        settings: HeartbeatSettings,
        transport: any HTTPTransport,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        },
        healthy: @escaping @Sendable () async -> [String]
    ) throws(ChannelSetupError) {
        target = try WebhookTarget(
            url: settings.url,
            allowsPlainHTTP: settings.allowsPlainHTTP
        )
        every = settings.every
        self.transport = transport
        self.sleep = sleep
        self.healthy = healthy
    }

    /// Pings until the task is cancelled.
    ///
    /// `report` gets a line when pings stop, begin to fail or resume, and whether it is a problem.
    /// The line contains only the host of the URL. `pinged` gets the error of each ping, or nil.
    package func run(
        report: @Sendable (String, _ isProblem: Bool) -> Void,
        pinged: @Sendable (String?) async -> Void = { _ in }
    ) async {
        var state = HeartbeatState()
        var pause = min(every, Self.start)
        while true {
            do { try await sleep(pause) } catch { return }
            let reasons = await healthy()
            let entry: HeartbeatState.LogEntry?
            if reasons.isEmpty {
                let error = await ping()
                // A cancelled ping is not a failure.
                if Task.isCancelled { return }
                entry = state.pinged(error: error)
                await pinged(error)
            } else {
                entry = state.held(by: reasons)
            }
            if Task.isCancelled { return }
            if let entry { report(entry.text, entry.isProblem) }
            pause = state.pause(every: every)
        }
    }

    /// Pings once, unless there is a problem: to the switch, a ping means that all is well.
    func test() async -> DeliveryResult {
        let reasons = await healthy()
        guard reasons.isEmpty else {
            return .giveUp(error: "not sent: \(reasons.joined(separator: "; "))")
        }
        return await ping().map { .retry(error: $0) } ?? .delivered
    }

    /// Sends a ping; returns the error, or nil if the switch got the ping.
    private func ping() async -> String? {
        let result = await transport.send(
            "GET",
            url: target.address,
            headers: [],
            body: nil,
            timeout: min(every, Self.longestTimeout)
        )
        switch result {
        case .failure(let message): return "\(target.host): \(target.sanitized(message))"
        case .answer(let status, _, let body):
            let answer = "\(target.host) answered \(status)"
            guard (200...299).contains(status) else { return answer }
            return Self.refusal(in: body).map { "\(answer), but with \"\($0)\"" }
        }
    }

    /// The words in the body of a 200 that mean that the switch rejected the ping.
    ///
    /// https://healthchecks.io/docs/http_api/ answers "OK (not found)" and "OK (rate limited)".
    private static func refusal(in body: [UInt8]) -> String? {
        let text = String(decoding: body, as: UTF8.self).lowercased()
        return ["not found", "rate limited"].first { text.contains($0) }
    }
}

extension Heartbeat: Undisclosed {
    package var description: String { "heartbeat to \(target.host)" }
}
