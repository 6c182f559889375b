import Alerting

/// What holds now, the worst first.
struct PageAlerts {
    let subjects: [AlertSubject: [Watch.SubjectAlert]]
    /// Those that the page shows: the most urgent, so that none with an alert is passed over for
    /// one without.
    let tokens: [TokenSnapshot]
    let tally: Tally
    let now: Instant

    /// More push the time line out of sight, on which every token says its own.
    private static let shownLimit = 20

    private struct Entry {
        /// Nil for a token's, whose summary begins with its id.
        let subject: String?
        let alert: Alert
        let summary: String
    }

    func write(into html: inout HTMLWriter) {
        let count = subjects.values.joined().count + tally.alerts.values.reduce(0, +)
        html.markup("<section class=\"alerts\"><h2>Alerts</h2>")
        defer { html.close("section") }
        guard count > 0 else { return html.markup("<p class=\"quiet\">Nothing is wrong.</p>") }
        let entries = entries.prefix(Self.shownLimit)
        html.element("ul") { html in
            for entry in entries { write(entry, into: &html) }
        }
        guard count > entries.count else { return }
        html.element(
            "p",
            ["class": "quiet"],
            text: "And \(counted(count - entries.count, "more alert")), on the time line."
        )
    }

    private var entries: [Entry] {
        let ofSubjects = subjects.flatMap { subject, alerts in
            alerts.map {
                Entry(
                    subject: subject.description,
                    alert: $0.alert,
                    summary: $0.finding.summary
                )
            }
        }
        let ofTokens = tokens.flatMap { token in
            token.presentedAlerts(at: now).map {
                Entry(subject: nil, alert: $0.alert, summary: $0.summary)
            }
        }
        return (ofSubjects + ofTokens).sorted { $0.alert.isWorse(than: $1.alert) }
    }

    private func write(_ entry: Entry, into html: inout HTMLWriter) {
        html.element("li", ["class": entry.alert.severity.rawValue]) { html in
            html.element("span", ["class": "severity"], text: entry.alert.severity.rawValue)
            html.markup("<div><p>")
            html.element("bdi", text: entry.summary)
            html.markup("</p><p class=\"more\">")
            html.text(entry.alert.words + ", since ")
            html.time(entry.alert.since, entry.alert.since.distance(from: now))
            if let acknowledged = entry.alert.acknowledgement {
                html.text("; known to ")
                html.element("bdi", text: acknowledged.by)
                html.text(" until \(acknowledged.until.forPeople): ")
                html.element("bdi", text: acknowledged.reason)
            } else if let reminder = entry.alert.nextReminderAt {
                html.markup("; next reminder ")
                html.time(reminder, reminder.distance(from: now))
            }
            html.markup("</p></div>")
        }
    }
}

extension TokenSnapshot {
    /// The alerts of the token as they are said now, the worst first.
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
    /// `expiring 7d`.
    var words: String { [condition.rawValue, stage].compactMap(\.self).joined(separator: " ") }
}
