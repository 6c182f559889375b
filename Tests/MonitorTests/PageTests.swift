import Alerting
import Testing

@testable import Monitor

struct PageTests {
    private static let policy = Policy()
    private static let provider = TokenProvider(name: "vps.org", host: "admin.vps.org")

    private func snapshot(
        _ number: Int,
        _ expiry: Expiry?,
        _ severity: Severity? = nil
    ) throws -> TokenSnapshot {
        var state = TokenState()
        state.known = expiry.map { Facts(expiry: $0) }
        if let severity {
            state.alerts = [
                Alert(
                    condition: .rejected,
                    id: EventID(high: 0, low: 1),
                    severity: severity,
                    since: noon
                )
            ]
        }
        return TokenSnapshot(
            settings: TokenSettings(
                id: try #require(TokenID("t\(number)")),
                provider: Self.provider,
                policy: Self.policy
            ),
            state: state,
            plan: PollPlan(stage: .scheduled(noon)),
            at: noon
        )
    }

    private func html(_ write: (inout HTMLWriter) -> Void) -> String {
        var html = HTMLWriter()
        write(&html)
        return String(decoding: html.bytes, as: UTF8.self)
    }

    @Test func `text and attributes are escaped, whatever is in them`() {
        let text = html { html in
            html.element("p", ["title": "a\"b'c<d>&\u{202E}"], text: "<&>\"'\u{0}\n\u{9b}")
        }
        #expect(
            text == #"<p title="a&quot;b&#39;c&lt;d&gt;&amp;\u{202e}">"#
                + #"&lt;&amp;&gt;&quot;&#39;\u{0}\u{a}\u{9b}</p>"#
        )
    }

    @Test func `a long text is cut at its bound, and marked`() {
        let bound = HTMLWriter.maximumTextBytes
        let whole = String(repeating: "x", count: bound)
        #expect(html { $0.text(whole) } == whole)
        #expect(html { $0.text(whole + "x") } == whole.dropLast(3) + "…")
    }

    @Test(arguments: [
        (Duration.seconds(-1), 50, 0), (.zero, 50, 0), (.milliseconds(1), 100, 1),
        (.hours(12), 170, 1), (.days(1), 240, 1), (.days(1) + .milliseconds(1), 240, 2),
        (.days(7), 420, 2), (.days(30), 600, 3), (.days(90), 760, 4), (.days(365), 900, 5),
        (.days(365) + .milliseconds(1), 950, 6), (.days(100_000), 950, 6),
    ])
    func `a token stands where the marks of the time line say`(
        left: Duration,
        place: Int,
        span: Int
    ) {
        #expect(TimeAxis.place(left) == place)
        #expect(TimeAxis.span(left) == span)
    }

    @Test func `places never go back as the time left grows`() {
        var last = 0
        for hours in stride(from: Int64(1), to: 9000, by: 7) {
            let place = TimeAxis.place(.hours(hours))
            #expect(place >= last && place <= 1000, "\(hours) h")
            last = place
        }
    }

    private func census(_ tokens: [TokenSnapshot]) -> PageCensus {
        var census = PageCensus(at: noon)
        for start in stride(from: 0, to: tokens.count, by: 128) {
            census.add(Array(tokens[start..<min(tokens.count, start + 128)]))
        }
        return census
    }

    @Test func `of 20,000 tokens the most urgent are kept, and all are counted`() throws {
        var tokens: [TokenSnapshot] = []
        for number in 0..<20_000 {
            // Scattered; 150 of them have alerts, though others end sooner.
            let days = Int64(number * 7919 % 20_000) / 20 + 400
            let severity: Severity? =
                number % 200 == 0 ? .critical : number % 400 == 1 ? .warning : nil
            tokens.append(try snapshot(number, .at(noon + .days(days)), severity))
        }
        tokens.append(try snapshot(20_000, .never))
        tokens.append(try snapshot(20_001, .notTold))
        tokens.append(try snapshot(20_002, nil))
        var census = census(tokens)
        #expect(census.count == 20_003)
        #expect(census.spans == [0, 0, 0, 0, 0, 0, 20_000])
        #expect([census.never, census.notTold, census.notSeen] == [1, 1, 1])
        #expect(census.needAttention == 150 && census.alerts == 150)
        let shown = census.takeShown()
        #expect(shown.count == PageCensus.shownLimit)
        #expect(shown.prefix(100).allSatisfy { $0.state.health == .critical })
        #expect(shown[100..<150].allSatisfy { $0.state.health == .warning })
        // Unknown is worse than ok, though nobody knows when it ends.
        #expect(shown[150].settings.id.text == "t20002")
        let ends = shown[151...].compactMap(\.effectiveExpiry.instant)
        #expect(ends == ends.sorted() && ends.count == 49)
    }

    @Test(arguments: [(503, 503), (1000, 1000), (1001, 1000)])
    func `every token that needs attention has a row, up to the bound`(
        urgent: Int,
        rows: Int
    ) throws {
        // Expired ones and rejected ones come before one that ends within the hour.
        var tokens = try (1..<urgent).map { number in
            let end = number.isMultiple(of: 2) ? Expiry.at(noon - .days(Int64(number))) : .notTold
            return try snapshot(number, end, .critical)
        }
        tokens.append(try snapshot(9999, .at(noon + .minutes(59)), .critical))
        tokens += try (2000..<2300).map { try snapshot($0, .at(noon + .days(400))) }
        var census = census(tokens)
        let shown = census.takeShown()
        #expect(shown.count == rows)
        #expect(shown.allSatisfy { $0.state.health == .critical })
        #expect(shown.first?.settings.id.text == "t1")
        let text = html { html in
            PageAlerts(subjects: [:], tokens: shown, census: census, now: noon).write(into: &html)
            PageAxis(census: census, shown: shown.count).writeRest(into: &html)
        }
        #expect(text.matches(of: /<li class="critical">/).count == 50)
        #expect(text.firstMatch(of: /<bdi>(t\d+)/)?.1 == "t1")
        #expect(text.contains("And \(grouped(urgent - 50)) more alerts: see <a href=\"#tokens\">"))
        // A page that shows a part of the tokens leads to the one that shows all.
        let part = html { html in
            PageAlerts(
                subjects: [:],
                tokens: [tokens[0]],
                census: census,
                isPart: true,
                now: noon
            ).write(into: &html)
        }
        #expect(part.contains("see <a href=\"/#tokens\">all tokens</a>"), "\(part)")
        let rest =
            urgent > rows
            ? "301 more tokens, 1 of them need attention</a>" : "300 more tokens</a>"
        #expect(text.contains(rest), "\(text)")
    }

    @Test func `a token about to expire is on the first page, however many are dead`() throws {
        var tokens = try (1...1200).map { try snapshot($0, .notTold, .critical) }
        var state = TokenState()
        state.known = Facts(expiry: .at(noon + .hours(1)))
        let id = EventID(high: 0, low: 3)
        state.alerts = [Alert(condition: .expiring, id: id, severity: .critical, since: noon)]
        let ending = TokenSettings(
            id: try #require(TokenID("z-ending")),
            provider: Self.provider,
            policy: Self.policy
        )
        let plan = PollPlan(stage: .scheduled(noon))
        tokens.append(TokenSnapshot(settings: ending, state: state, plan: plan, at: noon))
        var first = census(tokens)
        let shown = first.takeShown().map(\.settings.id.text)
        #expect(shown.count == 1000)
        #expect(shown.firstIndex(of: "z-ending") == PageCensus.deadLimit)
        #expect(first.urgentBehind(shown: shown.count) == 201)
        var filter = PageFilter()
        filter.from = 1000
        var second = PageCensus(filter: filter, at: noon)
        second.add(tokens)
        let rest = second.takeShown().map(\.settings.id.text)
        #expect(Set(shown + rest).count == 1201 && rest.count == 201)
    }

    private func head(_ census: PageCensus, _ findings: [AlertSubject: Finding] = [:]) -> String {
        let subjects = findings.mapValues { finding in
            let alert = Alert(
                condition: finding.condition,
                id: EventID(high: 0, low: 2),
                severity: finding.severity,
                since: noon
            )
            return [Engine.SubjectAlert(alert: alert, finding: finding)]
        }
        var summary = Engine.Summary(tokens: census.count, at: noon)
        summary.subjects = subjects
        let overview = StatusPorts.Overview(
            instance: "test-1",
            configurationPath: "/c",
            configurationLoadedAt: noon,
            summary: summary,
            deliveriesWaiting: 0,
            deliveriesGivenUp: 0
        )
        return html {
            PageHead(overview: overview, problems: [], census: census, refresh: nil, now: noon)
                .write(into: &$0)
        }
    }

    private func polled(_ number: Int, _ outcome: Outcome?, known: Bool) throws -> TokenSnapshot {
        let token = try snapshot(number, known ? .never : nil)
        var state = token.state
        state.lastOutcome = outcome
        return TokenSnapshot(
            settings: token.settings,
            state: state,
            plan: PollPlan(stage: .scheduled(noon)),
            at: noon
        )
    }

    @Test func `all is fine only where every token was answered well`() throws {
        let fine = census([try polled(1, .ok, known: true), try polled(2, .ok, known: true)])
        #expect(head(fine).contains(">All 2 tokens are fine.<"))
        #expect(fine.isAllWell)
        let failing = census([
            try polled(1, .ok, known: true), try polled(2, .unreachable, known: true),
            try polled(3, .serverError, known: false), try polled(4, nil, known: false),
        ])
        #expect(!failing.isAllWell)
        let text = head(failing)
        #expect(text.contains("The last poll of 2 tokens failed. No data yet for 1 token.<"))
        #expect(text.contains(#"<p class="verdict unknown">"#))
        #expect(!text.contains("fine"))
        // The counters are of the same tokens as the sentences.
        for (health, count) in failing.states {
            #expect(text.contains("<b>\(count)</b> <span>\(health.rawValue)</span>"), "\(text)")
        }
        #expect(failing.states.values.reduce(0, +) == 4)
        let alerts = html {
            PageAlerts(subjects: [:], tokens: [], census: failing, now: noon).write(into: &$0)
        }
        #expect(alerts.contains("No alerts.") && !alerts.contains("Nothing is wrong"))
        var shown = failing
        #expect(shown.takeShown().map(\.settings.id.text) == ["t2", "t3", "t4", "t1"])
    }

    private func owned(_ number: Int, _ owner: String?, _ severity: Severity? = nil) throws
        -> TokenSnapshot
    {
        let token = try snapshot(number, .at(noon + .days(Int64(100 + number))), severity)
        return TokenSnapshot(
            settings: TokenSettings(
                id: token.settings.id,
                provider: Self.provider,
                policy: Self.policy,
                owner: owner
            ),
            state: token.state,
            plan: token.plan,
            at: noon
        )
    }

    @Test func `the form narrows the rows, and what is counted stays`() throws {
        let tokens = [
            try owned(1, "Web Team", .critical), try owned(2, "web team"), try owned(3, "ops"),
            try owned(4, nil),
        ]
        func shown(_ change: (inout PageFilter) -> Void) -> [String] {
            var filter = PageFilter()
            change(&filter)
            var census = PageCensus(filter: filter, at: noon)
            census.add(tokens)
            #expect(census.count == 4 && census.needAttention == 1)
            return census.takeShown().map(\.settings.id.text)
        }
        #expect(shown { $0.owner = "WEB" } == ["t1", "t2"])
        #expect(shown { $0.owner = "web*" } == ["t1", "t2"])
        #expect(shown { $0.owner = "*web" } == [])
        #expect(shown { $0.text = "Rejected" } == ["t1"])
        #expect(shown { $0.text = "t3" } == ["t3"])
        #expect(shown { $0.text = "ops" } == ["t3"])
        #expect(shown { $0.state = .critical } == ["t1"])
        #expect(shown { $0.provider = "vps" }.count == 4)
        #expect(shown { $0.host = "github" } == [])
        #expect(shown { $0.groupsByOwner = true } == ["t3", "t1", "t2", "t4"])
        #expect(shown { $0.from = 2 }.count == 2)
        var filter = PageFilter()
        filter.text = "a b&<"
        filter.from = 200
        #expect(filter.address(refresh: 60) == "/?q=a%20b%26%3C&from=200&refresh=60")
        #expect(PageFilter().address() == "/")
        let form = html { PageSearch(filter: filter, refresh: nil).write(into: &$0) }
        #expect(form.contains(#"name="q" value="a b&amp;&lt;""#))
    }

    @Test func `an alert leads to its token, and its stage is no time left`() throws {
        let token = try owned(1, nil)
        var state = token.state
        var alert = Alert(
            condition: .expiring,
            id: EventID(high: 0, low: 1),
            severity: .warning,
            since: noon - .minutes(1)
        )
        alert.stage = "3d"
        alert.acknowledgement = Acknowledgement(by: "ann", reason: "x", until: noon + .days(3))
        state.alerts = [alert]
        let snapshot = TokenSnapshot(
            settings: token.settings,
            state: state,
            plan: token.plan,
            at: noon
        )
        let census = census([snapshot])
        let alerts = html {
            PageAlerts(subjects: [:], tokens: [snapshot], census: census, now: noon).write(
                into: &$0
            )
        }
        #expect(alerts.contains("<a href=\"/tokens/t1\"><bdi>t1"), "\(alerts)")
        #expect(alerts.contains("expiring (stage 3d), for <time"), "\(alerts)")
        #expect(alerts.contains(">1 min</time>"), "\(alerts)")
        let row = html { PageTokenRow(token: snapshot, history: [], now: noon).write(into: &$0) }
        #expect(
            row.contains("<span class=\"chip warning acked\">expiring, acked<"),
            "\(row)"
        )
    }

    @Test func `a rejection is an answer that reports no expiry`() throws {
        let rejected = try polled(1, .rejected, known: false)
        let new = try polled(2, nil, known: false)
        let census = census([rejected, new])
        #expect([census.notTold, census.notSeen] == [1, 1])
        let row = html { PageTokenRow(token: rejected, history: [], now: noon).write(into: &$0) }
        #expect(row.contains("<span class=\"left\">not reported</span>"), "\(row)")
    }

    @Test func `dropped notifications did not reach their channels`() throws {
        var overview = StatusPorts.Overview(
            instance: "test-1",
            configurationPath: "/c",
            configurationLoadedAt: noon,
            summary: Engine.Summary(tokens: 0, at: noon),
            deliveriesWaiting: 0,
            deliveriesGivenUp: 0
        )
        overview.deliveriesGivenUp = 1
        let text = html {
            PageDeliveries(
                overview: overview,
                deliveries: ([], []),
                hasPageOfItsOwn: true,
                now: noon
            ).writePage(instance: "test-1", into: &$0)
        }
        #expect(text.contains("0 pending, 1 dropped."), "\(text)")
        #expect(text.contains("No notification is pending.") && !text.contains("has reached"))
    }

    @Test func `one owner is one group, whatever the capital letters`() throws {
        let keys = try ["Team A", "team a", "TEAM A", "team b"].enumerated()
            .map { try owned($0.offset + 1, $0.element).ownerKey }
        #expect(Set(keys).count == 2)
        #expect(try owned(9, "no owner").ownerKey < owned(8, nil).ownerKey)
    }

    @Test func `an address is whole, and a text is cut`() {
        let address = "https://example.com/?q=" + String(repeating: "&", count: 2000)
        let link = html { $0.element("a", ["href": address], text: address) }
        let parts = link.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        #expect(parts[1].replacing("&amp;", with: "&") == address)
        #expect(parts[2].hasSuffix("…</a>"))
    }

    @Test func `a page behind the last one says so`() throws {
        var filter = PageFilter()
        filter.from = 20_000
        var census = PageCensus(filter: filter, at: noon)
        census.add([try owned(1, nil)])
        let axis = PageAxis(census: census, shown: census.takeShown().count, filter: filter)
        let text = html { axis.write(into: &$0) }
        #expect(text.contains("behind the end: the list has 1 token;"), "\(text)")
    }

    @Test func `the page of a token has its conditions, what comes and its history`() throws {
        let token = try snapshot(7, .at(noon + .days(40)))
        let text = html { html in
            PageToken(
                token: token,
                instance: "test-1",
                clockLead: nil,
                cannotSee: ["It does not report the last use."],
                quietQueues: [:],
                history: [],
                now: noon
            )
            .write(into: &html)
        }
        for part in [
            "<title>t7: ", "<h2>Conditions</h2>", "<code>expiring</code>",
            "<h2>Next notifications</h2>", "<h2>History</h2>", "No history yet.",
            "It does not report the last use.", "</html>",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test func `a wrong clock stands before everything else`() throws {
        let clock = Finding(.clockWrong, .critical, "the local clock is 2 h ahead")
        let other = Finding(.storeFailing, .critical, "the state cannot be written")
        let text = head(
            census([try snapshot(1, .never, .critical)]),
            [.daemon: clock, .channel("ops"): other]
        )
        let banner = try #require(text.firstRange(of: "<h2>Check the clock</h2>"))
        let words = try #require(text.firstRange(of: "<li>the local clock is 2 h ahead</li>"))
        #expect(banner.lowerBound < words.lowerBound)
        #expect(text[..<banner.lowerBound].ranges(of: "<section").count == 1)
        #expect(!text.contains("cannot be written"))
    }

    @Test func `of many that were added as many are said as were read, and that there are more`()
        throws
    {
        func change(_ type: String) -> PageChange? {
            PageChange(
                json: #"{"type":"\#(type)","severity":"info","at":"2026-11-21T08:00:00Z","#
                    + #""summary":"s"}"#
            )
        }
        func text(_ changes: [PageChange?]) -> String {
            html { PageChanges(changes: changes.compactMap(\.self), now: noon).write(into: &$0) }
        }
        let added = (0..<200).map { _ in change("first_seen") }
        #expect(text(added).contains(">at least 200 tokens added<"))
        #expect(
            text([change("renamed")] + added.prefix(199)).contains(">at least 199 tokens added<")
        )
        #expect(text(Array(added.prefix(199))).contains(">199 tokens added<"))
        #expect(text(added.prefix(199) + [change("renamed")]).contains(">199 tokens added<"))
    }
}
