import Alerting
import Formats
import Monitor
import Store

/// The table of `acks`.
struct AcknowledgementsScreen {
    private struct Row {
        let token: String
        let alert: AlertReport
        let acknowledgement: AcknowledgementReport
    }

    /// The one that ends first is listed first.
    private let rows: [Row]
    private let alertCount: Int
    private let now: Instant
    private let width: Int?
    private let hasColour: Bool

    init(tokens: [TokenReport], now: Instant, width: Int?, hasColour: Bool) {
        self.now = now
        self.width = width
        self.hasColour = hasColour
        alertCount = tokens.reduce(0) { $0 + $1.alerts.count }
        rows = tokens.flatMap { token in
            token.alerts.compactMap { alert in
                alert.acknowledgement.map {
                    Row(token: token.id, alert: alert, acknowledgement: $0)
                }
            }
        }
        .sorted {
            ($0.acknowledgement.until, $0.token, $0.alert.condition)
                < ($1.acknowledgement.until, $1.token, $1.alert.condition)
        }
    }

    var lines: [String] {
        guard !rows.isEmpty else { return [nothing] }
        let paint = Paint(isOn: hasColour)
        let table = TextTable(columns, width: width)
        return [paint.bold(table.header)]
            + rows.indices.map { index in
                table.row(index) { title, text in
                    title == "SEVERITY"
                        ? paint.state(rows[index].alert.severity.health, text) : text
                }
            }
    }

    private var nothing: String {
        switch alertCount {
        case 0: "Nothing is acknowledged, and no token has an alert."
        case 1: "Nothing is acknowledged. One alert is active; see: tokenwatchd status"
        default:
            "Nothing is acknowledged. \(grouped(alertCount)) alerts are active; see: tokenwatchd status"
        }
    }

    private var columns: [TextTable.Column] {
        [
            column("TOKEN", .max, drop: 0) { .text($0.token) },
            column("CONDITION", 12, drop: 0) { .text($0.alert.condition) },
            column("SEVERITY", 8, drop: 2) { .text($0.alert.severity.rawValue) },
            column("BY", 6, drop: 1) { .text($0.acknowledgement.by) },
            column("UNTIL", 10, drop: 0) { row in
                let until = row.acknowledgement.until
                return .either(
                    "\(until.forPeople) (\(until.briefDistance(from: now)))",
                    until.briefDistance(from: now)
                )
            },
            column("REASON", 10, drop: 0) { .text($0.acknowledgement.reason) },
        ]
    }

    private func column(
        _ title: String,
        _ minimum: Int,
        drop: Int,
        _ cell: (Row) -> TextTable.Cell
    ) -> TextTable.Column {
        TextTable.Column(title: title, minimum: minimum, dropOrder: drop, cells: rows.map(cell))
    }

    /// An object for each, in the order of the table.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.array { json in
            for row in rows {
                json.object { json in
                    json.field("token", row.token)
                    json.field("condition", row.alert.condition)
                    json.field("severity", row.alert.severity.rawValue)
                    json.field("by", row.acknowledgement.json["by"]?.string)
                    json.field("until", row.acknowledgement.until)
                    json.field("reason", row.acknowledgement.json["reason"]?.string)
                }
            }
        }
        return writer.bytes
    }
}
