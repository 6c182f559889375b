import Alerting

/// An event in the words of a message to people, before a format escapes them.
struct NoticeText {
    /// `warning: deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)`.
    let headline: String
    /// `Owner: platform team` and its kin, for whatever is known.
    let facts: [(label: String, value: String)]

    init(_ event: EventFields) {
        headline = "\(event.word): \(event.summary.escapedForTerminal(maximumBytes: 1000))"
        let token = event.token
        let facts: [(label: String, value: String?)] = [
            ("Token", token.map(Self.title)),
            ("Host", event.host),
            ("Account", token?.account),
            ("Owner", token?.owner),
            ("Renew", token?.renewURL),
            ("Note", token?.note),
            ("From", event.instance.isEmpty ? nil : "tokenwatchd on \(event.instance)"),
        ]
        // Each is short enough for all of them together to fit the shortest of messages.
        self.facts = facts.compactMap { label, value in
            value.map { (label, $0.escapedForTerminal(maximumBytes: 200)) }
        }
    }

    private static func title(of token: EventFields.Token) -> String {
        token.name.map { "\(token.id) (\($0))" } ?? token.id
    }

    /// All of it, a line each.
    var lines: [String] { [headline] + facts.map { "\($0.label): \($0.value)" } }
}

/// Text that is cut where it gets too long.
enum Cut {
    /// Joins pieces that must not be broken, as many as fit, and marks what was left out by `…`.
    static func joined(
        _ pieces: some Sequence<String>,
        maximum: Int,
        count: (String) -> Int
    ) -> String {
        var text = ""
        var length = 0
        // How much stays if the mark has to follow.
        var kept = text.endIndex
        for piece in pieces {
            length += count(piece)
            guard length <= maximum else { return text[..<kept] + "…" }
            text += piece
            if length < maximum { kept = text.endIndex }
        }
        return text
    }
}
