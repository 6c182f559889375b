import Alerting

/// The state of the daemon, in the line that `systemctl status` shows.
struct ServiceStatus: Hashable, Sendable {
    /// The number of tokens.
    var tokens: Int
    /// The number of tokens in each state.
    var counts: [TokenHealth: Int]
    /// The time until the next poll begins; nil if none is planned.
    var nextPoll: Duration?
    var pollsUnderWay: Int
    /// The number of alerts of hosts and of the daemon itself.
    var otherAlerts: Int
    /// The problems that keep the daemon from its work.
    var problems: [String]
    /// The text that precedes everything else while this machine's clock is wrong.
    var clockLead: String?

    /// The line such as `12 tokens: 1 critical, 2 warning; next poll in 40 s`.
    var line: String {
        var parts = [clockLead].compactMap(\.self)
        parts.append(
            tokens > 0 ? "\(Self.number(tokens, "token"))\(states)" : "no tokens configured"
        )
        if otherAlerts > 0 {
            parts.append("\(Self.number(otherAlerts, "alert")) of hosts or tokenwatchd itself")
        }
        parts += problems
        if let polls { parts.append(polls) }
        return parts.joined(separator: "; ")
    }

    private var states: String {
        let named: [(TokenHealth, String)] = [
            (.critical, "critical"), (.warning, "warning"), (.unknown, "no data yet"),
        ]
        let counted = named.compactMap { health, word in
            counts[health].flatMap { $0 > 0 ? "\($0) \(word)" : nil }
        }
        return counted.isEmpty ? ", all ok" : ": " + counted.joined(separator: ", ")
    }

    private var polls: String? {
        // Only longer polls are worth a word: others have ended when someone reads the line.
        if pollsUnderWay > 0 { return "\(Self.number(pollsUnderWay, "poll")) under way" }
        guard let nextPoll else { return nil }
        guard nextPoll >= .seconds(1) else { return "next poll now" }
        return "next poll in \(nextPoll.forPeople)"
    }

    private static func number(_ count: Int, _ noun: String) -> String {
        "\(count) \(count == 1 ? noun : noun + "s")"
    }
}

extension ServiceStatus {
    init(_ summary: Engine.Summary, problems: [String]) {
        tokens = summary.tokens
        counts = summary.tally.tokens
        nextPoll = summary.nextPollAt.map { max(.zero, $0 - summary.at) }
        pollsUnderWay = summary.inFlight
        otherAlerts = summary.subjects.values.map(\.count).reduce(0, +)
        self.problems = problems
        clockLead = summary.clockLead
    }
}
