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

    @Test func `of 20,000 tokens the most urgent are kept, by time left, and all are counted`()
        throws
    {
        var census = PageCensus(at: noon)
        var page: [TokenSnapshot] = []
        for number in 0..<20_000 {
            // Scattered; 150 of them have alerts, though others end sooner.
            let days = Int64(number * 7919 % 20_000) / 20 + 400
            let severity: Severity? =
                number % 200 == 0 ? .critical : number % 400 == 1 ? .warning : nil
            page.append(try snapshot(number, .at(noon + .days(days)), severity))
            if page.count == 128 {
                census.add(page)
                page = []
            }
        }
        page.append(try snapshot(20_000, .never))
        page.append(try snapshot(20_001, .notTold))
        page.append(try snapshot(20_002, nil))
        census.add(page)
        #expect(census.count == 20_003)
        #expect(census.spans == [0, 0, 0, 0, 0, 0, 20_000])
        #expect([census.never, census.notTold, census.notSeen] == [1, 1, 1])
        let shown = census.takeShown()
        #expect(shown.count == PageCensus.shownLimit)
        #expect(shown.filter { $0.state.health == .critical }.count == 100)
        #expect(shown.filter { $0.state.health == .warning }.count == 50)
        // Unknown is worse than ok, though nobody knows when it ends.
        #expect(shown.last?.settings.id.text == "t20002")
        let ends = shown.dropLast().compactMap(\.effectiveExpiry.instant)
        #expect(ends == ends.sorted() && ends.count == 199)
    }
}
