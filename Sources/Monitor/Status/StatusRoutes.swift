import Alerting
import Glibc

/// Answers the requests of the status socket.
package struct StatusRoutes: Sendable {
    let ports: StatusPorts
    /// The address that TCP clients may name beside loopback.
    private let listen: ListenAddress?
    /// Tokens written at once: some 100 KiB, a few milliseconds.
    static let pageSize = 128

    package init(_ ports: StatusPorts, listen: ListenAddress?) {
        self.ports = ports
        self.listen = listen
    }

    package func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let isReading = request.method == "GET" || request.method == "HEAD"
        if let refusal = refusal(of: request, isReading: isReading) { return refusal }
        switch (request.segments, request.method) {
        case ([], _) where isReading: return page(request)
        case (["healthz"], _) where isReading: return await health()
        case (["metrics"], _) where isReading: return await metrics()
        case (["v1", "status"], _) where isReading: return await status()
        case (["v1", "tokens"], _) where isReading:
            return request.query("at").map { pastTokens(at: $0) } ?? tokens()
        case (["v1", "expiries.ics"], _) where isReading: return await expiries()
        case (["v1", "events"], _) where isReading: return await events(request, token: nil)
        case (["v1", "poll"], "POST"): return await pollAll()
        case (["v1", "reload"], "POST"): return await reload()
        case (["v1", "deliveries"], _) where isReading: return await deliveries()
        case (["v1", "test-notify"], "POST"): return await testNotify(request)
        case (let path, _) where path.count >= 3 && path[0] == "v1" && path[1] == "tokens":
            return await token(request, path, isReading: isReading)
        default: return notFound(request)
        }
    }

    private func token(
        _ request: HTTPRequest,
        _ path: [String],
        isReading: Bool
    ) async -> HTTPResponse {
        if isReading, path.count == 4, path[3] == "spans", let id = TokenID(path[2]) {
            return await spans(request, of: id)
        }
        guard let id = TokenID(path[2]), let snapshot = await ports.token(id) else {
            return .problem(404, "there is no token \"\(path[2].escapedForTerminal)\"")
        }
        switch (path.dropFirst(3).first, request.method, path.count) {
        case (nil, _, 3) where isReading:
            return json { snapshot.write(into: &$0, at: ports.clock()) }
        case ("history", _, 4) where isReading: return await events(request, token: id)
        case ("explain", _, 4) where isReading: return await explanation(snapshot)
        case ("can", _, 4) where isReading: return can(request, snapshot)
        case ("poll", "POST", 4): return await poll(request, snapshot)
        case ("used", "POST", 4): return await announce(request, id)
        case ("ack", "POST", 4): return await acknowledge(request, id)
        case ("ack", "DELETE", 4): return await unacknowledge(request, id)
        default: return notFound(request)
        }
    }

    // MARK: - Who may

    private func refusal(of request: HTTPRequest, isReading: Bool) -> HTTPResponse? {
        switch request.peer {
        case .unix(let uid, _, _):
            guard !isReading, uid != 0, uid != geteuid() else { return nil }
            return .problem(
                403,
                "\(request.method) is for root and the user that runs tokenwatchd; "
                    + "you are user \(uid)"
            )
        case .tcp:
            guard isReading else {
                return .problem(
                    405,
                    "over TCP only GET is answered; use the status socket",
                    headers: [("Allow", "GET, HEAD")]
                )
            }
            // Another name that leads here is a sign of DNS rebinding: a web page that wants to read.
            guard request.host.map(isOwnName) ?? true else {
                return .problem(421, "this server is not the host that was asked for")
            }
            return nil
        }
    }

    private func isOwnName(_ authority: String) -> Bool {
        var host = authority[...]
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            host = host[..<colon]
        }
        let name = host.lowercased()
        if BaseURL.isLoopback(name) { return true }
        guard let listen else { return false }
        return name == listen.host || name == "[\(listen.host)]"
    }

    // MARK: - Reading

    private func health() async -> HTTPResponse {
        let problems = await ports.problems()
        guard problems.isEmpty else {
            return .problem(503, problems.joined(separator: "; "))
        }
        return json { json in
            json.object { json in
                json.key("status")
                json.value("ok")
            }
        }
    }

    private func status() async -> HTTPResponse {
        let overview = await ports.overview()
        let now = ports.clock()
        return json { overview.write(into: &$0, startedAt: ports.startedAt, at: now) }
    }

    /// What Prometheus scrapes, a page at a time as it takes them.
    private func metrics() async -> HTTPResponse {
        var metrics = MetricsWriter()
        await ports.figures().write(into: &metrics)
        let pages = MetricsPages(
            opening: metrics.bytes,
            pageSize: Self.pageSize,
            tokens: ports.tokens
        )
        return HTTPResponse(
            status: 200,
            headers: [("Content-Type", MetricsWriter.contentType)],
            body: .stream { await pages.next() }
        )
    }

    /// All tokens, a page at a time as the client takes them.
    private func tokens() -> HTTPResponse {
        let pages = TokenPages(ports: ports, pageSize: Self.pageSize)
        return HTTPResponse(
            status: 200,
            headers: [("Content-Type", "application/json")],
            body: .stream { await pages.next() }
        )
    }

    private func events(_ request: HTTPRequest, token: TokenID?) async -> HTTPResponse {
        var query = EventQuery()
        query.changesOnly = token != nil
        query.token = token
        if token == nil, let text = request.query("token") {
            guard let id = TokenID(text) else {
                return .problem(400, "token is \"\(text.escapedForTerminal)\"; it must be an id")
            }
            query.token = id
        }
        do {
            if let limit = try eventLimit(of: request) { query.limit = limit }
        } catch {
            return .problem(400, error.detail)
        }
        if let text = request.query("since") {
            if let id = EventID(text) {
                query.since = .event(id)
            } else if let instant = Instant(text: text) {
                query.since = .instant(instant)
            } else {
                return .problem(
                    400,
                    "since is \"\(text.escapedForTerminal)\"; it must be an event's id or an "
                        + "instant such as 2026-11-21T08:00:00Z"
                )
            }
        }
        if let text = request.query("follow") {
            guard text == "1", token == nil else {
                return .problem(400, "follow must be 1, and is for /v1/events")
            }
            let follower = EventFollower(ports: ports, query: query)
            return HTTPResponse(
                status: 200,
                headers: [("Content-Type", "application/x-ndjson")],
                body: .stream { await follower.next() }
            )
        }
        do {
            let lines = try await ports.events(query)
            return json { json in
                json.array { for line in lines { $0.verbatim(line.body.utf8) } }
            }
        } catch {
            return .problem(503, "the record cannot be read: \(error)")
        }
    }

    /// How many are asked for; nil where it is not said.
    func eventLimit(of request: HTTPRequest) throws(BadRequest) -> Int? {
        guard let text = request.query("limit") else { return nil }
        guard let limit = Int(text), (1...1000).contains(limit) else {
            throw BadRequest(
                "limit is \"\(text.escapedForTerminal)\"; it must be a number, 1 to 1000"
            )
        }
        return limit
    }

    // MARK: - Acting

    private func reload() async -> HTTPResponse {
        switch await ports.reload() {
        case .changed(let change, let channels, let notes):
            return json { json in
                json.object { json in
                    json.key("added")
                    json.value(change.added.map(\.text))
                    json.key("removed")
                    json.value(change.removed.map(\.text))
                    json.key("changed")
                    json.value(change.changed.map(\.text))
                    json.key("channels")
                    json.object { json in
                        json.key("added")
                        json.value(channels.added)
                        json.key("removed")
                        json.value(channels.removed)
                        json.key("changed")
                        json.value(channels.changed)
                    }
                    json.key("notes")
                    json.value(notes)
                }
            }
        case .refused(let errors):
            var response = json(status: 422) { json in
                json.object { json in
                    json.key("type")
                    json.value("about:blank")
                    json.key("title")
                    json.value("Unprocessable Content")
                    json.key("status")
                    json.value(422)
                    json.key("detail")
                    json.value("the configuration was refused; the old one stays in use")
                    json.key("errors")
                    json.value(errors)
                }
            }
            response.headers = [("Content-Type", "application/problem+json")]
            return response
        }
    }

    private func testNotify(_ request: HTTPRequest) async -> HTTPResponse {
        var names: [String] = []
        if !request.body.isEmpty {
            guard let body = try? JSONValue(parsing: request.body),
                let channels = body["channels"]?.elements?.map(\.string),
                !channels.contains(nil)
            else {
                return .problem(400, "the body must be {\"channels\": [\"NAME\", …]}, or nothing")
            }
            names = channels.compactMap { $0 }
        }
        let tests = await ports.testNotify(names)
        return json { json in
            json.array { json in for test in tests { test.write(into: &json) } }
        }
    }

    // MARK: - Answers

    func json(
        status: Int = 200,
        _ write: (inout JSONWriter) -> Void
    ) -> HTTPResponse {
        var writer = JSONWriter()
        write(&writer)
        return HTTPResponse(
            status: status,
            headers: [("Content-Type", "application/json")],
            body: .bytes(writer.bytes + [UInt8(ascii: "\n")])
        )
    }

    /// 405 where another method would do, else 404.
    private func notFound(_ request: HTTPRequest) -> HTTPResponse {
        let methods = StatusRoute.all.filter { $0.matches(request.segments) }.map(\.method)
        guard !methods.isEmpty else {
            return .problem(404, "there is nothing at \(request.path.escapedForTerminal)")
        }
        let allowed = methods.map(\.allowed).joined(separator: ", ")
        return .problem(
            405,
            "\(request.path.escapedForTerminal) takes \(allowed)",
            headers: [("Allow", allowed)]
        )
    }
}
