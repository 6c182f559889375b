import Alerting
import Monitor

/// The screen of `history`: a token's events, oldest first.
struct LifeScreen {
    let id: TokenID
    let life: TokenLife
    /// The token's current state; nil if it left the configuration.
    let token: TokenReport?
    let canvas: Canvas

    /// The width of `2026-11-21 08:00` and two spaces.
    private static let timeWidth = 18

    var lines: [String] {
        guard let since = life.since else {
            return ["\(id): no history yet."]
        }
        let paint = canvas.paint
        var lines = TextWrap.lines(
            "\(id): on record since \(since.forPeople(at: canvas.now)); times are UTC",
            width: canvas.width ?? .max
        )
        lines[0] = paint.bold(lines[0])
        lines.append("")
        for entry in life.entries { lines += self.lines(entry, paint) }
        return lines + present(paint)
    }

    private func lines(_ entry: TokenLife.Entry, _ paint: Paint) -> [String] {
        let time = String(entry.at.forPeople.prefix(16))
        var lines: [String]
        switch entry.mark {
        case .none: lines = row(time, "  ", entry.text)
        case .raised(let severity):
            lines = row(time, "! ", entry.text) { paint.state(severity.health, $0) }
        case .resolved: lines = row(time, ". ", entry.text) { paint.state(.ok, $0) }
        }
        for (sign, words) in [("+ ", entry.added), ("- ", entry.removed)] where !words.isEmpty {
            lines += row("", "  \(sign)", words.joined(separator: ", "))
        }
        for sentence in entry.more { lines += row("", "  ", sentence) }
        return lines
    }

    private func present(_ paint: Paint) -> [String] {
        guard let token else { return row("now", "  ", "no longer watched") }
        var parts = [token.state.rawValue]
        if let expiry = token.expiresAt {
            parts.append(
                expiry > canvas.now ? "expires \(expiry.distance(from: canvas.now))" : "expired"
            )
        } else {
            parts.append("expiry: \(expiryWords(token.expiry))")
        }
        if let used = token.lastUsedAt {
            let who =
                switch token.lastUsedBy {
                case "self": ", by the daemon"
                case "elsewhere": ", elsewhere"
                default: ""
                }
            parts.append("last used \(used.distance(from: canvas.now))\(who)")
        }
        if let owner = token.owner { parts.append("owner \(owner)") }
        return row("now", "  ", parts.joined(separator: "; ")) { line in
            line.hasPrefix(token.state.rawValue)
                ? paint.state(token.state, token.state.rawValue)
                    + line.dropFirst(token.state.rawValue.count) : line
        }
    }

    /// Returns a time, a mark, and a text that wraps in its own column.
    private func row(
        _ time: String,
        _ mark: String,
        _ text: String,
        decorate: (String) -> String = { $0 }
    ) -> [String] {
        let column = Self.timeWidth + mark.utf8.count
        let room = canvas.width.map { max(20, $0 - column) } ?? .max
        let start = DisplayWidth.padded(time, to: Self.timeWidth) + mark
        let indent = String(repeating: " ", count: column)
        return TextWrap.lines(text, width: room).enumerated().map { index, line in
            index == 0 ? start + decorate(line) : indent + decorate(line)
        }
    }
}
