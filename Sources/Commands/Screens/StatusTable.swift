import Alerting
import Monitor

/// The rows of `status`.
///
/// IDs and problems are never cut: other columns are hidden, and a problem that does not fit
/// next to the other columns is shown below them.
struct StatusTable {
    let lines: [String]
    /// The hidden columns, and how to see them.
    let hiddenColumns: [String]

    /// The fields that its rows, and the choice and the order of its tokens, need.
    static let fields: [TokenField] = [
        .id, .provider, .state, .permissions, .expiry, .expiresAt, .expiryRolling, .lastUsedAt,
        .lastUsedBy, .lastOutcome, .lastError, .nextPollAt, .alerts, .muted, .owner,
    ]

    /// The width that a problem gets before other columns; a longer problem is wrapped.
    private static let usualProblem = 40
    /// The widest permissions without a terminal, because each row is as wide as the longest cell.
    private static let widestPermissions = 300
    /// The narrowest column of problems that is still readable.
    private static let leastProblem = 24

    init(tokens: [TokenReport], _ canvas: Canvas) {
        let (now, paint) = (canvas.now, canvas.paint)
        var columns = Self.columns(tokens, now: now, isPaper: canvas.width == nil)
        let problems = tokens.map { TokenProblem(of: $0, at: now) }.map { problem in
            (text: problem.text, acked: problem.acknowledgement)
        }
        guard let width = canvas.width else {
            columns.append(
                TextTable.Column("PROBLEM", .max, of: problems) { problem in
                    .text(problem.acked.map { "\(problem.text), \($0)" } ?? problem.text)
                }
            )
            let table = TextTable(columns, width: nil)
            lines = [paint.bold(table.header)] + table.lines.dropFirst()
            hiddenColumns = []
            return
        }
        let longest = problems.reduce(7) { max($0, DisplayWidth.of(Self.line($1))) }
        // Two columns for the sign, and two before the problem.
        let table = TextTable(columns, width: width - 4 - min(longest, Self.usualProblem))
        let room = width - 4 - table.width
        let isBeside = room >= min(longest, Self.leastProblem)
        var rows = [
            paint.bold(
                "  " + DisplayWidth.padded(table.header, to: table.width)
                    + (isBeside ? "  PROBLEM" : "")
            )
        ]
        for (index, token) in tokens.enumerated() {
            let sign = paint.state(token.state, token.state.sign(canvas.isUnicode)) + " "
            let row = table.row(index)
            let problem = Self.wrapped(
                problems[index],
                width: max(20, isBeside ? room : width - 4)
            ).map { token.state == .ok ? $0 : paint.state(token.state, $0) }
            guard isBeside else {
                rows.append(sign + row)
                if problems[index].text != "-" { rows += problem.map { "    " + $0 } }
                continue
            }
            let indent = String(repeating: " ", count: table.width + 4)
            rows.append(sign + DisplayWidth.padded(row, to: table.width) + "  " + problem[0])
            rows += problem.dropFirst().map { indent + $0 }
        }
        lines = rows
        let hidden = table.leftOut.map { $0.lowercased() }.joined(separator: ", ")
        hiddenColumns =
            hidden.isEmpty
            ? []
            : TextWrap.lines(
                "Hidden: \(hidden); widen the terminal or run `tokenwatchd status ID`",
                width: width - 2
            ).map { "  " + $0 }
    }

    private static func line(_ problem: (text: String, acked: String?)) -> String {
        problem.acked.map { DisplayWidth.padded(problem.text, to: 20) + "  \($0)" } ?? problem.text
    }

    private static func wrapped(
        _ problem: (text: String, acked: String?),
        width: Int
    ) -> [String] {
        let line = line(problem)
        guard DisplayWidth.of(line) > width else { return [line] }
        let words = [problem.text, problem.acked].compactMap(\.self).joined(separator: "; ")
        return TextWrap.lines(words, width: width)
    }

    /// Returns all columns but the problem; the greatest `drop` is hidden first, and 0 stays uncut.
    private static func columns(
        _ tokens: [TokenReport],
        now: Instant,
        isPaper: Bool
    ) -> [TextTable.Column] {
        var columns = [
            TextTable.Column("TOKEN", .max, of: tokens) { .text($0.id) },
            TextTable.Column("LEFT", .max, of: tokens) { .text($0.left(at: now)) },
            TextTable.Column("EXPIRES", .max, drop: 1, of: tokens) {
                .text($0.expiryCell(isPaper: isPaper))
            },
            TextTable.Column("OWNER", 8, drop: 2, of: tokens) { .text($0.owner ?? "-") },
            TextTable.Column("NEXT POLL", 9, drop: 3, of: tokens) { token in
                guard let next = token.nextPollAt else { return .text("-") }
                return .text(next > now ? next.briefDistance(from: now) : "now")
            },
            TextTable.Column("LAST USED", 10, drop: 4, of: tokens) { $0.lastUsed(at: now) },
            TextTable.Column("PERMISSIONS", 11, drop: 5, of: tokens) { token in
                guard let permissions = token.permissions else { return .text("-") }
                if permissions.isEmpty { return .text("none") }
                let list = TextTable.Cell.list(permissions)
                return isPaper ? .text(list.fitted(to: Self.widestPermissions)) : list
            },
        ]
        if isPaper {
            columns.insert(
                TextTable.Column("STATE", .max, of: tokens) { .text($0.state.rawValue) },
                at: 1
            )
        } else {
            // Without a terminal columns keep their places; on a terminal an empty one is left out.
            columns.removeAll { column in
                column.dropOrder > 1 && column.cells.allSatisfy { $0.whole == "-" }
            }
        }
        return columns
    }
}

extension TokenReport {
    fileprivate func left(at now: Instant) -> String {
        guard let expiresAt else { return "-" }
        return expiresAt > now ? (expiresAt - now).narrow : "0"
    }

    /// Returns the day on a terminal, and the minute elsewhere.
    fileprivate func expiryCell(isPaper: Bool) -> String {
        guard let expiresAt else {
            return switch expiry {
            case "never": "no expiry"
            case "not_told": "not reported"
            default: "-"
            }
        }
        return (isPaper ? expiresAt.forPeople : String(expiresAt.rfc3339.prefix(10)))
            + (isExpiryRolling ? " (rolling)" : "")
    }

    fileprivate func lastUsed(at now: Instant) -> TextTable.Cell {
        guard let lastUsedAt else { return .text("-") }
        let distance = lastUsedAt.briefDistance(from: now)
        return switch lastUsedBy {
        case "self": .either("\(distance), self", distance)
        case "elsewhere": .either("\(distance), elsewhere", distance)
        default: .text(distance)
        }
    }
}
