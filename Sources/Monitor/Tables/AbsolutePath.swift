import Alerting
import Formats

/// Returns the path if it is absolute and has no control characters, else nil.
func absolutePath(_ text: String) -> String? {
    text.hasPrefix("/") && text.utf8.count <= 4095 && text == text.escapedForTerminal
        ? text : nil
}

extension TableReader {
    /// Reads an absolute path; `isFitting` may require more.
    mutating func path(
        _ key: String,
        allowed: String = "an absolute path",
        isSecret: Bool = false,
        isFitting: (String) -> Bool = { _ in true }
    ) -> Located<String>? {
        let hint = Self.pathHint(table?[key]?.value)
        return parsed(
            key,
            allowed: allowed + (hint?.advice ?? ""),
            pattern: "^/",
            isSecret: isSecret && hint?.isSurelyPath != true
        ) { text in
            absolutePath(text).flatMap { isFitting($0) ? $0 : nil }
        }
    }

    /// Returns advice for a relative path, and whether it cannot be the beginning of a secret.
    private static func pathHint(
        _ value: ConfigurationTable.Value?
    ) -> (advice: String, isSurelyPath: Bool)? {
        guard case .leaf(.string(let text), _)? = value else { return nil }
        if text.hasPrefix("~") {
            return ("; ~ is not expanded, write the directory out: /home/NAME/…", true)
        }
        if text.hasPrefix("$") { return ("; variables are not expanded", false) }
        if text.unicodeScalars.first.map({ (0x2018...0x201f).contains($0.value) }) == true {
            return ("; remove the typographic quotes from it", false)
        }
        let isRelative =
            !text.hasPrefix("/") && !text.contains("://")
            && (text.contains("/") || text.hasPrefix("."))
        return isRelative
            ? ("; a relative path would depend on where the daemon starts", text.hasPrefix("./"))
            : nil
    }
}
