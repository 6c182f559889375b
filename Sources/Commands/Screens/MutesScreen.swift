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
    private let now: Instant
    private let width: Int?
    private let hasColour: Bool

    /// `mutes` are the objects of `GET /v1/mutes`, in their order.
    init(mutes: [JSONValue], now: Instant, width: Int?, hasColour: Bool) {
        self.now = now
        self.width = width
        self.hasColour = hasColour
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

    var lines: [String] {
        guard !rows.isEmpty else { return ["Nothing is muted."] }
        let table = TextTable(
            [
                column("MUTED", 24, drop: 0) { .text($0.what) },
                column("BY", 6, drop: 1) { .text($0.by) },
                column("UNTIL", 10, drop: 0) { row in
                    .either(
                        "\(row.until.forPeople) (\(row.until.briefDistance(from: now)))",
                        row.until.briefDistance(from: now)
                    )
                },
                column("REASON", 10, drop: 0) { .text($0.reason) },
            ],
            width: width
        )
        return [Paint(isOn: hasColour).bold(table.header)]
            + rows.indices.map { table.row($0) { _, text in text } }
    }

    private func column(
        _ title: String,
        _ minimum: Int,
        drop: Int,
        _ cell: (Row) -> TextTable.Cell
    ) -> TextTable.Column {
        TextTable.Column(title: title, minimum: minimum, dropOrder: drop, cells: rows.map(cell))
    }
}
