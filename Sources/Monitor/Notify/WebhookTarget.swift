import Alerting
import HTTP

/// The target of a webhook, checked once; printing it shows neither URL nor headers.
package struct WebhookTarget: Sendable {
    /// The host and port, for messages.
    let host: String
    let headers: [(name: String, value: String)]
    private let url: Secret
    /// The URL and its parts that may be secrets, the longest first.
    private let hidden: [Secret]

    /// Checks a URL and the headers of every request.
    ///
    /// `allowsPlainHTTP` allows another machine without encryption; with `takesPath` a path is
    /// appended to the URL.
    package init(
        url: Secret,
        headers: [(name: String, value: String)] = [],
        allowsPlainHTTP: Bool = false,
        takesPath: Bool = false
    ) throws(ChannelSetupError) {
        host = try Self.host(of: url.reveal(), allowsPlainHTTP: allowsPlainHTTP)
        if takesPath, url.reveal().contains(where: { $0 == "?" || $0 == "#" }) {
            throw ChannelSetupError(
                "the URL has a '?' or '#' in it, and the format appends a path; give the server's"
                    + " address alone"
            )
        }
        for header in headers { try Self.check(header) }
        self.url = url
        self.headers = headers
        hidden = Self.secretParts(of: url.reveal(), after: host)
    }

    /// The URL itself, only for the transport.
    var address: String { url.reveal() }

    /// Returns the URL with a path after its own.
    func address(appending path: String) -> String { Self.join(address, path) }

    static func join(_ address: String, _ path: String) -> String {
        path.hasPrefix("/") && address.hasSuffix("/")
            ? address.dropLast() + path : address + path
    }

    /// Returns the URL with this path, if it has no path of its own.
    func address(orPath path: String?) -> String {
        let address = address
        let rest = Self.rest(of: address, after: host)
        guard let path, rest.isEmpty || rest == "/" else { return address }
        return (rest.isEmpty ? address : String(address.dropLast())) + path
    }

    /// Returns foreign text on one short line, without this URL, its parts and its headers.
    func sanitized(_ message: String) -> String {
        var text = message
        for part in hidden { text = text.replacing(part.reveal(), with: "(secret)") }
        for header in headers { text = Self.hide(header.value, in: text) }
        return text.escapedForTerminal(maximumBytes: 300)
    }

    /// Hides the value of a header, and its words: a receiver may quote a token without `Bearer`.
    static func hide(_ value: String, in text: String) -> String {
        ([value[...]] + value.split(separator: " ")).filter { $0.utf8.count >= 8 }
            .reduce(text) { $0.replacing($1, with: "(secret)") }
    }

    private static func rest(of url: String, after host: String) -> Substring {
        let scheme = url.lowercased().hasPrefix("https://") ? 8 : 7
        return url.dropFirst(scheme + host.count)
    }

    /// Returns the secret parts: a receiver may quote the whole URL, or only its key.
    private static func secretParts(
        of url: String,
        after host: String
    ) -> [Secret] {
        let rest = rest(of: url, after: host)
        let halves = rest.split(separator: "?", maxSplits: 1)
        // A shorter text is not a secret, and may be part of a word.
        var parts = ([url[...], rest] + halves).filter { $0.utf8.count >= 4 }
        parts += rest.split { "/?#&=".contains($0) }.filter(isKey)
        // A parameter's value is rarely a word that an error uses.
        for pair in halves.dropFirst().flatMap({ $0.split(separator: "&") }) {
            parts += pair.split(separator: "=", maxSplits: 1).dropFirst().filter {
                $0.utf8.count >= 6
            }
        }
        var texts = Set(parts.map(String.init))
        for text in texts {
            if let decoded = HTTPPercentCoding.decoded(Array(text.utf8)[...]) {
                texts.insert(decoded)
            }
        }
        return texts.sorted { ($1.utf8.count, $1) < ($0.utf8.count, $0) }
            .compactMap { try? Secret(validating: $0.utf8) }
    }

    /// Whether a part of a URL may be a key; a part such as `services` is not.
    private static func isKey(_ part: Substring) -> Bool {
        part.utf8.count >= 16
            || part.utf8.count >= 8 && part.utf8.contains(where: \.isDigit)
    }

    private static func host(
        of url: String,
        allowsPlainHTTP: Bool
    ) throws(ChannelSetupError) -> String {
        let lowercased = url.lowercased()
        guard let scheme = ["https://", "http://"].first(where: lowercased.hasPrefix) else {
            throw ChannelSetupError("the URL must begin with https:// or http://")
        }
        guard url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw ChannelSetupError("the URL has a space or control character in it")
        }
        let host = url.dropFirst(scheme.count).prefix { !"/?#\\".contains($0) }
        guard !host.contains("@") else {
            throw ChannelSetupError(
                "the URL has a user name in it; use headers = { Authorization = \"…\" } instead"
            )
        }
        guard !host.isEmpty, !host.hasPrefix(":"), host.utf8.count <= 260 else {
            throw ChannelSetupError("the URL has no host name")
        }
        // An IPv6 address in brackets contains colons.
        let afterAddress = host.lastIndex(of: "]") ?? host.startIndex
        if let colon = host[afterAddress...].lastIndex(of: ":") {
            let port = host[host.index(after: colon)...]
            guard port.utf8.allSatisfy(\.isDigit), (1...65535).contains(Int(port) ?? 0) else {
                throw ChannelSetupError("the port of the URL must be 1 to 65535")
            }
        }
        let name = URLAuthority.host(of: String(lowercased))
        guard allowsPlainHTTP || scheme == "https://" || URLAuthority.isLoopback(name) else {
            throw ChannelSetupError(
                "the URL is http:// to another machine, where everyone on the way can read it; "
                    + "use https://, or set allow_plain_http = true"
            )
        }
        return String(host)
    }

    /// Checks a header: a line break in its value would add another header.
    static func check(
        _ header: (name: String, value: String)
    ) throws(ChannelSetupError) {
        let name = header.name.lowercased()
        guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenCharacter) else {
            let shown = header.name.escapedForTerminal(maximumBytes: 80)
            let meant = shown.replacing(" ", with: "-").replacing(":", with: "")
            throw ChannelSetupError(
                "headers has \"\(shown)\", which is not a valid header name; use letters, digits "
                    + "and -"
                    + (meant != shown && !meant.isEmpty ? "; did you mean \"\(meant)\"?" : "")
            )
        }
        let own = [
            "connection", "content-length", "content-type", "host", "transfer-encoding",
            "user-agent", "webhook-id", "webhook-signature", "webhook-timestamp",
        ]
        guard !own.contains(name) else {
            throw ChannelSetupError(
                "headers has \(header.name), which tokenwatchd sets; remove it"
            )
        }
        guard header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw ChannelSetupError(
                "the value of the header \(header.name) has a control character"
            )
        }
    }
}

extension WebhookTarget: Undisclosed {
    package var description: String { host }
}
