/// The address of a list's next page, always on the host that answered.
///
/// The request for a page carries the secret, so no answer may lead it to another host.
struct PageAddress: Sendable {
    /// The scheme, host and port, without a path.
    private let origin: BaseURL
    /// The path of the provider's base; empty for most.
    private let prefix: String

    /// The longest address: a longer one would not fit into a request of common servers.
    static let maximumBytes = 8 << 10

    /// Returns nil if the URL of the first page has no origin that may be polled.
    init?(of url: String, below prefix: String) {
        guard let origin = Self.origin(of: url) else { return nil }
        self.origin = origin
        self.prefix = prefix
    }

    /// Returns the absolute URL of the next page that a page contains.
    ///
    /// - Parameters:
    ///   - reference: an `https://` URL, or a path that begins with `/`, or a query that begins with
    ///     `?`.
    ///   - current: the URL of the page that contains it.
    /// - Returns: a URL on the same host.
    /// - Throws: the reason why it may not be requested.
    func resolve(_ reference: String, from current: String) throws(Unreadable) -> String {
        let text = String(reference.prefix { $0 != "#" })
        guard (1...Self.maximumBytes).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") })
        else {
            throw Unreadable("the URL of the next page is too long or has invalid characters")
        }
        if text.hasPrefix("?") { return current.prefix { $0 != "?" } + text }
        if text.hasPrefix("/"), !text.hasPrefix("//") {
            // A provider below a path may or may not include it in addresses.
            let isBelow = prefix.isEmpty || text.hasPrefix(prefix + "/")
            return "\(origin)" + (isBelow ? "" : prefix) + text
        }
        if let host = Self.hostWithoutTLS(of: text), Self.origin(of: text) == nil {
            throw Unreadable(
                "the next page is at http://\(host), not at \(origin): the secret was not sent there"
            )
        }
        guard text.contains("://"), let other = Self.origin(of: text) else {
            throw Unreadable("the URL of the next page begins neither with https:// nor with /")
        }
        guard other == origin else {
            throw Unreadable(
                "the next page is at \(other), not at \(origin): the secret was not sent there"
            )
        }
        let path = text[Self.authorityEnd(of: text)...]
        return "\(origin)" + (path.hasPrefix("/") ? "" : "/") + path
    }

    /// Returns a URL with a query parameter added at its end.
    static func adding(_ name: String, _ value: String, to url: String) -> String {
        url + (url.contains("?") ? "&" : "?") + name.percentEncoded + "=" + value.percentEncoded
    }

    private static func origin(of url: String) -> BaseURL? {
        try? BaseURL(String(url[..<authorityEnd(of: url)]))
    }

    /// Returns the host of a plain HTTP address; nil for any other address.
    private static func hostWithoutTLS(of url: String) -> String? {
        guard url.lowercased().hasPrefix("http://") else { return nil }
        let rest = url[..<authorityEnd(of: url)].dropFirst("http://".count)
        return try? BaseURL("https://" + rest).authority
    }

    private static func authorityEnd(of url: String) -> String.Index {
        guard let scheme = url.firstRange(of: "://") else { return url.endIndex }
        return url[scheme.upperBound...].firstIndex { "/?".contains($0) } ?? url.endIndex
    }
}

/// The target with `rel="next"` in `Link` headers (RFC 8288 §3).
enum LinkHeader {
    static func next(in values: [String]) -> String? {
        for value in values {
            var rest = value[...]
            while let start = rest.firstIndex(of: "<") {
                let afterStart = rest[rest.index(after: start)...]
                guard let end = afterStart.firstIndex(of: ">") else { break }
                let target = afterStart[..<end]
                let (parameters, following) = parameters(
                    afterStart[afterStart.index(after: end)...]
                )
                if isNext(parameters) { return String(target) }
                rest = following
            }
        }
        return nil
    }

    /// Returns the texts before and after the next comma outside quotes.
    private static func parameters(_ text: Substring) -> ([Substring], Substring) {
        var parameters: [Substring] = []
        var isQuoted = false
        var start = text.startIndex
        var index = text.startIndex
        while index < text.endIndex {
            let character = text[index]
            if character == "\"" { isQuoted.toggle() }
            if !isQuoted, character == ";" || character == "," {
                parameters.append(text[start..<index])
                start = text.index(after: index)
                if character == "," { return (parameters, text[start...]) }
            }
            index = text.index(after: index)
        }
        parameters.append(text[start...])
        return (parameters, "")
    }

    private static func isNext(_ parameters: [Substring]) -> Bool {
        parameters.contains { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, trimmed(parts[0]).lowercased() == "rel" else { return false }
            return trimmed(parts[1]).lowercased().split(separator: " ").contains("next")
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, " \t\"".contains(first) { text.removeFirst() }
        while let last = text.last, " \t\"".contains(last) { text.removeLast() }
        return text
    }
}
