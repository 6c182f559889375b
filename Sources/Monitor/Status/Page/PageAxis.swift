import Alerting

/// The head of the time line: its marks, and the numbers of tokens between them.
struct PageAxis {
    let census: PageCensus
    /// The number of tokens that follow, a row each.
    let shown: Int
    var filter = PageFilter()
    var refresh: Int?

    /// The heights within the drawing, in pixels.
    private static let (height, base, tallest) = (92, 70, 46)

    func write(into html: inout HTMLWriter) {
        html.markup("<section class=\"tokens\" id=\"tokens\"><h2>Tokens, most urgent first</h2>")
        guard census.count > 0 else {
            html.markup("<p class=\"quiet\">No tokens configured.</p>")
            return
        }
        PageSearch(filter: filter, refresh: refresh).write(into: &html)
        html.element("div", ["class": "axis"]) { html in
            html.element("p", ["class": "quiet"], text: legend)
            writeDrawing(into: &html)
        }
    }

    /// Writes the place of tokens without a row.
    func writeRest(into html: inout HTMLWriter) {
        let more = census.matching - filter.from - shown
        guard more > 0 else {
            if filter.isNarrow, census.matching == 0 {
                html.markup("<p class=\"quiet rest\">No token matches.</p>")
            }
            return
        }
        let urgent = census.urgentBehind(shown: shown)
        html.element("p", ["class": "quiet rest"]) { html in
            var words = counted(more, "more token")
            if urgent > 0 { words += ", \(grouped(urgent)) of them need attention" }
            var next = filter
            next.from += shown
            if next.from <= PageFilter.maximumFrom {
                html.element("a", ["href": next.address(refresh: refresh)], text: words)
            } else {
                html.text("\(words): narrow the list with the form above, or run ")
                html.element("code", text: "tokenwatchd status")
            }
            html.text(".")
        }
    }

    private var legend: String {
        if filter.isNarrow {
            return "\(grouped(census.matching)) of \(counted(census.count, "token")) match; "
                + "the columns count all."
        }
        if filter.from > 0, shown == 0 {
            return "This page is behind the end: the list has \(counted(census.count, "token")); "
                + "the columns count all."
        }
        var text =
            shown == census.count
            ? counted(census.count, "token")
            : filter.from > 0
                ? "Tokens \(grouped(filter.from + 1)) to \(grouped(filter.from + shown)) of "
                    + "\(grouped(census.count)), by urgency; the columns count all"
                : "The \(shown) most urgent of \(grouped(census.count)) tokens; the columns count all"
        let endless = [
            (census.never, "with no expiry"), (census.notTold, "whose expiry is not reported"),
            (census.notSeen, "with no data yet"),
        ]
        for (count, words) in endless where count > 0 { text += "; \(grouped(count)) \(words)" }
        return text + "."
    }

    private func writeDrawing(into html: inout HTMLWriter) {
        let most = max(1, census.spans.max() ?? 1)
        let attributes: KeyValuePairs<StaticString, String> = [
            "role": "img", "width": "100%", "height": "\(Self.height)", "aria-label": spoken,
        ]
        html.element("svg", attributes) { html in
            for (span, count) in zip(TimeAxis.spans, census.spans) where count > 0 {
                let height = max(3, Self.tallest * count / most)
                html.element(
                    "rect",
                    [
                        "x": TimeAxis.percent(span.lowerBound + 6),
                        "width": TimeAxis.percent(span.count - 12),
                        "y": "\(Self.base - height)", "height": "\(height)", "rx": "2",
                    ],
                    text: ""
                )
                html.element(
                    "text",
                    [
                        "x": TimeAxis.percent(span.lowerBound + span.count / 2),
                        "y": "\(Self.base - height - 6)", "class": "count",
                    ],
                    text: grouped(count)
                )
            }
            for tick in TimeAxis.ticks {
                html.element(
                    "text",
                    ["x": TimeAxis.percent(tick.place), "y": "\(Self.height - 6)"],
                    text: "\(tick.label)"
                )
            }
        }
    }

    /// The text of the drawing for screen readers.
    private var spoken: String {
        var words = ["expired"]
        words += TimeAxis.ticks.dropFirst().map { "within \($0.label)" } + ["later"]
        let parts = zip(words, census.spans).filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
        return "Tokens by time left: \(parts.joined(separator: ", "))"
    }
}
