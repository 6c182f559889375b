import Alerting

extension StatusRoutes {
    /// `polling.timeout` is at most 5 min.
    private static let longestWait = Duration.minutes(5)
    /// How often a waiting request compares the token with what it was.
    private static let pause = Duration.milliseconds(50)

    /// `POST /v1/poll`: polls every token.
    func pollAll() async -> HTTPResponse {
        let request = await ports.pollNow(nil)
        return json(status: 202) { json in json.object { request.write(into: &$0) } }
    }

    /// `POST /v1/tokens/{id}/poll`; with `wait=DURATION` it answers when the poll has ended.
    ///
    /// `polled` is then whether it has; without `wait` it is left out.
    func poll(_ request: HTTPRequest, _ snapshot: TokenSnapshot) async -> HTTPResponse {
        var wait: Duration?
        if let text = request.query("wait") {
            guard let duration = DurationText.parse(text), duration <= Self.longestWait else {
                return .problem(400, "wait must be a duration such as 30s, at most 5m")
            }
            wait = duration
        }
        let id = snapshot.settings.id
        let before = await ports.token(id)?.state.lastPollAt
        let polling = await ports.pollNow(id)
        var hasEnded: Bool?
        if let wait { hasEnded = await isPolled(id, since: before, within: wait) }
        return json(status: 202) { json in
            json.object { json in
                polling.write(into: &json)
                guard let hasEnded else { return }
                json.key("polled")
                json.value(hasEnded)
            }
        }
    }

    private func isPolled(
        _ id: TokenID,
        since before: Instant?,
        within wait: Duration
    ) async -> Bool {
        let pauses = max(1, wait.milliseconds / Self.pause.milliseconds)
        for _ in 0..<pauses {
            guard let state = await ports.token(id)?.state else { return false }
            if state.lastPollAt != before { return true }
            // Without a secret there is no poll.
            if state.secretProblem != nil { return false }
            guard (try? await Task.sleep(for: Self.pause)) != nil else { return false }
        }
        return false
    }
}

extension Watch.PollRequest {
    fileprivate func write(into json: inout JSONWriter) {
        json.key("polling")
        json.value(tokens - held)
        json.key("held")
        json.value(held)
        json.key("held_until")
        json.value(heldUntil)
    }
}
