import Alerting
import Formats
import Glibc
package import HTTP

/// The answers to requests of the status socket.
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
        guard let route = StatusRoute.of(request) else { return await notFound(request) }
        let isOverTCP = if case .tcp = request.peer { true } else { false }
        do {
            if let problem = route.problem(with: request.query) { throw problem }
            guard isOverTCP || !route.isForTCP else {
                return .problem(
                    404,
                    "the status page is on the TCP listener (daemon.listen)"
                )
            }
            return try await route.answer(self, request)
        } catch let error as BadRequest {
            return isOverTCP && route.isForTCP
                ? await problemPage(400, error.detail) : .problem(400, error.detail)
        } catch let error as NotWritten {
            return .problem(
                503,
                "done, but only until the daemon restarts: the state cannot be written: \(error)"
            )
        } catch {
            return .problem(503, "the record cannot be read: \(error)")
        }
    }

    /// Returns the token in the path of a request; nil if it is not watched.
    func token(in request: HTTPRequest) async -> TokenSnapshot? {
        guard let id = TokenID.written(request.segments[2]) else { return nil }
        return await ports.token(id)
    }

    func noToken(_ name: String) -> HTTPResponse {
        .problem(404, "there is no token \"\(name.escapedForTerminal)\"")
    }

    // MARK: - Access

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

    func health() async -> HTTPResponse {
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

    func status() async -> HTTPResponse {
        let overview = await ports.overview()
        let now = ports.clock()
        return json { overview.write(into: &$0, startedAt: ports.startedAt, at: now) }
    }

    /// Returns the metrics for Prometheus, page by page as it receives them.
    func metrics() async -> HTTPResponse {
        var metrics = MetricsWriter()
        await ports.figures().write(into: &metrics)
        let pages = MetricsPages(
            opening: metrics.bytes,
            // Samples are short, and each page is a change between two threads.
            pageSize: 4 * StatusPorts.pageSize,
            oldNames: oldMetricNames,
            tokens: ports.tokens
        )
        return HTTPResponse(
            status: 200,
            headers: [("Content-Type", MetricsWriter.contentType)],
            body: .stream { await pages.next() }
        )
    }

    /// Returns the requested tokens, page by page as the client receives them.
    func tokens(_ request: HTTPRequest) throws(BadRequest) -> HTTPResponse {
        guard let instant = request.query("at") else {
            return .array(ports.listing(try TokenQuery(request)))
        }
        guard request.query.count == 1 else {
            throw BadRequest("at cannot be combined with another parameter")
        }
        return try pastTokens(at: instant)
    }

    // MARK: - Acting

    func reload() async -> HTTPResponse {
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

    func testNotify(_ request: HTTPRequest) async throws(BadRequest) -> HTTPResponse {
        var names: [String] = []
        if !request.body.isEmpty {
            guard let body = try? JSONValue(parsing: request.body),
                body.members?.map(\.key) == ["channels"],
                let channels = body["channels"]?.elements?.map(\.string),
                !channels.contains(nil)
            else {
                throw BadRequest("the body must be {\"channels\": [\"NAME\", …]}, or nothing")
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
        HTTPResponse(
            status: status,
            headers: [("Content-Type", "application/json")],
            body: .bytes(JSONWriter.bytes(write) + [UInt8(ascii: "\n")])
        )
    }

    /// Returns 405 if another method is allowed, else 404.
    private func notFound(_ request: HTTPRequest) async -> HTTPResponse {
        let path = request.segments
        if path.count > 2, path.starts(with: ["v1", "tokens"]), await token(in: request) == nil {
            return noToken(path[2])
        }
        let methods = StatusRoute.all.filter { $0.matches(path) }.map(\.method)
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
