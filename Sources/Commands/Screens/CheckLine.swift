import Alerting
import Monitor

/// The line of `check`, by the Monitoring Plugins guidelines.
///
/// https://www.monitoring-plugins.org/doc/guidelines.html
struct CheckLine {
    let state: TokenHealth
    let text: String

    /// The maximum of alerts in the line; monitoring systems cut long lines.
    private static let maximumSummaries = 3
    /// The maximum of expiries in the performance data, nearest first: some systems read 8 KiB.
    static let maximumFigures = 100

    /// Creates the line of some tokens; `overview` is empty if only some tokens were chosen.
    init(_ tokens: [TokenReport], overview: Overview = Overview(), at now: Instant) {
        let nearest = tokens.compactMap { token in token.expiresAt.map { (token, $0) } }
            .sorted { ($0.1, $0.0.id) < ($1.1, $1.0.id) }
        self.init(
            states: tokens.map(\.state),
            attention: tokens,
            nearest: nearest.prefix(Self.maximumFigures).map { $0.0 },
            overview: overview,
            at: now
        )
    }

    /// Creates the line of several tokens, some of them known.
    ///
    /// - Parameters:
    ///   - states: the state of every token.
    ///   - attention: at least the tokens with an alert, and those without data.
    ///   - nearest: the tokens that expire first, in that order.
    ///   - overview: the alerts and figures that belong to no single token.
    ///   - now: the current time.
    init(
        states: [TokenHealth],
        attention: [TokenReport],
        nearest: [TokenReport],
        overview: Overview,
        at now: Instant
    ) {
        let tokens = attention.sorted(by: TokenReport.isListed)
        let all = states + overview.alerts.map(\.severity.health)
        guard let worst = TokenHealth.worst(all) else {
            state = .ok
            let words = [overview.clockProblem, "no tokens configured"].compactMap(\.self)
            text = Self.line(.ok, words.joined(separator: " "), "")
            return
        }
        state = worst
        // This sentence is separate, because distances are wrong.
        let lead = overview.clockProblem.map { "\($0) " } ?? ""
        var parts = [lead + tally(states, of: nil)]
        var said: [String] = overview.alerts.filter { $0.severity != .info }.map(\.summary)
        for token in tokens {
            if let alert = token.alerts.first(where: { $0.severity.health == token.state }) {
                said.append(alert.summary)
            } else if token.state == .unknown {
                said.append(
                    token.lastError.map { "\(token.id): \($0)" } ?? "\(token.id): no data yet"
                )
            }
        }
        if said.isEmpty {
            if let next = nearest.first, let expiry = next.expiresAt {
                parts.append("next: \(next.id) expires \(expiry.forPeople(at: now))")
            }
        } else {
            parts += said.prefix(Self.maximumSummaries)
            let more = said.count - Self.maximumSummaries
            if more > 0 { parts.append("and \(grouped(more)) more") }
        }
        text = Self.line(worst, parts.joined(separator: "; "), Self.figures(nearest, at: now))
    }

    /// Creates the line of an unknown state, for this reason.
    init(unknown reason: String) {
        state = .unknown
        text = Self.line(.unknown, reason, "")
    }

    private static func line(_ state: TokenHealth, _ text: String, _ figures: String) -> String {
        // The text after the first bar is performance data, so no other bar may come before it.
        let text = text.replacing("|", with: "/")
        let line = "TOKENWATCHD \(state.rawValue.uppercased()) - \(text)"
        return figures.isEmpty ? line : "\(line) | \(figures)"
    }

    /// Returns `'deploy'=601200s;2592000:;259200:` for each token with an expiry.
    ///
    /// The time is negative after the expiry. The ranges are those of the guidelines: less than the
    /// number is a warning, or critical.
    private static func figures(_ tokens: [TokenReport], at now: Instant) -> String {
        tokens.compactMap { token in token.expiresAt.map { (token: token, at: $0) } }
            .map { token, at in
                let thresholds = [token.warningSecondsLeft, token.criticalSecondsLeft]
                    .map { $0.map { "\($0):" } ?? "" }.joined(separator: ";")
                return "'\(token.id)'=\((at - now).wholeSeconds)s;\(thresholds);;"
            }
            .joined(separator: " ")
    }
}
