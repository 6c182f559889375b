import HTTP

/// The mail server: `smtp://mail.example.net:587` or `smtps://mail.example.net`.
package struct MailServer: Hashable, Sendable {
    /// The name or address of the host; an IPv6 address is in brackets.
    package let host: String
    /// The port; nil for the default of the scheme: 25, or 465.
    package let port: Int?
    /// Whether TLS comes first (RFC 8314 §3); otherwise STARTTLS begins it.
    package let isTLSFirst: Bool

    /// Whether TLS is required: mail and its password leave this machine only with encryption.
    package var requiresTLS: Bool { !isLoopback }

    package var isLoopback: Bool { URLAuthority.isLoopback(host) }

    /// The URL for libcurl, in lower case.
    var url: String { "\(isTLSFirst ? "smtps" : "smtp")://\(place)" }

    /// The host and port, for messages.
    var place: String { port.map { "\(host):\($0)" } ?? host }

    /// The rule for a mail server in words.
    package static let rule =
        "a mail server such as \"smtp://localhost\", \"smtp://mail.example.net:587\" or "
        + "\"smtps://mail.example.net\"; a login is in user and password_file"

    /// - Returns: nil unless the text is a scheme, a host and an optional port.
    package init?(_ text: String) {
        let lowercased = text.lowercased()
        guard let scheme = ["smtp://", "smtps://"].first(where: lowercased.hasPrefix) else {
            return nil
        }
        isTLSFirst = scheme == "smtps://"
        var rest = lowercased.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest.removeLast() }
        // The rest must be a host: no user, path or query.
        let isAddress = rest.hasPrefix("[")
        let end =
            isAddress ? rest.firstIndex(of: "]").map(rest.index(after:)) : rest.firstIndex(of: ":")
        if isAddress, end == nil { return nil }
        let name = rest[..<(end ?? rest.endIndex)]
        let inside = isAddress ? name.dropFirst().dropLast() : name
        guard !inside.isEmpty, inside.utf8.count <= 253,
            inside.utf8.allSatisfy({ byte in
                byte.isLetterOrDigit || (isAddress ? ".:" : ".-_").utf8.contains(byte)
            })
        else { return nil }
        host = String(name)
        let port = rest[(end ?? rest.endIndex)...]
        guard !port.isEmpty else {
            self.port = nil
            return
        }
        guard port.hasPrefix(":"), let number = UInt16(port.dropFirst()), number > 0,
            port.dropFirst().utf8.allSatisfy(\.isDigit)
        else { return nil }
        self.port = Int(number)
    }
}

/// The settings of a channel of type `mail`.
package struct MailSettings: Hashable, Sendable {
    package var server: MailServer
    /// The user; nil if the server accepts mail without a login.
    package var user: String?
    package var password: SecretSource?
    package var from: String
    package var to: [String]
}

/// The addresses of mail.
enum MailAddress {
    /// The rule for an address in words.
    ///
    /// Addresses in UTF-8 (RFC 6531) would need the support of every server on the way.
    static func rule(for text: String) -> String {
        "a mail address such as \"ops@example.org\""
            + (text.utf8.allSatisfy { $0 < 0x80 }
                ? "" : ", in ASCII; an international domain as xn--…")
    }

    /// Whether a text is the plain form of an address (RFC 5321 §4.1.2, without quoted parts).
    static func isOne(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count),
            (1...253).contains(parts[1].utf8.count)
        else { return false }
        let isLocal = parts[0].utf8.allSatisfy { byte in
            (0x21...0x7e).contains(byte) && !"\"(),:;<>[\\]".utf8.contains(byte)
        }
        return isLocal
            && parts[1].utf8.allSatisfy { $0.isLetterOrDigit || ".-".utf8.contains($0) }
    }
}
