import Alerting

/// The alerts, the most severe first.
struct PageAlerts {
    let subjects: [AlertSubject: [Engine.SubjectAlert]]
    /// The rows of the page, the most urgent first.
    let tokens: [TokenSnapshot]
    let census: PageCensus
    /// Whether the page does not begin with the first rows of all tokens.
    var isPart = false
    let now: Instant

    /// The most alerts: more push the rows out of sight, and every row shows its token's own.
    private static let shownLimit = 50

    /// An alert of a host, the daemon or a token.
    private enum Entry {
        case subject(AlertSubject, Engine.SubjectAlert)
        case token(TokenSnapshot, Alert)

        var alert: Alert {
            switch self {
            case .subject(_, let alert): alert.alert
            case .token(_, let alert): alert
            }
        }

        var mute: Mute? {
            if case .token(let token, _) = self { token.mute } else { nil }
        }

        /// The page about the alert; nil for an alert of the daemon.
        var address: String? {
            switch self {
            case .token(let token, _): return token.address
            case .subject(.host(let host), _):
                var filter = PageFilter()
                filter.host = host
                return filter.address()
            case .subject: return nil
            }
        }

        func summary(at now: Instant) -> String {
            switch self {
            case .subject(_, let alert): alert.finding.summary
            case .token(let token, let alert):
                token.presentedAlerts(at: now).first { $0.alert.id == alert.id }?.summary ?? ""
            }
        }
    }

    func write(into html: inout HTMLWriter) {
        let count = subjects.values.joined().count + census.alerts
        html.markup("<section class=\"alerts\"><h2>Alerts</h2>")
        defer { html.close("section") }
        guard count > 0 else {
            let words = census.isAllWell ? "Nothing is wrong." : "No alerts."
            return html.element("p", ["class": "quiet"], text: words)
        }
        let entries = entries.prefix(Self.shownLimit)
        html.element("ul") { html in
            for entry in entries { write(entry, into: &html) }
        }
        guard count > entries.count else { return }
        html.element("p", ["class": "quiet"]) { html in
            html.text("And \(counted(count - entries.count, "more alert")): see ")
            let target = isPart ? "/#tokens" : "#tokens"
            html.element("a", ["href": target], text: isPart ? "all tokens" : "the tokens")
            html.text(".")
        }
    }

    /// The alerts by severity: the daemon and hosts first, then tokens in the order of the rows.
    private var entries: [Entry] {
        let ofSubjects = subjects.flatMap { subject, alerts in
            alerts.map { Entry.subject(subject, $0) }
        }
        let ofTokens = tokens.flatMap { token in
            token.state.shownAlerts.sorted { $0.isWorse(than: $1) }.map { Entry.token(token, $0) }
        }
        let all = ofSubjects.sorted { $0.alert.isWorse(than: $1.alert) } + ofTokens
        return Severity.allCases.sorted(by: >).flatMap { severity in
            all.filter { $0.alert.severity == severity }
        }
    }

    private func write(_ entry: Entry, into html: inout HTMLWriter) {
        html.element("li", ["class": entry.alert.severity.rawValue]) { html in
            html.element("span", ["class": "severity"], text: entry.alert.severity.rawValue)
            html.markup("<div><p>")
            let summary = entry.summary(at: now)
            if let address = entry.address {
                html.element("a", ["href": address]) { $0.element("bdi", text: summary) }
            } else {
                html.element("bdi", text: summary)
            }
            html.markup("</p><p class=\"more\">")
            html.text(entry.alert.words + ", for ")
            html.time(entry.alert.since, (now - entry.alert.since).forPeople)
            let acknowledged = entry.alert.acknowledgement
                .map { ("acknowledged", $0.by, $0.until, $0.reason) }
            let muted = entry.mute.map { ("muted", $0.by, $0.until, $0.reason) }
            if let (word, by, until, reason) = acknowledged ?? muted {
                html.text("; \(word) by ")
                html.element("bdi", text: by)
                html.text(" until \(until.forPeople): ")
                html.element("bdi", text: reason)
            } else if let reminder = entry.alert.nextReminderAt {
                html.markup("; next reminder ")
                html.time(reminder, reminder.distance(from: now))
            }
            html.markup("</p></div>")
        }
    }
}

extension TokenSnapshot {
    /// The address of the token's page.
    var address: String { "/tokens/\(settings.id.pathText)" }

    /// Returns the alerts of the token with their current texts, the most severe first.
    func presentedAlerts(at now: Instant) -> [(alert: Alert, summary: String)] {
        let alerts = state.shownAlerts
        guard !alerts.isEmpty else { return [] }
        let findings = state.findings(
            for: settings,
            at: now,
            spread: spread,
            isRefusalTheHosts: true
        )
        return alerts.sorted { $0.isWorse(than: $1) }.map { alert in
            let finding = findings.first { $0.condition == alert.condition }
            let words = "\(settings.id): \(alert.condition.rawValue)"
            return (alert, finding?.summary ?? "\(words) since \(alert.since.forPeople)")
        }
    }
}

extension Alert {
    /// The alert as `expiring (stage 7d)`; the stage alone would look like the time left.
    var words: String { condition.rawValue + (stage.map { " (stage \($0))" } ?? "") }
}
