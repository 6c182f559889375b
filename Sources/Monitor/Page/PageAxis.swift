import Alerting

/// The head of the time line: its marks, and how many tokens there are between them.
struct PageAxis {
    let census: PageCensus
    /// How many tokens follow, a row each.
    let shown: Int

    /// Heights within the drawing, in pixels.
    private static let (height, base, tallest) = (92, 70, 46)

    func write(into html: inout HTMLWriter) {
        html.markup("<section class=\"tokens\"><h2>Tokens by time left</h2>")
        guard census.count > 0 else {
            html.markup("<p class=\"quiet\">No token is watched.</p>")
            return
        }
        html.element("div", ["class": "axis"]) { html in
            html.element("p", ["class": "quiet"], text: legend)
            writeDrawing(into: &html)
        }
    }

    private var legend: String {
        var text =
            shown == census.count
            ? counted(census.count, "token")
            : "The \(shown) most urgent of \(grouped(census.count)) tokens; the columns count all"
        let endless = [
            (census.never, "without an end"), (census.notTold, "with an end that is not told"),
            (census.notSeen, "not seen yet"),
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

    /// The drawing for who cannot see it.
    private var spoken: String {
        var words = ["expired"]
        words += TimeAxis.ticks.dropFirst().map { "within \($0.label)" } + ["later"]
        let parts = zip(words, census.spans).filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
        return "Tokens by time left: \(parts.joined(separator: ", "))"
    }
}
