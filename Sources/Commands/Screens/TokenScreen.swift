import Alerting
import Monitor

/// The screen of one token: a line for each fact.
struct TokenScreen {
    let title: String
    let state: TokenHealth
    /// The labels with their values.
    let rows: [(label: String, text: String)]
    let canvas: Canvas

    var lines: [String] {
        let paint = canvas.paint
        let column = (rows.map { $0.label.utf8.count }.max() ?? 0) + 4
        return ["\(paint.bold(title)): \(paint.state(state, state.rawValue))"]
            + rows.flatMap { label, text in
                let start = DisplayWidth.padded("  \(label)", to: column)
                return TextWrap.lines(text, after: start, width: canvas.width)
            }
    }
}

extension TokenScreen {
    /// Creates the screen from the daemon's data on a token.
    init(_ token: TokenReport, _ canvas: Canvas) {
        let now = canvas.now
        var rows: [(label: String, text: String)] = []
        func add(_ label: String, _ text: String?) {
            if let text { rows.append((label, text)) }
        }
        for alert in token.alerts {
            var text = "\(alert.severity.rawValue): \(alert.summary)"
            if let since = alert.since { text += "; since \(since.forPeople(at: now))" }
            if let known = alert.acknowledgement {
                text += "; acknowledged by \(known.by) until \(known.until.forPeople(at: now))"
                text += ": \(known.reason)"
            }
            if let covering = alert.coveredBy {
                text += "; covered by \(covering), the alert of its host"
            } else if let next = alert.nextReminderAt, !alert.isMuted {
                text += "; next reminder \(next.forPeople(at: now))"
            }
            add("alert", text)
        }
        add(
            "muted",
            token.mute.map { "by \($0.by) until \($0.until.forPeople(at: now)): \($0.reason)" }
        )
        add(
            "expires",
            (token.expiresAt?.forPeople(at: now) ?? expiryWords(token.expiry))
                + (token.isExpiryRolling ? ", rolling" : "")
                + (token.expiryDifference.map { ", \($0)" }
                    ?? (token.isExpiryConfigured ? ", according to the configuration" : ""))
        )
        add(
            "permissions",
            token.permissions.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") }
                ?? "not reported"
        )
        add(
            "last used",
            token.lastUsedAt.map { used in
                used.forPeople(at: now) + usedBy(token.lastUsedBy)
            } ?? "not reported, or never used"
        )
        add("lists", token.lists.map { $0 == 1 ? "1 token" : "\($0) tokens" })
        add("owner", token.owner)
        add("next poll", token.nextPollAt.map { $0 > now ? $0.forPeople(at: now) : "now" })
        add(
            "last poll",
            token.lastPollAt.map { poll in
                [
                    poll.forPeople(at: now) + (token.lastOutcome.map { ": \($0)" } ?? ""),
                    token.lastError,
                ]
                .compactMap(\.self).joined(separator: "; ")
            } ?? "none yet"
        )
        add("name", token.name)
        add("account", token.account)
        add("created", token.createdAt?.forPeople(at: now))
        add("provider", [token.provider, token.host].compactMap(\.self).joined(separator: ", "))
        add("renew at", token.renewURL)
        add("note", token.note)
        self.init(title: token.id, state: token.state, rows: rows, canvas: canvas)
    }
}

private func usedBy(_ word: String?) -> String {
    switch word {
    case "self": ", by the daemon's own poll"
    case "elsewhere": ", elsewhere"
    default: ""
    }
}
