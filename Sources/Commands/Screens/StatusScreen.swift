import Alerting
import Monitor

/// The screen of `status`: tokens that need attention first, with nothing important cut.
struct StatusScreen {
    /// The part of the chosen tokens that has a row.
    enum Listing: Hashable {
        case everything
        /// The tokens that are not ok.
        case problems
        /// All tokens if they fit the screen, otherwise the problems.
        case fitting
    }

    /// The chosen tokens, in order.
    let tokens: [TokenReport]
    /// The number of further tokens, which are all ok and have no row.
    var others = 0
    /// The number of tokens that the daemon watches; nil if that is unknown.
    var watched: Int?
    /// The filter in words, for a screen without matches.
    var choice: String?
    var overview = Overview()
    /// Whether the canvas has a past instant, shown from the record.
    var isPast = false
    var listing = Listing.everything
    var canvas: Canvas

    var lines: [String] {
        guard count > 0 else {
            return overview.clockLines(width: canvas.width) + [nothing] + notices
        }
        switch listing {
        case .everything: return lines(of: tokens)
        case .problems: return lines(of: problems)
        case .fitting:
            // The last line is for the prompt.
            guard let height = canvas.height else { return lines(of: tokens) }
            if count < height {
                let all = lines(of: tokens)
                if all.count < height { return all }
            }
            return lines(of: problems)
        }
    }

    private var count: Int { tokens.count + others }

    private var problems: [TokenReport] { tokens.filter { $0.state != .ok } }

    private func lines(of listed: [TokenReport]) -> [String] {
        var lines = overview.clockLines(width: canvas.width) + heading
        if !listed.isEmpty {
            let table = StatusTable(tokens: listed, canvas)
            lines += table.lines
            lines += hiddenRows(count - listed.count)
            lines += table.hiddenColumns
        } else {
            lines += hiddenRows(count)
        }
        return lines + notices
    }

    /// The counts, and the time of the next poll.
    private var heading: [String] {
        let states = tokens.map(\.state) + Array(repeating: .ok, count: others)
        let counts = tally(states, of: watched)
        guard !isPast, let next = overview.nextPollAt else { return [counts] }
        let poll = "next poll \(next > canvas.now ? next.briefDistance(from: canvas.now) : "now")"
        let line = DisplayWidth.padded(counts, to: 46) + "   " + poll
        if let width = canvas.width, DisplayWidth.of(line) > width { return [counts, poll] }
        return [line]
    }

    private func hiddenRows(_ hidden: Int) -> [String] {
        guard hidden > 0 else { return [] }
        let words =
            switch (hidden == count, hidden) {
            case (true, 1): "It is ok"
            case (true, _): "All are ok"
            case (false, 1): "1 more is ok"
            case (false, _): "\(grouped(hidden)) more are ok"
            }
        return ["  \(words): tokenwatchd status --all"]
    }

    static let noTokens = "No tokens configured. Add one: sudo tokenwatchd add ID"

    private var nothing: String {
        guard let choice, watched != 0 else { return Self.noTokens }
        let of = watched.map {
            $0 == 1 ? "The only token does not match" : "None of \(counted($0, "token")) matches"
        }
        return "\(of ?? "No token matches") \(choice)."
    }

    /// The alerts of the daemon and of hosts, below the table.
    private var notices: [String] {
        let (width, paint) = (canvas.width, canvas.paint)
        let past = "This is the record at \(canvas.now.forPeople); owners are those of today."
        var lines = isPast ? TextWrap.lines(past, width: width ?? .max) : []
        for alert in overview.alerts {
            let health = alert.severity.health
            let sign =
                width == nil ? alert.severity.rawValue + "  " : health.sign(canvas.isUnicode) + " "
            let room = width.map { max(20, $0 - 2) } ?? .max
            for (index, line) in TextWrap.lines(alert.summary, width: room).enumerated() {
                lines.append(index == 0 ? paint.state(health, sign) + line : "  " + line)
            }
        }
        if let error = overview.configurationError {
            lines += TextWrap.lines(
                "The last reload failed, and the old configuration is in use: \(error)",
                width: width ?? .max
            )
        }
        if overview.pending > 0 || overview.dropped > 0 {
            lines.append(
                "Notifications: \(grouped(overview.pending)) pending, "
                    + "\(grouped(overview.dropped)) dropped"
            )
        }
        return lines.isEmpty || count == 0 ? lines : [""] + lines
    }
}

extension TokenHealth {
    /// Returns the sign of a state, one column wide.
    func sign(_ isUnicode: Bool) -> String {
        switch self {
        case .critical: isUnicode ? "✗" : "x"
        case .warning: "!"
        case .unknown: "?"
        case .ok: isUnicode ? "✓" : " "
        }
    }
}

/// Returns the words for people of a JSON word for an expiry.
func expiryWords(_ word: String) -> String {
    switch word {
    case "never": "no expiry"
    case "not_told": "not reported"
    case "not_seen": "no data yet"
    default: word
    }
}

extension Overview {
    /// Returns the first lines of a screen while the machine's clock is wrong; otherwise none.
    func clockLines(width: Int?) -> [String] {
        guard let clockProblem else { return [] }
        return TextWrap.lines(clockProblem, width: width ?? .max) + [""]
    }
}
