import Alerting

/// The values that a key may have, by the reader that checks it.
enum KeyKind: Hashable {
    case boolean
    case integer(ClosedRange<Int64>)
    /// The allowed values in words.
    case duration(String)
    case text(String)
    case texts(String)
    case word([String])
    case table
    /// Several types; the reader distinguishes them.
    case any

    /// The values of a key that several readers read, such as channels of different types.
    func merged(with other: KeyKind) -> KeyKind {
        switch (self, other) {
        case _ where self == other: self
        case (.word(let words), .word(let more)):
            .word(words + more.filter { !words.contains($0) })
        case (.text, .word), (.text, .text): self
        case (.word, .text): other
        default: .any
        }
    }
}
