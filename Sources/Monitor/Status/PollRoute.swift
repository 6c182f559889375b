import Alerting
import HTTP

extension StatusRoutes {
    /// The longest wait: `polling.timeout` is at most 5 min.
    private static let longestWait = Duration.minutes(5)
    /// The pause between two checks of a waiting request for a change of the token.
    private static let pause = Duration.milliseconds(50)

    /// Answers `POST /v1/poll`: polls every token; with `wait=DURATION` it waits for all polls.
    func pollAll(_ request: HTTPRequest) async throws(BadRequest) -> HTTPResponse {
        let wait = try wait(request)
        let polling = await ports.pollNow(nil)
        var end: End?
        if let wait {
            let hasEnded = polling.isHeld ? false : await areAllPolled(within: wait)
            end = hasEnded ? .polled : .notYet
        }
        return answer(polling, end)
    }

    /// Answers `POST /v1/tokens/{id}/poll`; with `wait=DURATION` it waits for the end of the poll.
    ///
    /// Then `polled` is whether the poll has ended, and `problem` is the reason if there was no
    /// request; without `wait` both are left out.
    func poll(_ request: HTTPRequest, _ snapshot: TokenSnapshot) async throws(BadRequest)
        -> HTTPResponse
    {
        let wait = try wait(request)
        let id = snapshot.settings.id
        let before = await ports.token(id)?.state.lastPollAt
        let polling = await ports.pollNow(id)
        var end: End?
        if let wait {
            end = polling.isHeld ? .notYet : await self.end(of: id, since: before, within: wait)
        }
        return answer(polling, end)
    }

    private func wait(_ request: HTTPRequest) throws(BadRequest) -> Duration? {
        guard let text = request.query("wait") else { return nil }
        guard let duration = DurationText.parse(text), duration <= Self.longestWait else {
            throw BadRequest("wait must be a duration such as 30s, at most 5m")
        }
        return duration
    }

    /// The state of a poll when the wait for it ends.
    private enum End: Equatable {
        case polled
        case notYet
        /// The poll made no request, for this reason.
        case noSecret(String)

        var problem: String? { if case .noSecret(let reason) = self { reason } else { nil } }
    }

    private func answer(_ polling: Engine.PollRequest, _ end: End?) -> HTTPResponse {
        json(status: 202) { json in
            json.object { json in
                polling.write(into: &json)
                guard let end else { return }
                json.field("polled", end == .polled)
                json.field("problem", end.problem)
            }
        }
    }

    /// Waits for one page of tokens after the other, so that each token needs only a few checks.
    private func areAllPolled(within wait: Duration) async -> Bool {
        var pauses = max(1, wait.milliseconds / Self.pause.milliseconds)
        var last: TokenID?
        while true {
            let page = await ports.tokens(last, StatusPorts.pageSize)
            guard let end = page.last?.settings.id else { return true }
            // Such a token waits for its next poll, or has no secret to poll with.
            if page.allSatisfy({ $0.nextPollAt > $0.at || $0.state.secretProblem != nil }) {
                last = end
                continue
            }
            pauses -= 1
            guard pauses > 0, (try? await Task.sleep(for: Self.pause)) != nil else { return false }
        }
    }

    private func end(
        of id: TokenID,
        since before: Instant?,
        within wait: Duration
    ) async -> End {
        let pauses = max(1, wait.milliseconds / Self.pause.milliseconds)
        for _ in 0..<pauses {
            guard let token = await ports.token(id) else { return .notYet }
            if token.state.lastPollAt != before { return .polled }
            // An attempt without a secret has ended if the next attempt is due later.
            let asker = id.isListed ? await ports.token(id.inventory ?? id) : token
            if let asker, let problem = asker.state.secretProblem, asker.nextPollAt > asker.at {
                return .noSecret(problem)
            }
            guard (try? await Task.sleep(for: Self.pause)) != nil else { return .notYet }
        }
        return .notYet
    }
}

extension Engine.PollRequest {
    fileprivate func write(into json: inout JSONWriter) {
        json.field("polling", tokens - held)
        json.field("held", held)
        json.field("held_until", heldUntil)
    }
}
