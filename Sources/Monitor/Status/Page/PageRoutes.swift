import Alerting
import HTTP
import Store

/// The pages for people, on the TCP listener only: browsers do not use the status socket.
extension StatusRoutes {
    /// The allowed intervals of a refresh, in seconds.
    private static var refreshRange: ClosedRange<Int> { 10...3600 }

    /// Returns an error as a page.
    func problemPage(_ status: Int, _ detail: String) async -> HTTPResponse {
        let title = HTTPStatus.reason(status)
        var html = HTMLWriter()
        PageFrame.begin(title: "\(title) – tokenwatchd", worst: .unknown, into: &html)
        PageFrame.writeHeader(
            of: title,
            instance: await ports.overview().instance,
            verdict: (detail, .unknown),
            at: ports.clock(),
            into: &html
        )
        html.markup("<main></main>")
        PageFrame.writeFooter(json: [], into: &html)
        return HTTPResponse(status: status, headers: PageStyle.headers, body: .bytes(html.bytes))
    }

    /// Answers `GET /`.
    func tokensPage(_ request: HTTPRequest) throws(BadRequest) -> HTTPResponse {
        let filter = try PageFilter(request)
        let refresh = try request.number("refresh", in: Self.refreshRange, unit: " of seconds")
        let page = StatusPage(ports: ports, refresh: refresh, filter: filter)
        return HTTPResponse(
            status: 200,
            headers: PageStyle.headers,
            body: .stream { await page.next() }
        )
    }

    /// Answers `GET /tokens/ID`.
    func tokenPage(_ name: String) async -> HTTPResponse {
        guard let id = TokenID.written(name), let token = await ports.token(id) else {
            let name = name.escapedForTerminal(maximumBytes: 80)
            return await problemPage(404, "There is no token \"\(name)\".")
        }
        let overview = await ports.overview()
        let query = EventQuery(token: id, limit: PageToken.historyLimit)
        let lines = try? await ports.events(query)
        var html = HTMLWriter()
        PageToken(
            token: token,
            instance: overview.instance,
            clockLead: overview.summary.clockLead,
            cannotSee: await ports.cannotSee(id),
            quietQueues: await ports.quietQueues(),
            history: lines?.reversed().compactMap { PageChange(json: $0.body) },
            now: ports.clock()
        )
        .write(into: &html)
        return HTTPResponse(status: 200, headers: PageStyle.headers, body: .bytes(html.bytes))
    }

    /// Answers `GET /notifications`.
    func notificationsPage() async -> HTTPResponse {
        let overview = await ports.overview()
        let deliveries = PageDeliveries(
            overview: overview,
            deliveries: try? await ports.deliveries(PageDeliveries.mostOnTheirPage),
            hasPageOfItsOwn: true,
            now: ports.clock()
        )
        var html = HTMLWriter()
        deliveries.writePage(instance: overview.instance, into: &html)
        return HTTPResponse(status: 200, headers: PageStyle.headers, body: .bytes(html.bytes))
    }
}
