import Alerting
import Formats

extension TOMLValue {
    /// The value in a form that an operator recognizes, on one line and not too long.
    var shown: String {
        switch self {
        case .string(let text): "\"\(Self.shortened(text))\""
        case .integer(let number): "\(number)"
        case .float(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        default: typeName
        }
    }

    var isCollection: Bool {
        switch self {
        case .array, .table: true
        default: false
        }
    }

    /// Returns the first 60 characters of a text, which may be as long as its file.
    static func shortened(_ text: String) -> String {
        let start = text.unicodeScalars.prefix(60)
        return start.endIndex == text.endIndex ? text : String(start) + "…"
    }
}

/// Returns `did you mean "slack"? `; empty if none of the known names is near.
func slipHint(_ name: String, among known: [String]) -> String {
    NearestName.of(name, among: known).map { "did you mean \"\($0)\"? " } ?? ""
}
