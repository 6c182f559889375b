import Alerting

/// The encoding of headers with text outside ASCII (RFC 2047 §2).
enum EncodedWords {
    /// Returns printable ASCII as it is and other text in Base64; escapes control characters.
    static func header(_ text: String) -> String {
        let text = text.escapedForTerminal(maximumBytes: 300)
        let isPlain = text.utf8.allSatisfy { (0x20...0x7e).contains($0) } && !text.contains("=?")
        if isPlain { return text }
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if words[words.count - 1].count + bytes.count > maximumBytes { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?UTF-8?B?\(Base64.encode($0))?=" }.joined(separator: " ")
    }

    /// The most bytes in a word: it has at most 75 characters, 12 of them around the Base64.
    private static let maximumBytes = 45
}
