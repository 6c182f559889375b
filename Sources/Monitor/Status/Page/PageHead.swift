import Alerting

/// The beginning of the page: its daemon, and the overall state in one sentence.
struct PageHead {
    let overview: StatusPorts.Overview
    /// The reasons why the daemon cannot work; empty if it can.
    let problems: [String]
    let census: PageCensus
    let refresh: Int?
    var filter = PageFilter()
    let now: Instant

    func write(into html: inout HTMLWriter) {
        PageFrame.begin(title: title, worst: worst, refresh: refresh, into: &html)
        html.markup("<header><div class=\"who\">")
        html.element("h1", text: overview.instance)
        if let lead = overview.summary.clockLead {
            html.element("p", ["class": "verdict warning"], text: lead)
        }
        html.element("p", ["class": "verdict \(worst.rawValue)"], text: verdict)
        html.element("p", ["class": "asof"]) { html in
            html.markup("As of ")
            html.time(now, now.forPeople)
            if let next = overview.summary.nextPollAt, census.count > 0 {
                html.markup("; the next poll is ")
                html.time(next, next > now ? next.distance(from: now) : "due")
            }
            html.markup(". ")
            if refresh == nil {
                html.element(
                    "a",
                    ["href": filter.address(refresh: 60)],
                    text: "Reload every minute"
                )
            } else {
                html.markup("Reloads by itself; ")
                html.element("a", ["href": filter.address()], text: "stop that")
            }
        }
        html.markup("</div><ul class=\"tally\">")
        for health in TokenHealth.allCases {
            let count = census.states[health] ?? 0
            html.element("li", ["class": count == 0 ? "none" : health.rawValue]) { html in
                html.element("b", text: grouped(count))
                html.markup(" ")
                html.element("span", text: health.rawValue)
            }
        }
        html.markup("</ul></header><main>")
        // Every time left on the page depends on the clock.
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
        var worst = TokenHealth.allCases.first { census.states[$0] ?? 0 > 0 } ?? .ok
        if worst == .ok, census.failing > 0 { worst = .unknown }
        return held == .warning && worst != .critical ? .warning : worst
    }

    private var verdict: String {
        let total = census.count
        guard problems.isEmpty else { return "The daemon cannot do its work." }
        guard total > 0 else { return "No tokens configured." }
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
        let counts = [TokenHealth.critical, .warning].compactMap { health in
            census.states[health].map { "\($0) \(health.rawValue)" }
        }
        return (counts.isEmpty ? worst.rawValue : counts.joined(separator: ", "))
            + " – \(overview.instance) – tokenwatchd"
    }
}
