/// A text with placeholders that are filled for each token: `{base}/api/v4/tokens/{id}`.
///
/// A placeholder is a name in braces: lower-case letters, digits and `_`, beginning with a letter.
/// Other braces are plain text, so that a JSON body needs no escapes.
package struct Template: Hashable, Sendable, CustomStringConvertible {
    package enum Piece: Hashable, Sendable {
        case literal(String)
        case variable(String)
    }

    package let pieces: [Piece]

    package init(_ text: String) {
        var pieces: [Piece] = []
        var literal = ""
        var rest = text[...]
        while let brace = rest.firstIndex(of: "{") {
            literal += rest[..<brace]
            let inside = rest[rest.index(after: brace)...]
            if let end = inside.firstIndex(of: "}"), Self.isName(inside[..<end]) {
                if !literal.isEmpty { pieces.append(.literal(literal)) }
                literal = ""
                pieces.append(.variable(String(inside[..<end])))
                rest = inside[inside.index(after: end)...]
            } else {
                literal += "{"
                rest = inside
            }
        }
        literal += rest
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        self.pieces = pieces
    }

    package var description: String { filled { "{\($0)}" } }

    /// The names of its placeholders, unique and in order.
    package var variables: [String] {
        pieces.reduce(into: []) { names, piece in
            guard case .variable(let name) = piece, !names.contains(name) else { return }
            names.append(name)
        }
    }

    /// The text between the placeholders.
    package var literals: [String] {
        pieces.compactMap { piece in
            guard case .literal(let literal) = piece else { return nil }
            return literal
        }
    }

    /// Finds the first text that was meant as a placeholder, such as `{id`, `{ id }` or `{ID}`.
    ///
    /// - Parameter known: the names that placeholders may have.
    /// - Returns: that text, and the name that was meant; nil if there is none.
    func mistyped(among known: [String]) -> (text: String, name: String)? {
        for literal in literals {
            var rest = literal[...]
            while let brace = rest.firstIndex(of: "{") {
                let inside = rest[rest.index(after: brace)...]
                let word = inside.drop { $0 == " " }.prefix {
                    $0.isLetter || $0.isNumber || $0 == "_"
                }
                let behind = inside[word.endIndex...].drop { $0 == " " }
                let name = word.lowercased()
                // A body may contain `{id: 1}` and `{id=1}` as plain text.
                if known.contains(name), behind.first != ":", behind.first != "=" {
                    let end =
                        behind.first == "}" ? behind.index(after: behind.startIndex) : word.endIndex
                    return (String(rest[brace..<end]), name)
                }
                rest = inside
            }
        }
        return nil
    }

    init(pieces: [Piece]) {
        self.pieces = pieces
    }

    /// Returns the text with each placeholder replaced by the `value` for its name.
    func filled(_ value: (String) -> String) -> String {
        pieces.reduce(into: "") { text, piece in
            switch piece {
            case .literal(let literal): text += literal
            case .variable(let name): text += value(name)
            }
        }
    }

    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, first.isLetterOrDigit, first >= UInt8(ascii: "a") else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_")
                || byte.isLetterOrDigit && (byte >= UInt8(ascii: "a") || byte <= UInt8(ascii: "9"))
        }
    }
}
