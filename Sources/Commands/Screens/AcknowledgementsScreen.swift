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

    /// The rows, the earliest end first.
    private let rows: [Row]
    private let alertCount: Int

    init(tokens: [TokenReport]) {
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

    func lines(on canvas: Canvas) -> [String] {
        guard !rows.isEmpty else { return [nothing] }
        let table = TextTable(columns(at: canvas.now), width: canvas.width)
        return [canvas.paint.bold(table.header)]
            + rows.indices.map { index in
                table.row(index) { title, text in
                    title == "SEVERITY"
                        ? canvas.paint.state(rows[index].alert.severity.health, text) : text
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

    private func columns(at now: Instant) -> [TextTable.Column] {
        [
            TextTable.Column("TOKEN", .max, of: rows) { .text($0.token) },
            TextTable.Column("CONDITION", of: rows) { .text($0.alert.condition) },
            TextTable.Column("SEVERITY", 8, drop: 2, of: rows) {
                .text($0.alert.severity.rawValue)
            },
            TextTable.Column("BY", 6, drop: 1, of: rows) { .text($0.acknowledgement.by) },
            TextTable.Column("UNTIL", 10, of: rows) { .end($0.acknowledgement.until, at: now) },
            TextTable.Column("REASON", 10, of: rows) { .text($0.acknowledgement.reason) },
        ]
    }

    /// The JSON, an object for each row in the order of the table.
    var json: [UInt8] {
        JSONWriter.bytes { json in
            json.array { json in
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
        }
    }
}
