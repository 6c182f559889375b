import Alerting

/// The beginning of the page: whose it is, and in one sentence how things are.
struct PageHead {
    let overview: StatusPorts.Overview
    /// Why the daemon cannot do its work; empty while it can.
    let problems: [String]
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
        guard !problems.isEmpty else { return }
        html.element("section", ["class": "trouble"]) { html in
            html.markup("<h2>The daemon cannot do its work</h2><ul>")
            for problem in problems { html.element("li", text: problem) }
            html.markup("</ul>")
        }
    }

    /// The worst state of any token, or of the daemon.
    private var worst: TokenHealth {
        if !problems.isEmpty { return .critical }
        let held = overview.summary.subjects.values.joined().map(\.alert.severity).max()
        if held == .critical { return .critical }
        let tokens = overview.summary.tally.tokens
        let worst = TokenHealth.allCases.first { tokens[$0] ?? 0 > 0 } ?? .ok
        return held == .warning && worst != .critical ? .warning : worst
    }

    private var verdict: String {
        let tally = overview.summary.tally
        let total = overview.summary.tokens
        guard total > 0 else { return "No token is watched." }
        let bad = (tally.tokens[.critical] ?? 0) + (tally.tokens[.warning] ?? 0)
        let unknown = tally.tokens[.unknown] ?? 0
        var text: String
        if bad > 0 {
            text = "\(grouped(bad)) of \(counted(total, "token")) "
            text += bad == 1 ? "asks for your attention." : "ask for your attention."
        } else if unknown > 0 {
            text = "\(grouped(unknown)) of \(counted(total, "token")) "
            text += unknown == 1 ? "was not seen yet." : "were not seen yet."
        } else {
            text = total == 1 ? "The one token is well." : "All \(grouped(total)) tokens are well."
        }
        let others = overview.summary.subjects.values.reduce(0) { $0 + $1.count }
        if others > 0 { text += " Hosts and the daemon have \(counted(others, "alert"))." }
        return text
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
