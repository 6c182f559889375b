import Alerting

/// The beginning and the end of every page.
enum PageFrame {
    static func begin(
        title: String,
        worst: TokenHealth,
        refresh: Int? = nil,
        into html: inout HTMLWriter
    ) {
        html.markup(
            """
            <!doctype html><html lang="en"><head><meta charset="utf-8">\
            <meta name="viewport" content="width=device-width,initial-scale=1">\
            <meta name="color-scheme" content="light dark">
            """
        )
        if let refresh { html.open("meta", ["http-equiv": "refresh", "content": "\(refresh)"]) }
        html.element("title", text: title)
        html.open("link", ["rel": "icon", "href": icon(worst)])
        html.markup("<style>")
        html.markup(verbatim: PageStyle.sheet)
        html.markup("</style></head><body>")
    }

    /// Writes the header of a page about one thing, which links to all tokens.
    static func writeHeader(
        of title: String,
        instance: String,
        clockLead: String? = nil,
        isID: Bool = false,
        verdict: (words: String, health: TokenHealth),
        at now: Instant,
        into html: inout HTMLWriter
    ) {
        html.markup("<header><div class=\"who\"><p><a href=\"/\">")
        html.text(instance)
        html.markup("</a></p>")
        if let clockLead { html.element("p", ["class": "verdict warning"], text: clockLead) }
        html.element("h1", isID ? ["class": "id"] : [:], text: title)
        html.element("p", ["class": "verdict \(verdict.health.rawValue)"], text: verdict.words)
        html.element("p", ["class": "asof"]) { html in
            html.markup("As of ")
            html.time(now, now.forPeople)
        }
        html.markup("</div></header>")
    }

    /// Writes the end of such a page.
    ///
    /// - Parameters:
    ///   - json: the names and addresses of the same data for programs.
    ///   - html: the page.
    static func writeFooter(json: [(name: String, path: String)], into html: inout HTMLWriter) {
        html.markup("<footer><p>")
        html.element("a", ["href": "/"], text: "All tokens")
        if !json.isEmpty { html.markup(" · As JSON:") }
        for (name, path) in json {
            html.markup(" ")
            html.element("a", ["href": path], text: name)
        }
        html.markup("</p></footer></body></html>\n")
    }

    /// Returns an icon for the tab: a dot in the colour of the worst state.
    private static func icon(_ worst: TokenHealth) -> String {
        let colour =
            switch worst {
            case .critical: "c8372f"
            case .warning: "d08b1d"
            case .unknown: "7a6fc0"
            case .ok: "3a9a75"
            }
        return "data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 "
            + "viewBox=%220 0 16 16%22%3E%3Ccircle cx=%228%22 cy=%228%22 r=%226%22 "
            + "fill=%22%23\(colour)%22/%3E%3C/svg%3E"
    }
}
