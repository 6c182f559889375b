import Alerting
import Formats

/// The form of word lists in one column: JSON, for an operator's `json_each`.
enum TextArray {
    static func write(_ texts: [String]) -> String {
        var writer = JSONWriter(reserving: 64)
        writer.value(texts)
        return writer.text
    }

    /// Reads the form that `write` writes; nil for anything else.
    static func read(_ text: String) -> [String]? {
        guard case .array(let elements)? = try? JSONValue(parsing: Array(text.utf8)) else {
            return nil
        }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts : nil
    }
}
