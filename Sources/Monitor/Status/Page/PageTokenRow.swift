import Alerting

/// A token: its place on the time line and, unfolded, all known facts.
struct PageTokenRow {
    let token: TokenSnapshot
    /// The changes, the newest first; nil if the record cannot be read.
    let history: [PageChange]?
    let now: Instant

    /// The most changes of a token: most tokens have fewer in their whole life.
    static let historyLimit = 12
    /// The most permissions of a token to show; it may have thousands.
    private static let permissionLimit = 60

    private var id: String { token.settings.id.text }
    private var health: TokenHealth { token.state.health }

    func write(into html: inout HTMLWriter) {
        let alerts = token.presentedAlerts(at: now)
        html.element("details", ["class": "token \(health.rawValue)", "id": "token-\(id)"]) {
            html in
            html.element("summary") { html in
                html.element("span", ["class": "id"], text: id)
                writeTrack(into: &html)
                html.element("span", ["class": "left"]) { writeLeft(into: &$0) }
                html.element("span", ["class": "chips"]) { html in
                    writeChips(alerts.map(\.alert), into: &html)
                }
            }
            html.element("div", ["class": "known"]) { html in
                html.element("dl") { writeFacts(alerts, into: &$0) }
                writeHistory(into: &html)
            }
        }
    }

    // MARK: - On the line

    private func writeTrack(into html: inout HTMLWriter) {
        html.markup("<span class=\"track\" aria-hidden=\"true\">")
        defer { html.close("span") }
        html.element("svg") { html in
            let now = TimeAxis.percent(TimeAxis.place(.milliseconds(1)))
            switch token.effectiveExpiry {
            case .at(let end, _):
                let place = TimeAxis.percent(TimeAxis.place(end - self.now))
                html.element(
                    "line",
                    ["x1": now, "x2": place, "y1": "50%", "y2": "50%"],
                    text: ""
                )
                html.element("svg", ["x": place, "y": "50%", "overflow": "visible"]) { html in
                    html.markup(mark)
                }
            case .never:
                html.element(
                    "line",
                    ["class": "endless", "x1": now, "x2": "100%", "y1": "50%", "y2": "50%"],
                    text: ""
                )
            case .notTold, .notSeen: break
            }
        }
    }

    /// The mark of the state; shapes differ for people who cannot distinguish red and green.
    private var mark: StaticString {
        switch health {
        case .critical: "<path d=\"M0-7 7 0 0 7-7 0z\"/>"
        case .warning: "<path d=\"M0-6.5 6.5 5-6.5 5z\"/>"
        case .unknown: "<path d=\"M-5-5h10v10h-10z\"/>"
        case .ok: "<circle r=\"5\"/>"
        }
    }

    private func writeLeft(into html: inout HTMLWriter) {
        switch token.shownExpiry {
        case .at(let end, _):
            html.time(end, end > now ? (end - now).forPeople : end.distance(from: now))
        case .never: html.markup("no expiry")
        case .notTold: html.markup("not reported")
        case .notSeen: html.markup("no data yet")
        }
    }

    private func writeChips(_ alerts: [Alert], into html: inout HTMLWriter) {
        for alert in alerts {
            let isKnown = alert.acknowledgement != nil
            html.element(
                "span",
                ["class": "chip \(alert.severity.rawValue)\(isKnown ? " acked" : "")"],
                text: alert.condition.rawValue + (isKnown ? ", acked" : "")
            )
        }
        if let mute = token.mute {
            html.element("span", ["class": "chip"], text: "muted until \(mute.until.forPeople)")
        }
        if let outcome = token.failedOutcome, health == .ok || health == .unknown {
            html.element("span", ["class": "chip"], text: "poll failed: \(outcome.rawValue)")
        } else if alerts.isEmpty {
            // For a token without problems, the mark is enough for people who can see it.
            let style = health == .ok ? "spoken" : "word"
            html.element("span", ["class": style], text: health.rawValue)
        }
        if let owner = token.settings.owner {
            html.element("bdi", ["class": "word"], text: owner)
        }
    }

    // MARK: - Unfolded

    func writeFacts(
        _ alerts: [(alert: Alert, summary: String)],
        into html: inout HTMLWriter
    ) {
        let (settings, state, known) = (token.settings, token.state, token.state.known)
        for (alert, summary) in alerts {
            fact(alert.severity.rawValue, summary, class: alert.severity.rawValue, into: &html)
        }
        if case .at(let end, let source) = token.effectiveExpiry {
            let difference = state.expiryDifference(settings)
            let configured = source == .config ? ", according to the configuration" : ""
            let words = difference.map { ", \($0)" } ?? configured
            fact("expires", end.forPeople(at: now) + words, into: &html)
        }
        html.markup("<dt>permissions</dt><dd>")
        if let held = known?.permissions {
            writePermissions(held.words, into: &html)
        } else {
            html.markup("not reported")
        }
        html.markup("</dd>")
        fact("last used", lastUsed, into: &html)
        fact("owner", settings.owner, into: &html)
        fact("name", known?.name, into: &html)
        fact("account", known?.accountWords, into: &html)
        fact("provider", "\(settings.provider), \(settings.host)", into: &html)
        fact("created", known?.createdAt?.forPeople(at: now), into: &html)
        fact("last poll", lastPoll, into: &html)
        let next = token.nextPollAt
        fact("next poll", next > now ? next.forPeople(at: now) : "due", into: &html)
        fact("note", settings.note, into: &html)
        writeRenewal(into: &html)
    }

    private func fact(
        _ name: String,
        _ text: String?,
        class style: String? = nil,
        into html: inout HTMLWriter
    ) {
        guard let text else { return }
        html.element("dt", ["class": style ?? ""], text: name)
        html.element("dd") { $0.element("bdi", text: text) }
    }

    private func writePermissions(_ words: [String], into html: inout HTMLWriter) {
        if words.isEmpty { html.markup("none") }
        for word in words.prefix(Self.permissionLimit) {
            html.element("code", text: word)
            html.markup(" ")
        }
        let more = words.count - Self.permissionLimit
        if more > 0 { html.text("and \(grouped(more)) more") }
    }

    private var lastUsed: String? {
        guard let used = token.state.known?.lastUsedAt else { return nil }
        let by =
            switch token.state.use.by {
            case .elsewhere: ", elsewhere"
            case .own: ", by the daemon's own poll"
            case .unknown, nil: ""
            }
        return used.forPeople(at: now) + by
    }

    private var lastPoll: String? {
        guard let poll = token.state.lastPollAt else { return nil }
        let parts = [token.state.lastOutcome?.rawValue, token.state.lastError]
        let words = parts.compactMap(\.self).joined(separator: ": ")
        return poll.forPeople(at: now) + (words.isEmpty ? "" : ", \(words)")
    }

    /// Writes a link if a browser can open it: the operator's own address is still checked.
    private func writeRenewal(into html: inout HTMLWriter) {
        guard let address = token.settings.renewURL else { return }
        html.markup("<dt>renew at</dt><dd>")
        if ["https://", "http://"].contains(where: address.lowercased().hasPrefix) {
            html.element(
                "a",
                ["href": address, "rel": "noreferrer noopener"],
                text: address
            )
        } else {
            html.element("bdi", text: address)
        }
        html.close("dd")
    }

    private func writeHistory(into html: inout HTMLWriter) {
        html.markup("<div class=\"history\"><h3>Recent changes</h3>")
        if let history {
            html.element("ol") { html in
                for change in history { change.write(into: &html, at: now) }
            }
            if history.isEmpty { html.markup("<p class=\"quiet\">No history yet.</p>") }
        } else {
            html.markup("<p class=\"quiet\">The record cannot be read.</p>")
        }
        html.markup("<p class=\"quiet\">")
        html.element(
            "a",
            ["href": token.address],
            text: "history, conditions and next notifications"
        )
        html.markup("</p></div>")
    }
}
