import Alerting
import HTTP
import Store

extension StatusRoutes {
    /// Returns the tokens at a past instant, page by page as the client receives them.
    func pastTokens(at text: String) throws(BadRequest) -> HTTPResponse {
        guard let instant = Instant(text: text) else {
            throw BadRequest(
                "at is \"\(text.escapedForTerminal)\"; it must be an instant such as "
                    + "2026-11-21T08:00:00Z"
            )
        }
        guard instant <= ports.clock() else {
            throw BadRequest(
                "at is \(instant.rfc3339), which is in the future; see: tokenwatchd simulate"
            )
        }
        return .array(
            ArrayPages<TokenID> { [ports] last in
                let size = StatusPorts.pageSize
                let page = try await ports.pastTokens(instant, last, size)
                var elements: [[UInt8]] = []
                for token in page {
                    let settings = await ports.token(token.id)?.settings
                    elements.append(token.json(settings, at: instant))
                }
                return .init(elements: elements, next: page.count < size ? nil : page.last?.id)
            }
        )
    }
}

extension PastToken {
    /// Returns the token object; data outside the record comes from the configuration, or is null.
    fileprivate func json(_ settings: TokenSettings?, at instant: Instant) -> [UInt8] {
        var state = TokenState()
        state.known = facts
        state.lastOutcome = outcome
        state.lastError = error
        state.alerts = alerts.map { alert in
            Alert(
                condition: alert.condition,
                id: alert.id,
                severity: alert.severity,
                since: alert.since
            )
        }
        let snapshot = TokenSnapshot(
            settings: settings
                ?? TokenSettings(id: id, provider: .unknown, policy: Policy()),
            state: state,
            plan: PollPlan(stage: .ready),
            at: instant
        )
        let said = alerts.map { ($0.condition, $0.summary) }
        return snapshot.json(
            at: instant,
            recorded: Dictionary(said, uniquingKeysWith: { $1 })
        )
    }
}
