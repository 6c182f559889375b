import Alerting
import Formats
import Monitor
import Store

/// The table of `mutes`.
struct MutesScreen {
    private struct Row {
        let what: String
        let by: String
        let until: Instant
        let reason: String
    }

    private let rows: [Row]

    /// Creates the screen; `mutes` are the objects of `GET /v1/mutes`, in their order.
    init(mutes: [JSONValue]) {
        rows = mutes.compactMap { mute in
            guard let until = mute.instant("until") else { return nil }
            let what = ["token", "host", "owner", "provider"].compactMap { kind in
                mute.text(kind).map { "\(kind) \($0)" }
            }
            return Row(
                what: what.joined(separator: ", "),
                by: mute.text("by") ?? "",
                until: until,
                reason: mute.text("reason") ?? ""
            )
        }
    }

    func lines(on canvas: Canvas) -> [String] {
        guard !rows.isEmpty else { return ["Nothing is muted."] }
        let table = TextTable(
            [
                TextTable.Column("MUTED", 24, of: rows) { .text($0.what) },
                TextTable.Column("BY", 6, drop: 1, of: rows) { .text($0.by) },
                TextTable.Column("UNTIL", 10, of: rows) { .end($0.until, at: canvas.now) },
                TextTable.Column("REASON", 10, of: rows) { .text($0.reason) },
            ],
            width: canvas.width
        )
        return [canvas.paint.bold(table.header)] + table.lines.dropFirst()
    }
}

extension TextTable.Cell {
    /// Returns the end of something, with its distance if there is room.
    static func end(_ until: Instant, at now: Instant) -> TextTable.Cell {
        let distance = until.briefDistance(from: now)
        return .either("\(until.forPeople) (\(distance))", distance)
    }
}
