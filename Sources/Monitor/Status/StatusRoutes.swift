import Alerting
import Formats
import Glibc
package import HTTP

/// Answers the requests of the status socket.
package struct StatusRoutes: Sendable {
    let ports: StatusPorts
    /// The names of this host for TCP clients.
    private let ownNames: OwnNames
    private let oldMetricNames: Bool

    package init(
        _ ports: StatusPorts,
        listen: ListenAddress?,
        hosts: [String] = [],
        oldMetricNames: Bool = false
    ) {
        self.ports = ports
        self.oldMetricNames = oldMetricNames
        ownNames = OwnNames(listen: listen, names: hosts, hostname: Hostname.current())
    }

    package func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let isReading = request.method == "GET" || request.method == "HEAD"
        if let refusal = refusal(of: request, isReading: isReading) { return refusal }
        if let problem = StatusRoute.of(request)?.problem(with: request.query) {
            guard Self.isPage(request), case .tcp = request.peer else {
                return .problem(400, problem.detail)
            }
            return await problemPage(400, problem.detail)
        }
        switch (request.segments, request.method) {
        case _ where Self.isPage(request): return await page(request)
        case (["healthz"], _) where isReading: return await health()
        case (["metrics"], _) where isReading: return await metrics()
        case (["v1", "status"], _) where isReading: return await status()
        case (["v1", "tokens"], _) where isReading:
            return tokens(request)
        case (["v1", "expiries.ics"], _) where isReading: return await expiries()
        case (["v1", "events"], _) where isReading: return await events(request, token: nil)
        case (["v1", "poll"], "POST"): return await pollAll(request)
        case (["v1", "reload"], "POST"): return await reload()
        case (["v1", "deliveries"], _) where isReading: return await deliveries()
        case (["v1", "test-notify"], "POST"): return await testNotify(request)
        case (["v1", "mutes"], _) where isReading: return await mutes()
        case (["v1", "mutes"], "POST"): return await mute(request)
        case (["v1", "mutes"], "DELETE"): return await unmute(request)
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
        if isReading, path.count == 4, path[3] == "spans", let id = TokenID.written(path[2]) {
            return await spans(request, of: id)
        }
        guard let id = TokenID.written(path[2]), let snapshot = await ports.token(id) else {
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
                "permission denied: only root and the daemon's user may do this; "
                    + "you are \(UserName.of(uid))"
            )
        case .tcp:
            guard isReading else {
                return .problem(
                    405,
                    "over TCP only GET is answered; use the status socket",
                    headers: [("Allow", "GET, HEAD")]
                )
            }
            guard request.host.map(ownNames.contain) ?? true else {
                return .problem(
                    421,
                    "this server does not answer to that name; add it to daemon.listen_hosts"
                )
            }
            return nil
        }
    }

    // MARK: - Reading

    private func health() async -> HTTPResponse {
        let problems = await ports.problems()
        guard problems.isEmpty else {
            return .problem(503, problems.joined(separator: "; "))
        }
        return json { json in
            json.object { json in
                json.field("status", "ok")
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
            pageSize: StatusPorts.pageSize,
            oldNames: oldMetricNames,
            tokens: ports.tokens
        )
        return HTTPResponse(
            status: 200,
            headers: [("Content-Type", MetricsWriter.contentType)],
            body: .stream { await pages.next() }
        )
    }

    /// The requested tokens, a page at a time as the client takes them.
    private func tokens(_ request: HTTPRequest) -> HTTPResponse {
        if let instant = request.query("at") {
            guard request.query.count == 1 else {
                return .problem(400, "at cannot be combined with another parameter")
            }
            return pastTokens(at: instant)
        }
        let query: TokenQuery
        do throws(BadRequest) {
            query = try TokenQuery(request)
        } catch {
            return .problem(400, error.detail)
        }
        return .array(ports.listing(query))
    }

    // MARK: - Acting

    private func reload() async -> HTTPResponse {
        switch await ports.reload() {
        case .changed(let change, let channels, let notes):
            return json { json in
                json.object { json in
                    json.field("added", change.added.map(\.text))
                    json.field("removed", change.removed.map(\.text))
                    json.field("changed", change.changed.map(\.text))
                    json.object("channels") { json in
                        json.field("added", channels.added)
                        json.field("removed", channels.removed)
                        json.field("changed", channels.changed)
                    }
                    json.field("notes", notes)
                }
            }
        case .refused(let errors):
            var response = json(status: 422) { json in
                json.object { json in
                    json.field("type", "about:blank")
                    json.field("title", "Unprocessable Content")
                    json.field("status", 422)
                    json.field("detail", "the configuration was rejected; the old one stays in use")
                    json.field("errors", errors)
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
                body.members?.map(\.key) == ["channels"],
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
            return .problem(404, "not found: \(request.path.escapedForTerminal)")
        }
        let allowed = methods.map(\.allowed).joined(separator: ", ")
        return .problem(
            405,
            "\(request.path.escapedForTerminal) takes \(allowed)",
            headers: [("Allow", allowed)]
        )
    }
}
