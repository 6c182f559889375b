import Alerting
import HTTP
import Store

extension StatusRoutes {
    /// The tokens as they were at an instant, a page at a time as the client takes them.
    func pastTokens(at text: String) -> HTTPResponse {
        guard let instant = Instant(text: text) else {
            return .problem(
                400,
                "at is \"\(text.escapedForTerminal)\"; it must be an instant such as "
                    + "2026-11-21T08:00:00Z"
            )
        }
        guard instant <= ports.clock() else {
            return .problem(
                400,
                "at is \(instant.rfc3339), which is in the future; see: tokenwatchd simulate"
            )
        }
        let ports = ports
        return pages { last in
            let page = try await ports.pastTokens(instant, last, Self.pageSize)
            var objects: [JSONPage.Object] = []
            for token in page {
                let settings = await ports.token(token.id)?.settings
                objects.append((token.id, token.json(settings, at: instant)))
            }
            return objects
        }
    }

    /// Streams an array whose elements are had a page at a time.
    private func pages(
        _ read: @escaping @Sendable (TokenID?) async throws -> [JSONPage.Object]
    ) -> HTTPResponse {
        let pages = JSONPage(pageSize: Self.pageSize, read: read)
        return HTTPResponse(
            status: 200,
            headers: [("Content-Type", "application/json")],
            body: .stream { await pages.next() }
        )
    }
}

/// An array of tokens as JSON; each page is read on demand.
private actor JSONPage {
    typealias Object = (id: TokenID, bytes: [UInt8])

    private let pageSize: Int
    private let read: @Sendable (TokenID?) async throws -> [Object]
    private var last: TokenID?
    private var hasEnded = false

    init(pageSize: Int, read: @escaping @Sendable (TokenID?) async throws -> [Object]) {
        self.pageSize = pageSize
        self.read = read
    }

    /// The next piece; nil after the end.
    ///
    /// A record that cannot be read ends it in the middle, so that no client takes it for the whole.
    func next() async -> [UInt8]? {
        guard !hasEnded, let page = try? await read(last) else { return nil }
        var bytes: [UInt8] = last == nil ? [UInt8(ascii: "[")] : []
        for (index, object) in page.enumerated() {
            if last != nil || index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += object.bytes
        }
        last = page.last?.id ?? last
        if page.count < pageSize {
            hasEnded = true
            bytes += [UInt8(ascii: "]"), UInt8(ascii: "\n")]
        }
        return bytes
    }
}

extension PastToken {
    /// The token object; what the record does not keep is as the configuration has it, or null.
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
        var writer = JSONWriter(reserving: 1024)
        snapshot.write(
            into: &writer,
            at: instant,
            recorded: Dictionary(said, uniquingKeysWith: { $1 })
        )
        return writer.bytes
    }
}
