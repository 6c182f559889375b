import Alerting
import HTTP
import Store

extension EventQuery {
    /// Reads the requested part of the record: all tokens, or the token in the path.
    ///
    /// - Throws: `BadRequest` with the invalid value and the allowed values.
    init(_ request: HTTPRequest, token: TokenID?) throws(BadRequest) {
        self.init()
        changesOnly = token != nil
        self.token = token
        if let text = request.query("token") {
            guard let id = TokenID.written(text) else {
                throw BadRequest("token is \"\(text.escapedForTerminal)\"; it must be an id")
            }
            self.token = id
        }
        if let limit = try request.number("limit", in: Self.limits) { self.limit = limit }
        if let text = request.query("since") {
            if let id = EventID(text) {
                since = .event(id)
            } else if let instant = Instant(text: text) {
                since = .instant(instant)
            } else {
                throw BadRequest(
                    "since is \"\(text.escapedForTerminal)\"; it must be an event's id or an "
                        + "instant such as 2026-11-21T08:00:00Z"
                )
            }
        }
    }

    /// The allowed numbers of events or spans in one answer.
    static var limits: ClosedRange<Int> { 1...1000 }
}

extension StatusRoutes {
    func events(_ request: HTTPRequest, token: TokenID?) async throws -> HTTPResponse {
        let query = try EventQuery(request, token: token)
        if let text = request.query("follow") {
            guard text == "1" else {
                throw BadRequest("follow is \"\(text.escapedForTerminal)\"; it must be 1")
            }
            let follower = EventFollower(ports: ports, query: query)
            return HTTPResponse(
                status: 200,
                headers: [("Content-Type", "application/x-ndjson")],
                body: .stream { await follower.next() }
            )
        }
        return .array(try await ports.events(listedBy: query))
    }
}

extension StatusPorts {
    /// Returns the events of a query, page by page; reads the first page now.
    ///
    /// - Throws: if the record cannot be read: no answer was sent yet.
    func events(listedBy query: EventQuery) async throws -> ArrayPages<EventQuery> {
        var first = query
        if query.since == nil { first.since = try await beforeNewest(query) }
        let read: @Sendable (EventQuery) async throws -> ArrayPages<EventQuery>.Page = { query in
            let page = try await events(query)
            var next = query
            next.limit -= page.count
            if let last = page.last { next.since = query.since?.after(last.id) }
            return .init(
                elements: page.map { Array($0.body.utf8) },
                next: page.isEmpty || next.limit <= 0 ? nil : next
            )
        }
        return ArrayPages(try await read(first)) { [first] in try await read($0 ?? first) }
    }
}
