/// Hints for words of other languages, with TOML's words instead.
enum TOMLHint {
    /// Returns the hint for a value without quotes that TOML does not know.
    static func ofValue(_ token: ArraySlice<UInt8>) -> String? {
        let word = String(decoding: token.prefix(8), as: UTF8.self)
        switch word.lowercased() {
        case "true", "yes", "on": return "TOML has no such value; write true, in small letters"
        case "false", "no", "off": return "TOML has no such value; write false, in small letters"
        case "null", "none", "nil": return "TOML has no null; leave the key out"
        default: break
        }
        guard let first = word.unicodeScalars.first else { return nil }
        if typographicQuotes.contains(first) {
            return "the quotes are typographic; a string must be in plain quotes, \" or '"
        }
        return nil
    }

    /// Returns the hint for a key that begins with an invalid character.
    static func ofKey(_ rest: ArraySlice<UInt8>) -> String? {
        let start = String(decoding: rest.prefix(4), as: UTF8.self)
        guard let first = start.unicodeScalars.first, typographicQuotes.contains(first) else {
            return nil
        }
        return "the quotes are typographic; put a key in plain quotes, \" or ', or in none"
    }

    /// Returns the hint for the text in place of the `=` after a key.
    static func afterKey(_ byte: UInt8?) -> String {
        switch byte {
        case UInt8(ascii: ":"): "a key is set with '=', not ':'"
        case TOMLByte.openBrace: "a table begins with a line [NAME], without braces"
        default: "'=' must follow a key"
        }
    }

    /// Returns the hint for a header with spaces in its last name, from the first space on.
    static func ofHeader(_ path: [TOMLKey], _ rest: ArraySlice<UInt8>) -> String? {
        let words = rest.prefix { TOMLByte.isBareKey($0) || TOMLByte.isSpace($0) }
        guard !words.isEmpty, rest.dropFirst(words.count).first == TOMLByte.closeBracket else {
            return nil
        }
        let more = words.split(whereSeparator: TOMLByte.isSpace)
            .map { String(decoding: $0, as: UTF8.self) }
        let name =
            path.count > 1
            ? path.dropLast().map(\.name) + [
                ([path[path.count - 1].name] + more).joined(separator: "-")
            ]
            : path.map(\.name) + [more.joined(separator: "-")]
        return "a name has no spaces; write [\(name.joined(separator: "."))]"
    }

    static func endsWithTypographicQuote(_ bytes: ArraySlice<UInt8>) -> Bool {
        // Each of them has at most three bytes.
        String(decoding: bytes.suffix(3), as: UTF8.self).unicodeScalars.last
            .map(typographicQuotes.contains) ?? false
    }

    /// Returns the hint for a file with errors in another format; nil if nothing shows one.
    static func ofDocument(_ bytes: ArraySlice<UInt8>) -> String? {
        let lines = bytes.prefix(64 << 10).split(separator: TOMLByte.lineFeed)
            .map { $0.drop(while: TOMLByte.isSpace) }
            .filter { line in line.first.map { $0 != TOMLByte.hash && $0 != 0x0D } ?? false }
        guard let first = lines.first else { return nil }
        if first.first == TOMLByte.openBrace { return "this is JSON; write TOML: \(example)" }
        if first.first == UInt8(ascii: ";") {
            return "this is an INI file; TOML comments begin with #, and strings are in quotes"
        }
        // A line such as `tokens:` or `--- `; in TOML a key always has an equals sign.
        let isTOML = lines.contains { line in
            line.first == TOMLByte.openBracket
                || line.drop(while: TOMLByte.isBareKey).drop(while: TOMLByte.isSpace).first
                    == TOMLByte.equals
        }
        let isYAML =
            !isTOML
            && lines.prefix(8).contains { line in
                line.starts(with: "---".utf8) || line.starts(with: "- ".utf8) || isYAMLKey(line)
            }
        return isYAML ? "this is YAML; write TOML: \(example)" : nil
    }

    private static let example = "[tokens.ID], then key = \"value\" lines"

    private static func isYAMLKey(_ line: ArraySlice<UInt8>) -> Bool {
        let rest = line.drop(while: TOMLByte.isBareKey)
        guard rest.count < line.count, rest.first == UInt8(ascii: ":") else { return false }
        guard let next = rest.dropFirst().first else { return true }
        return TOMLByte.isSpace(next) || next == 0x0D
    }

    private static let typographicQuotes: Set<Unicode.Scalar> = [
        "\u{201c}", "\u{201d}", "\u{201e}", "\u{201f}", "\u{2018}", "\u{2019}", "\u{201a}",
        "\u{ab}",
        "\u{bb}",
    ]
}
