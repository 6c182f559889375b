import Alerting
import Formats

/// The values that a key may have, from the reader that checks it.
enum KeyKind: Hashable {
    case boolean
    case integer(ClosedRange<Int64>)
    /// A duration, with the allowed values in words.
    case duration(String)
    /// A text, with a pattern that matches every allowed value.
    case text(String, String?)
    case texts(String, String?)
    case word([String])
    /// A name: one of these, or one that the operator chose.
    case name([String])
    case table
    /// Several types; the reader distinguishes them.
    case any(String?)

    /// The allowed values in words; nil if they need none.
    var words: String? {
        switch self {
        case .duration(let words), .text(let words, _), .texts(let words, _): words
        case .any(let words): words
        case .boolean, .integer, .word, .name, .table: nil
        }
    }

    /// Returns the values of a key that several readers read, such as channels of different types.
    func merged(with other: KeyKind) -> KeyKind {
        switch (self, other) {
        case _ where self == other: self
        case (.word(let words), .word(let more)):
            .word(words + more.filter { !words.contains($0) })
        case (.text, .word), (.text, .text), (.name, .word): self
        case (.word, .text), (.word, .name): other
        default: .any(nil)
        }
    }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
    /// Returns `; did you mean "warning"?` if a value is near a word or its beginning.
    static func nearest(to value: ConfigurationTable.Value?) -> String? {
        guard case .leaf(.string(let text), _)? = value else { return nil }
        let words = allCases.map(\.rawValue)
        let near =
            words.first { text.utf8.count > 2 && $0.hasPrefix(text.lowercased()) }
            ?? NearestName.of(text, among: words)
        return near.map { "; did you mean \"\($0)\"?" }
    }
}
