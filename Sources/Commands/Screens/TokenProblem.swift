import Alerting
import Monitor

/// A token's problems, in a few words that fit a line of a table.
struct TokenProblem {
    private let token: TokenReport
    private let now: Instant

    init(of token: TokenReport, at now: Instant) {
        self.token = token
        self.now = now
    }

    /// Every problem of the token, most severe first; `-` if it has none.
    var text: String {
        let phrases = token.alerts.map { alert in
            let words = phrase(alert)
            guard !isAcknowledged, let known = alert.acknowledgement else { return words }
            return "\(words) (acked by \(known.by))"
        }
        let mark = token.mute == nil ? "" : " (muted)"
        guard phrases.isEmpty else { return phrases.joined(separator: "; ") + mark }
        if let failure { return failure }
        return token.state == .unknown ? "no data yet\(retry("first poll"))" : "-"
    }

    /// The text `acked by ann` if someone has acknowledged every alert; nil otherwise.
    var acknowledgement: String? {
        guard isAcknowledged else { return nil }
        let names = token.alerts.compactMap { $0.acknowledgement?.by }
        return names.first.map { "acked by \($0)" }
    }

    private var isAcknowledged: Bool {
        !token.alerts.isEmpty && token.alerts.allSatisfy { $0.acknowledgement != nil }
    }

    /// The reason why the last poll failed, and the time of the next; nil after a good answer.
    private var failure: String? {
        guard token.lastOutcome != nil, token.lastOutcome != "ok" else { return nil }
        return (token.lastError ?? "the last poll failed") + retry("retry")
    }

    private func retry(_ word: String) -> String {
        guard let next = token.nextPollAt else { return "" }
        return "; \(word) \(next.briefDistance(from: now))"
    }

    private func phrase(_ alert: AlertReport) -> String {
        let words =
            switch Condition(rawValue: alert.condition) {
            case .expiring: expiring ?? stripped(alert)
            case .expired:
                token.expiresAt.map { "expired \((now - $0).longWords) ago" } ?? "expired"
            case .rejected: rejected
            case .unreachable: failure ?? stripped(alert)
            case .malformed: token.lastError.map { "malformed answer: \($0)" } ?? stripped(alert)
            default: stripped(alert)
            }
        return alert.isConfirmed ? words : "\(words), not confirmed yet"
    }

    private var expiring: String? {
        guard let expiry = token.expiresAt, expiry > now else { return nil }
        return "expires in \((expiry - now).longWords)"
    }

    /// The text `rejected (401)`, with another status in its place.
    private var rejected: String {
        guard token.lastOutcome == "rejected", let answer = token.lastError else {
            return "rejected"
        }
        let status = answer.prefix { $0.isASCII && $0.isNumber }
        guard status.utf8.count == 3, !answer.contains(" with ") else {
            return "rejected (\(answer))"
        }
        return "rejected (\(status))"
    }

    /// Returns the sentence of an alert without the id that begins it.
    private func stripped(_ alert: AlertReport) -> String {
        alert.summary.withoutSubject(token.id)
    }
}

extension String {
    /// Returns a summary without the id that it begins with.
    func withoutSubject(_ id: String) -> String {
        for start in ["\(id): ", "\(id) "] where hasPrefix(start) {
            return String(dropFirst(start.count))
        }
        return self
    }
}

extension Duration {
    /// The duration in its largest unit, rounded down: `6 days`, `1 day`, `5 hours`, `40 seconds`.
    var longWords: String {
        let total = max(0, wholeSeconds)
        return switch total {
        case 86400...: counted(Int(clamping: total / 86400), "day")
        case 3600...: counted(Int(clamping: total / 3600), "hour")
        case 60...: counted(Int(clamping: total / 60), "minute")
        default: counted(Int(clamping: total), "second")
        }
    }

    /// The duration for a narrow column, rounded down: `90d`, `1d 3h`, `5h 12m`, `12m`, `40s`.
    var narrow: String {
        let total = max(0, wholeSeconds)
        func pair(_ size: Int64, _ name: String, _ rest: Int64, _ restName: String) -> String {
            let more = total % size / rest
            return "\(total / size)\(name)" + (more > 0 ? " \(more)\(restName)" : "")
        }
        return switch total {
        case (3 * 86400)...: "\(grouped(Int(clamping: total / 86400)))d"
        case 86400...: pair(86400, "d", 3600, "h")
        case 3600...: pair(3600, "h", 60, "m")
        case 60...: "\(total / 60)m"
        default: "\(total)s"
        }
    }
}
