import Alerting

/// The beginning of the page: whose it is, and in one sentence how things are.
struct PageHead {
    let overview: StatusPorts.Overview
    /// Why the daemon cannot do its work; empty while it can.
    let problems: [String]
    let census: PageCensus
    let refresh: Int?
    let now: Instant

    func write(into html: inout HTMLWriter) {
        html.markup(
            """
            <!doctype html><html lang="en"><head><meta charset="utf-8">\
            <meta name="viewport" content="width=device-width,initial-scale=1">\
            <meta name="color-scheme" content="light dark">
            """
        )
        if let refresh { html.open("meta", ["http-equiv": "refresh", "content": "\(refresh)"]) }
        html.element("title", text: title)
        html.open("link", ["rel": "icon", "href": icon])
        html.markup("<style>")
        html.markup(verbatim: PageStyle.sheet)
        html.markup("</style></head><body><header><div class=\"who\">")
        html.element("h1", text: overview.instance)
        if let lead = overview.summary.clockLead {
            html.element("p", ["class": "verdict warning"], text: lead)
        }
        html.element("p", ["class": "verdict \(worst.rawValue)"], text: verdict)
        html.element("p", ["class": "asof"]) { html in
            html.markup("As of ")
            html.time(now, now.forPeople)
            if let next = overview.summary.nextPollAt, overview.summary.tokens > 0 {
                html.markup("; the next poll is ")
                html.time(next, next > now ? next.distance(from: now) : "due")
            }
            html.markup(". ")
            if refresh == nil {
                html.markup("<a href=\"/?refresh=60\">Reload every minute</a>")
            } else {
                html.markup("Reloads by itself; <a href=\"/\">stop that</a>")
            }
        }
        html.markup("</div><ul class=\"tally\">")
        for health in TokenHealth.allCases {
            let count = overview.summary.tally.tokens[health] ?? 0
            html.element("li", ["class": count == 0 ? "none" : health.rawValue]) { html in
                html.element("b", text: grouped(count))
                html.markup(" ")
                html.element("span", text: health.rawValue)
            }
        }
        html.markup("</ul></header><main>")
        // Every time left on the page depends on it.
        write(clockTroubles, "Check the clock", into: &html)
        write(problems, "The daemon cannot do its work", into: &html)
    }

    private var clockTroubles: [String] {
        overview.summary.subjects.values.joined()
            .filter { $0.alert.condition == .clockWrong }.map(\.finding.summary).sorted()
    }

    private func write(
        _ troubles: [String],
        _ heading: StaticString,
        into html: inout HTMLWriter
    ) {
        guard !troubles.isEmpty else { return }
        html.element("section", ["class": "trouble"]) { html in
            html.markup("<h2>")
            html.markup(heading)
            html.markup("</h2><ul>")
            for trouble in troubles { html.element("li", text: trouble) }
            html.markup("</ul>")
        }
    }

    /// The worst state of any token, or of the daemon.
    private var worst: TokenHealth {
        if !problems.isEmpty { return .critical }
        let held = overview.summary.subjects.values.joined().map(\.alert.severity).max()
        if held == .critical { return .critical }
        let tokens = overview.summary.tally.tokens
        var worst = TokenHealth.allCases.first { tokens[$0] ?? 0 > 0 } ?? .ok
        if worst == .ok, census.failing > 0 { worst = .unknown }
        return held == .warning && worst != .critical ? .warning : worst
    }

    private var verdict: String {
        let total = census.count
        guard problems.isEmpty else { return "The daemon cannot do its work." }
        guard total > 0 else { return "No tokens are configured." }
        var sentences: [String] = []
        if census.needAttention > 0 {
            let verb = census.needAttention == 1 ? "needs" : "need"
            sentences.append(
                "\(grouped(census.needAttention)) of \(counted(total, "token")) \(verb) attention."
            )
        }
        if census.failing > 0 {
            sentences.append("The last poll of \(counted(census.failing, "token")) failed.")
        }
        if census.notPolled > 0 {
            sentences.append("No data yet for \(counted(census.notPolled, "token")).")
        }
        if sentences.isEmpty {
            sentences.append(
                total == 1 ? "The token is fine." : "All \(grouped(total)) tokens are fine."
            )
        }
        let others = overview.summary.subjects.values.reduce(0) { $0 + $1.count }
        if others > 0 { sentences.append("Hosts and the daemon have \(counted(others, "alert")).") }
        return sentences.joined(separator: " ")
    }

    private var title: String {
        let tokens = overview.summary.tally.tokens
        let counts = [TokenHealth.critical, .warning].compactMap { health in
            tokens[health].flatMap { $0 > 0 ? "\($0) \(health.rawValue)" : nil }
        }
        return (counts.isEmpty ? worst.rawValue : counts.joined(separator: ", "))
            + " – \(overview.instance) – tokenwatchd"
    }

    /// A dot in the colour of the worst state, for the tab.
    private var icon: String {
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

/// A count with its noun: `1 token`, `2,000 tokens`.
func counted(_ count: Int, _ noun: String) -> String {
    "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}

/// A number with commas between its thousands.
func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
        text.append(digit)
    }
    return text
}
