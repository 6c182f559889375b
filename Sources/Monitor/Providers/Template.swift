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

    package var description: String {
        pieces.reduce(into: "") { text, piece in
            switch piece {
            case .literal(let literal): text += literal
            case .variable(let name): text += "{\(name)}"
            }
        }
    }

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
