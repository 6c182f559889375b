import Alerting

/// The escaping that keeps text from becoming markup, mentions or links.
struct TextEscape: Hashable, Sendable {
    /// The replacements of characters.
    var replace: [Unicode.Scalar: String] = [:]
    /// The characters that get a backslash in front.
    var backslash: Set<Unicode.Scalar> = []
    /// The texts that get an invisible space after their first character.
    var part: [String] = []
    /// The characters that begin a mention, unless they follow a letter or digit.
    var mentions: Set<Unicode.Scalar> = []
    /// The characters that begin emphasis, unless they follow a letter or digit.
    var emphasis: Set<Unicode.Scalar> = []
    /// The template of a link to an operator's web address, with `{link}`.
    var link = Template("{link}")
    /// The replacements of characters in the address.
    var linkReplace: [Unicode.Scalar: String] = [:]

    /// The invisible space U+200B, which separates characters that have a meaning together.
    static let invisibleSpace = "\u{200b}"
    /// The hair space U+200A, the narrowest that receivers recognise: no emphasis begins before it.
    static let hairSpace = "\u{200a}"

    /// Returns the pieces of a text that a cut must not break.
    func pieces(of piece: Message.Piece) -> [String] {
        switch piece {
        case .text(let text): return pieces(of: text)
        case .link(let address):
            let address = address.unicodeScalars.map { linkReplace[$0] ?? String($0) }.joined()
            return [link.filled { _ in address }]
        }
    }

    /// Returns a piece for each character as people count them: no cut divides a flag or a family.
    func pieces(of text: String) -> [String] {
        var rest = text.unicodeScalars[...]
        var before: Unicode.Scalar?
        return text.map { character in
            character.unicodeScalars.reduce(into: "") { piece, scalar in
                let isParted = part.contains { rest.starts(with: $0.unicodeScalars) }
                let isFirst = before?.isWord != true
                rest.removeFirst()
                before = scalar
                if backslash.contains(scalar) { piece += "\\" }
                piece += replace[scalar] ?? String(scalar)
                if isParted || isFirst && mentions.contains(scalar) {
                    piece += Self.invisibleSpace
                }
                if isFirst && emphasis.contains(scalar) { piece += Self.hairSpace }
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isWord: Bool {
        properties.isAlphabetic || properties.numericType != nil || self == "_"
    }
}

/// The longest text, in the unit of its receiver.
struct TextLimit: Hashable, Sendable {
    enum Unit: String, Hashable, Sendable, CaseIterable {
        /// The number of Unicode scalars.
        case characters
        case utf16Units = "UTF-16 units"
        /// The number of bytes in UTF-8.
        case bytes
    }

    let count: Int
    let unit: Unit

    /// The allowed values, in words.
    static let rule = "a limit such as \"4000 characters\", \"2000 UTF-16 units\" or \"4000 bytes\""

    /// Reads `4000 bytes`; at least 16, so that some text remains next to the mark of a cut.
    init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, let count = Int(parts[0]), (16...1_000_000).contains(count),
            let unit = Unit(rawValue: parts[1])
        else { return nil }
        self.count = count
        self.unit = unit
    }

    func length(of text: String) -> Int {
        switch unit {
        case .characters: text.unicodeScalars.count
        case .utf16Units: text.utf16.count
        case .bytes: text.utf8.count
        }
    }

    /// Joins as many pieces as fit, and marks the cut with `…`.
    func joined(_ pieces: [String]) -> String {
        var text = ""
        var length = 0
        // The longest text that leaves room for the mark.
        var kept = text.endIndex
        let mark = self.length(of: "…")
        for piece in pieces {
            length += self.length(of: piece)
            guard length <= count else { return text[..<kept] + "…" }
            text += piece
            if length + mark <= count { kept = text.endIndex }
        }
        return text
    }
}
