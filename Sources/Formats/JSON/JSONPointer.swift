/// A place in a JSON document: `/token/expires_at` (RFC 6901).
package struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    /// The text as it was written.
    package let text: String
    /// The member names or array indexes on the way, unescaped.
    package let steps: [String]

    /// Parses a pointer; nil for other text, or more steps than a document may have levels.
    package init?(_ text: String) {
        self.text = text
        guard !text.isEmpty else {
            steps = []
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var steps: [String] = []
        for part in text.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        ) {
            guard let step = Self.unescape(part) else { return nil }
            steps.append(step)
        }
        guard steps.count <= JSONTokenizer.maximumDepth else { return nil }
        self.steps = steps
    }

    package var description: String { text }

    // RFC 6901 §4: `~1` is a slash and `~0` a tilde; any other tilde is an error.
    private static func unescape(_ part: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = part[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "~") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
            default: return nil
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
