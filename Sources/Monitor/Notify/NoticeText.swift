import Alerting

/// An event in the words of a message to people, before a format escapes them.
struct NoticeText {
    /// A stretch of a line.
    enum Piece: Hashable, Sendable {
        /// Shown as it is: nothing in it may become markup, a mention or a link.
        case text(String)
        /// A web address of the operator's, which a person wants to follow.
        case link(String)
    }

    /// `warning: deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)`, then `Owner: platform team` and its
    /// kin, for whatever is known.
    let lines: [[Piece]]

    init(_ event: EventFields) {
        let headline = "\(event.word): \(event.summary.escapedForTerminal(maximumBytes: 1000))"
        let token = event.token
        // Only what the configuration says may link to anything.
        let facts: [(label: String, value: String?, isOperators: Bool)] = [
            ("Token", token.map(Self.title), false),
            ("Host", event.host, false),
            ("Account", token.flatMap(Self.account), false),
            ("Owner", token?.owner, true),
            ("Renew", token?.renewURL, true),
            ("Note", token?.note, true),
            ("From", event.instance.isEmpty ? nil : "tokenwatchd on \(event.instance)", false),
        ]
        lines =
            [[.text(headline.withoutLinks)]]
            + facts.compactMap { label, value, isOperators in
                value.map { value in
                    [.text("\(label): ")]
                        + (isOperators
                            ? Self.pieces(of: value) : [.text(Self.cut(value).withoutLinks)])
                }
            }
    }

    /// All of it as plain text.
    var plain: String {
        lines.map { line in
            line.map { piece in
                switch piece {
                case .text(let text), .link(let text): text
                }
            }
            .joined()
        }
        .joined(separator: "\n")
    }

    /// Short enough for all facts together to fit the shortest of messages.
    private static func cut(_ text: String) -> String {
        text.escapedForTerminal(maximumBytes: 200)
    }

    private static func account(of token: EventFields.Token) -> String? {
        AccountHolder.words(
            name: token.accountName,
            company: token.company,
            account: token.account
        )
    }

    private static func title(of token: EventFields.Token) -> String {
        token.name.map { "\(token.id) (\($0))" } ?? token.id
    }

    /// An operator's words, whose web addresses stay whole.
    private static func pieces(of text: String) -> [Piece] {
        // A web address that is cut leads nowhere.
        if WebAddress.isOne(text) { return [.link(text)] }
        return cut(text).split(separator: " ", omittingEmptySubsequences: false).enumerated()
            .flatMap { index, word in
                let space: [Piece] = index == 0 ? [] : [.text(" ")]
                let address = word.prefix { !"<>|\"".contains($0) }
                    .trimmingSuffix { ".,;:!?)'…".contains($0) }
                guard WebAddress.isOne(address) else { return space + [.text(String(word))] }
                let rest = word[address.endIndex...]
                return space + [.link(String(address))]
                    + (rest.isEmpty ? [] : [.text(String(rest))])
            }
    }
}

/// Addresses that a person can follow.
enum WebAddress {
    /// Whether a text is the address of a page and nothing else.
    static func isOne(_ text: some StringProtocol) -> Bool {
        ["https://", "http://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
            && !text.contains { "<>|\"\\".contains($0) }
    }
}

extension String {
    /// The text with a space that is not seen where messengers would make a link of an address.
    fileprivate var withoutLinks: String {
        replacing("://", with: ":\u{200b}//").replacing("www.", with: "www\u{200b}.")
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
        var text = self
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return text
    }
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
