/// A text with places in it that are filled for each token: `{base}/api/v4/tokens/{id}`.
///
/// A place is a name in braces, of lower-case letters, digits and `_`, beginning with a letter. Any
/// other brace stands for itself, so that a JSON body needs no escapes.
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

    /// The names of its places, each once, in order.
    package var variables: [String] {
        pieces.reduce(into: []) { names, piece in
            guard case .variable(let name) = piece, !names.contains(name) else { return }
            names.append(name)
        }
    }

    /// The text that is not a place.
    package var literals: [String] {
        pieces.compactMap { piece in
            guard case .literal(let literal) = piece else { return nil }
            return literal
        }
    }

    /// The first text that was meant as a placeholder and is none, such as `{id`, `{ id }` or `{ID}`.
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
                // `{id: 1}` and `{id=1}` are a body's own.
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

    /// The text with each place filled by what `value` gives for its name.
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
