import Alerting
import HTTP
import Store

/// The page for people, `GET /` over TCP, piece by piece as the browser receives it.
///
/// It needs no script: parts unfold by `details` elements. Its content is bounded, and it names the
/// parts that it leaves out.
actor StatusPage {
    private enum Part {
        case head
        case tokens
        case changes
        case end
    }

    private let ports: StatusPorts
    private let refresh: Int?
    private let filter: PageFilter
    /// The owner of the current rows, if they are grouped; nil before the first.
    private var group: OwnerKey?
    private var part = Part.head
    private var waiting: ArraySlice<TokenSnapshot> = []
    private var axis: PageAxis?

    /// The number of tokens to write at once, each with its own read of the record.
    private static let rowsAtOnce = 20

    /// - Parameters:
    ///   - ports: the data to show.
    ///   - refresh: seconds after which the browser reloads; nil for never.
    ///   - filter: the values of its form.
    init(ports: StatusPorts, refresh: Int?, filter: PageFilter) {
        self.ports = ports
        self.refresh = refresh
        self.filter = filter
    }

    /// Returns the next piece; nil after the last.
    func next() async -> [UInt8]? {
        var html = HTMLWriter()
        let now = ports.clock()
        switch part {
        case .head:
            await writeHead(into: &html, at: now)
            part = .tokens
        case .tokens where waiting.isEmpty:
            axis?.writeRest(into: &html)
            html.close("section")
            part = .changes
        case .tokens:
            for token in waiting.prefix(Self.rowsAtOnce) {
                if filter.groupsByOwner { writeGroup(of: token, into: &html) }
                let row = PageTokenRow(token: token, history: await history(of: token), now: now)
                row.write(into: &html)
            }
            waiting = waiting.dropFirst(Self.rowsAtOnce)
        case .changes:
            let events = EventQuery(changesOnly: true, limit: PageChanges.limit)
            PageChanges(changes: await changes(events), now: now).write(into: &html)
            let limit = PageDeliveries.shownLimit
            PageDeliveries(
                overview: await ports.overview(),
                deliveries: try? await ports.deliveries(limit),
                hasPageOfItsOwn: false,
                now: now
            )
            .write(into: &html)
            await writeFoot(into: &html, at: now)
            part = .end
        case .end: return nil
        }
        return html.bytes
    }

    private func writeGroup(of token: TokenSnapshot, into html: inout HTMLWriter) {
        guard token.ownerKey != group else { return }
        group = token.ownerKey
        html.element("h3", ["class": "owner"], text: token.settings.owner ?? "no owner")
    }

    private func writeHead(into html: inout HTMLWriter, at now: Instant) async {
        var census = PageCensus(filter: filter, at: now)
        var last: TokenID?
        repeat {
            let page = await ports.page(after: last)
            census.add(page.tokens)
            last = page.next
        } while last != nil
        let shown = census.takeShown()
        waiting = shown[...]
        let overview = await ports.overview()
        PageHead(
            overview: overview,
            problems: await ports.problems(),
            census: census,
            refresh: refresh,
            filter: filter,
            now: now
        )
        .write(into: &html)
        let alerts = PageAlerts(
            subjects: overview.summary.subjects,
            tokens: shown,
            census: census,
            isPart: filter.isNarrow || filter.from > 0,
            now: now
        )
        alerts.write(into: &html)
        let axis = PageAxis(
            census: census,
            shown: shown.count,
            filter: filter,
            refresh: refresh
        )
        axis.write(into: &html)
        self.axis = axis
    }

    private func writeFoot(into html: inout HTMLWriter, at now: Instant) async {
        let polls = await ports.overview().summary.tally.polls
        html.markup("</main><footer><p>")
        html.text(
            "tokenwatchd \(Version.number), up \((now - ports.startedAt).forPeople); "
                + "\(polls.done) polls, \(polls.failed) of them failed."
        )
        html.markup(
            """
            </p><p>As JSON: <a href="/v1/status">status</a> <a href="/v1/tokens">tokens</a> \
            <a href="/v1/events">events</a> <a href="/v1/deliveries">deliveries</a>; for \
            Prometheus: <a href="/metrics">metrics</a></p></footer></body></html>

            """
        )
    }

    private func history(of token: TokenSnapshot) async -> [PageChange]? {
        let limit = PageTokenRow.historyLimit
        return await changes(EventQuery(token: token.settings.id, changesOnly: true, limit: limit))
    }

    /// Returns the changes, the newest first; nil if the record cannot be read.
    private func changes(_ query: EventQuery) async -> [PageChange]? {
        guard let lines = try? await ports.events(query) else { return nil }
        return lines.reversed().compactMap { PageChange(json: $0.body) }
    }
}
