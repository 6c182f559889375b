import Alerting
import Monitor

/// The table of `status`.
struct StatusScreen {
    /// Already chosen and in order.
    let tokens: [TokenReport]
    /// How many the daemon watches; nil where that was not asked.
    var watched: Int?
    /// What was asked for, in words, for a screen that has nothing to show.
    var choice: String?
    var overview = Overview()
    /// Whether `now` is an instant of the past, of which the record tells.
    var isPast = false
    let now: Instant
    let width: Int?
    let hasColour: Bool

    var lines: [String] {
        overview.clockLines(width: width) + table
    }

    private var table: [String] {
        guard !tokens.isEmpty else { return [nothing] + notices }
        let paint = Paint(isOn: hasColour)
        let table = TextTable(columns, width: width)
        var lines = [paint.bold(table.header)]
        lines.reserveCapacity(tokens.count + 8)
        for index in tokens.indices {
            let state = tokens[index].state
            // On a screen each state is a group; on paper each line is a token.
            if width != nil, index > 0, state != tokens[index - 1].state { lines.append("") }
            lines.append(
                table.row(index) { title, text in
                    title == "STATE" ? paint.state(state, text) : text
                }
            )
        }
        lines += ["", tally(tokens.map(\.state), of: watched)]
        if !table.leftOut.isEmpty {
            let columns = table.leftOut.map { $0.lowercased() }.joined(separator: ", ")
            let text = "No room for: \(columns). See status ID, or widen the terminal."
            lines += TextWrap.lines(text, width: width ?? .max)
        }
        return lines + notices
    }

    private var nothing: String {
        guard let choice else { return "No tokens configured. Add one: sudo tokenwatchd add ID" }
        let of = watched.map {
            $0 == 1 ? "The only token does not match" : "None of \(counted($0, "token")) matches"
        }
        return "\(of ?? "No token matches") \(choice)."
    }

    /// What concerns the daemon and hosts, beneath the table.
    private var notices: [String] {
        let paint = Paint(isOn: hasColour)
        var lines: [String] = []
        if isPast {
            lines += TextWrap.lines(
                "As the record has it at \(now.forPeople); owners are those of today.",
                width: width ?? .max
            )
        }
        lines += overview.alerts.map { alert in
            paint.state(alert.severity.health, alert.severity.rawValue) + "  " + alert.summary
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
        return lines
    }

    private var columns: [TextTable.Column] {
        var columns = [
            column("TOKEN", 17, drop: 0) { .name($0.id) },
            column("STATE", 8, drop: 0) { .text($0.state.rawValue) },
            column("EXPIRES IN", 10, drop: 0) { .text(expiresIn($0)) },
            column("EXPIRES AT", 10, drop: 6) { expiresAt($0) },
            column("PERMISSIONS", 11, drop: 2) { permissions($0) },
            column("LAST USED", 10, drop: 3) { lastUsed($0) },
            column("OWNER", 12, drop: 5) { .text($0.owner ?? "-") },
            column("NEXT POLL", 9, drop: 4) { .text(nextPoll($0)) },
            column("ALERTS", 14, drop: 1) { alerts($0) },
        ]
        // On paper columns stay where they are; on a screen an empty one is only in the way.
        let mayBeEmpty: Set = ["OWNER", "LAST USED", "NEXT POLL"]
        if width != nil {
            columns.removeAll { column in
                mayBeEmpty.contains(column.title) && column.cells.allSatisfy { $0.whole == "-" }
            }
        }
        return columns
    }

    private func column(
        _ title: String,
        _ minimum: Int,
        drop: Int,
        _ cell: (TokenReport) -> TextTable.Cell
    ) -> TextTable.Column {
        TextTable.Column(
            title: title,
            minimum: minimum,
            dropOrder: drop,
            cells: tokens.map(cell)
        )
    }

    private func expiresIn(_ token: TokenReport) -> String {
        guard let expiry = token.expiresAt else { return expiryWords(token.expiry) }
        guard expiry > now else { return "\((now - expiry).roundedForPeople) ago" }
        return (expiry - now).forPeople + (token.isExpiryRolling ? ", rolling" : "")
    }

    private func permissions(_ token: TokenReport) -> TextTable.Cell {
        guard let permissions = token.permissions else { return .text("not told") }
        return permissions.isEmpty ? .text("none") : .list(permissions)
    }

    private func expiresAt(_ token: TokenReport) -> TextTable.Cell {
        guard let expiry = token.expiresAt else { return .text("-") }
        return .either(expiry.forPeople, String(expiry.rfc3339.prefix(10)))
    }

    private func lastUsed(_ token: TokenReport) -> TextTable.Cell {
        guard let used = token.lastUsedAt else { return .text("-") }
        let distance = used.briefDistance(from: now)
        return switch token.lastUsedBy {
        case "self": .either("\(distance), self", distance)
        case "elsewhere": .either("\(distance), elsewhere", distance)
        default: .text(distance)
        }
    }

    private func nextPoll(_ token: TokenReport) -> String {
        guard let next = token.nextPollAt else { return "-" }
        return next > now ? next.briefDistance(from: now) : "now"
    }

    private func alerts(_ token: TokenReport) -> TextTable.Cell {
        token.alerts.isEmpty
            ? .text("-")
            : .list(token.alerts.map(\.brief))
    }
}

/// The word that JSON has for an expiry, in words for people.
func expiryWords(_ word: String) -> String {
    switch word {
    case "not_told": "not told"
    case "not_seen": "not seen"
    default: word
    }
}

extension Overview {
    /// What leads a screen while the machine's clock is wrong; empty while it is right.
    func clockLines(width: Int?) -> [String] {
        guard let clockProblem else { return [] }
        return TextWrap.lines(clockProblem, width: width ?? .max) + [""]
    }
}
