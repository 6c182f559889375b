extension Secret {
    /// The reason why this is probably not the intended token, with advice; nil if there is none.
    ///
    /// It never contains any part of the secret.
    package var doubt: String? {
        let text = reveal()
        let lower = text.lowercased()
        if ["${", "$(", "{{", "#{"].contains(where: text.hasPrefix) || isVariable(text)
            || isEnclosed(text)
        {
            return "the secret looks like an unexpanded variable; store its value"
        }
        for word in ["bearer ", "token ", "basic ", "authorization:"] where lower.hasPrefix(word) {
            return
                "the secret begins with \"\(word.dropLast())\", which belongs to the header; store "
                + "what follows it"
        }
        if isAssignment(text) {
            return "the secret looks like NAME=value; store the value alone"
        }
        if Self.quotes.contains(where: { text.hasPrefix($0) || text.hasSuffix($0) }) {
            return "the secret has quotes around it; store it without them"
        }
        if text.hasPrefix(" ") || text.hasSuffix(" ") {
            return "the secret begins or ends with a blank; store it without"
        }
        if text.hasPrefix("{") || text.hasPrefix("[{") {
            return "the secret looks like JSON; store the token from it alone"
        }
        if lower.hasPrefix("http://") || lower.hasPrefix("https://") {
            return "the secret looks like a URL; store the token itself"
        }
        if text.hasPrefix("-----BEGIN ") {
            return "the secret looks like a PEM file; store a token"
        }
        if let space = text.firstIndex(of: " ") {
            return text[..<space].hasSuffix(":")
                ? "the secret looks like NAME: value; store the value alone"
                : "the secret has a blank in it; store the token alone"
        }
        let bytes = Array(lower.utf8)
        let isPlaceholder =
            Self.placeholders.contains(where: bytes.holds)
            || (text.hasPrefix("<") && text.hasSuffix(">"))
            || bytes.allSatisfy { $0 == UInt8(ascii: "x") }
            || bytes.suffix(8).elementsEqual(Self.exes)
            || isPrefixAlone(bytes)
            || bytes.count <= 32
                && Self.words.contains(lower.filter { !Self.separators.contains($0) })
            || bytes.allSatisfy { $0 == UInt8(ascii: "*") }
        return isPlaceholder ? "the secret looks like a placeholder; store the token itself" : nil
    }

    /// Whether the text is a variable such as `$API_TOKEN`.
    private func isVariable(_ text: String) -> Bool {
        text.utf8.count > 1 && text.hasPrefix("$") && text.dropFirst().utf8.allSatisfy(isOfName)
    }

    /// Whether the text is like `%TOKEN%`, `__TOKEN__`, `@TOKEN@`, `[token]` or `{token}`.
    private func isEnclosed(_ text: String) -> Bool {
        for (start, end) in [("%", "%"), ("__", "__"), ("@", "@"), ("[", "]"), ("{", "}")]
        where text.hasPrefix(start) && text.hasSuffix(end) {
            let name = text.dropFirst(start.count).dropLast(end.count)
            if !name.isEmpty, name.allSatisfy({ $0.isLetter || $0 == "_" || $0 == "-" }) {
                return true
            }
        }
        return false
    }

    /// Whether the text is a prefix and a filler, such as `ghp_xxx` or `sk-...`.
    private func isPrefixAlone(_ bytes: [UInt8]) -> Bool {
        guard let last = bytes.last, Self.fillers.contains(last) else { return false }
        let rest = bytes.reversed().drop { $0 == last }
        return bytes.count - rest.count >= 3 && rest.count <= 16
            && [UInt8(ascii: "_"), UInt8(ascii: "-"), nil].contains(rest.first)
    }

    /// Whether a byte may be part of a variable's name, which usually has capital letters.
    private func isOfName(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5f
    }

    /// Whether the text is like `API_TOKEN=abc`: a shell variable and more than Base64 padding.
    private func isAssignment(_ text: String) -> Bool {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return false }
        let name = text[..<equals].drop { $0 == " " }
        let value = text[text.index(after: equals)...]
        let isName = name.trimmingPrefix("export ").utf8.allSatisfy(isOfName)
        return isName && !value.allSatisfy { $0 == "=" }
    }

    /// The filler of texts such as `ghp_xxxxxxxxxxxx`.
    private static let exes = [UInt8](repeating: UInt8(ascii: "x"), count: 8)
    private static let fillers: Set = [UInt8(ascii: "x"), UInt8(ascii: "*"), UInt8(ascii: ".")]
    private static let quotes = ["\"", "'", "`"]
    private static let separators: Set<Character> = ["_", "-", ".", " ", "(", ")"]
    /// The whole secrets that are placeholders, without separators.
    private static let words: Set<String> = [
        "todo", "tbd", "fixme", "redacted", "removed", "hidden", "masked", "null", "nil", "none",
        "undefined", "nan", "true", "false", "empty", "default", "unset", "password", "passwd",
        "passphrase", "secret", "token", "key", "apikey", "apitoken", "accesstoken", "authtoken",
        "mytoken", "mysecret", "mykey", "myapikey", "yoursecret", "yourkey", "secrettoken", "test",
        "testtoken", "testing", "example", "sample", "dummy", "fake", "foo", "bar", "foobar",
        "asdf", "secrethere", "tokenhere", "notset", "na",
    ]
    private static let placeholders: [[UInt8]] = [
        "changeme", "change-me", "change_me", "your-token", "your_token", "yourtoken", "replace-me",
        "replace_me", "replaceme", "placeholder", "insert-token", "example-token", "your-api",
        "your_api", "yourapi", "your-secret", "your_secret", "your-access", "your_access",
        "token-here", "token_here", "key-here", "key_here", "secret-here", "secret_here",
    ].map { Array($0.utf8) }
}

extension [UInt8] {
    /// Whether a word occurs in the bytes: a search by characters of 100,000 secrets takes seconds.
    fileprivate func holds(_ word: [UInt8]) -> Bool {
        guard let first = word.first, count >= word.count else { return false }
        return (0...(count - word.count)).contains { start in
            self[start] == first && self[start..<(start + word.count)].elementsEqual(word)
        }
    }
}
