import Alerting
import HTTP

/// The page of one token, `GET /tokens/ID` over TCP.
///
/// It shows the known facts, the reasons for alerts or their absence, the notifications to come,
/// and the history.
struct PageToken {
    let token: TokenSnapshot
    let instance: String
    let clockLead: String?
    /// The facts that its provider does not report, in sentences.
    let cannotSee: [String]
    let quietQueues: [String: ChannelQueue]
    /// The history, the newest first; nil if the record cannot be read.
    let history: [PageChange]?
    let now: Instant

    /// The most events of a token to show; the record may contain more.
    static let historyLimit = 200

    private var id: String { token.settings.id.text }
    private var health: TokenHealth { token.state.health }

    func write(into html: inout HTMLWriter) {
        PageFrame.begin(
            title: "\(id): \(health.rawValue) – \(instance) – tokenwatchd",
            worst: health,
            into: &html
        )
        PageFrame.writeHeader(
            of: id,
            instance: instance,
            clockLead: clockLead,
            isID: true,
            verdict: (verdict, health),
            at: now,
            into: &html
        )
        html.markup("<main>")
        html.markup("<section class=\"known\"><dl>")
        PageTokenRow(token: token, history: nil, now: now)
            .writeFacts(token.presentedAlerts(at: now), into: &html)
        html.markup("</dl></section>")
        let explanation = token.explanation
        writeConditions(explanation.judgements, into: &html)
        writeComing(explanation.coming, into: &html)
        writeHistory(into: &html)
        if !cannotSee.isEmpty {
            html.markup("<section><h2>Not reported by the provider</h2><ul class=\"plain\">")
            for sentence in cannotSee { html.element("li", text: sentence) }
            html.markup("</ul></section>")
        }
        html.markup("</main>")
        let path = "/v1/tokens/\(token.settings.id.pathText)"
        let json = [
            ("token", path), ("history", "\(path)/history"), ("explanation", "\(path)/explain"),
        ]
        PageFrame.writeFooter(json: json, into: &html)
    }

    private var verdict: String {
        let alerts = token.presentedAlerts(at: now)
        if let first = alerts.first { return first.summary }
        if let outcome = token.failedOutcome {
            let error = token.state.lastError.map { ": \($0)" } ?? ""
            return "The last poll failed (\(outcome.rawValue))\(error)."
        }
        return token.state.lastOutcome == nil ? "No data yet." : "No alerts."
    }

    private func writeConditions(_ judgements: [Judgement], into html: inout HTMLWriter) {
        html.markup("<section><h2>Conditions</h2><table><thead><tr><th>Condition<th>State")
        html.markup("<th>Found<th>Rule</thead><tbody>")
        for judgement in judgements where judgement.isOpen || judgement.reason.isAsked {
            let severity = (judgement.finding?.severity ?? judgement.alert?.severity)?.rawValue
            html.element("tr", ["class": judgement.isOpen ? severity ?? "" : ""]) { html in
                html.element("td") { $0.element("code", text: judgement.condition.rawValue) }
                html.element("td", text: judgement.isOpen ? severity ?? "active" : "no")
                html.element("td") { $0.element("bdi", text: judgement.reason.found) }
                html.element("td") { $0.element("bdi", text: judgement.reason.rule) }
            }
        }
        html.markup("</tbody></table></section>")
    }

    private func writeComing(_ events: [Event], into html: inout HTMLWriter) {
        html.markup("<section class=\"history\"><h2>Next notifications</h2>")
        defer { html.close("section") }
        guard !events.isEmpty else {
            return html.markup("<p class=\"quiet\">None, if nothing changes.</p>")
        }
        html.element("ol") { html in
            let delays = ChannelQueue.delays(of: events, by: quietQueues)
            for (event, delays) in zip(events, delays) {
                html.element("li", ["class": event.severity.rawValue]) { html in
                    html.time(event.at, event.at.distance(from: now))
                    html.markup("<div>")
                    html.element("bdi", text: event.summary)
                    html.markup("<p class=\"more\">")
                    let channels = event.channels.listed()
                    html.text(
                        "\(event.severity.rawValue), \(event.kind.name) \(event.phase.rawValue), "
                            + (channels.isEmpty ? "recorded only" : "to \(channels)")
                    )
                    for (channel, fate) in delays {
                        html.text("; \(channel): \(fate.words(at: now))")
                    }
                    html.markup("</p></div>")
                }
            }
        }
    }

    private func writeHistory(into html: inout HTMLWriter) {
        html.markup("<section class=\"history\"><h2>History</h2>")
        defer { html.close("section") }
        guard let history else {
            return html.markup("<p class=\"quiet\">The record cannot be read.</p>")
        }
        guard !history.isEmpty else {
            return html.markup("<p class=\"quiet\">No history yet.</p>")
        }
        html.element("ol") { html in
            for change in history { change.write(into: &html, at: now) }
        }
        if history.count >= Self.historyLimit {
            html.text("The newest \(Self.historyLimit) entries.")
        }
    }
}
