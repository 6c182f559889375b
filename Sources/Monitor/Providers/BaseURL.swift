import HTTP

/// The address of a provider's API: scheme, host, port, and a path that precedes every other.
///
/// Plain HTTP is only for this machine: a secret must not cross a network unencrypted.
package struct BaseURL: Hashable, Sendable, CustomStringConvertible {
    package let isSecure: Bool
    /// The host in lower case; an IPv6 address is in brackets.
    package let host: String
    /// The port; nil for the scheme's own, 443 or 80.
    package let port: Int?
    /// The path without a slash at its end; empty, or begins with `/`.
    package let path: String

    /// The error in a text that should be a base URL, for an operator.
    package struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    package init(_ text: String) throws(Invalid) {
        guard text.utf8.count <= 2048 else {
            throw Invalid(description: "a URL has at most 2048 characters")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") })
        else { throw Invalid(description: "a URL has no spaces, control characters or '\\'") }
        guard let colon = text.firstRange(of: "://") else {
            throw Invalid(description: "a URL begins with https://")
        }
        switch text[..<colon.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: throw Invalid(description: "the scheme must be https")
        }
        let rest = text[colon.upperBound...]
        guard !rest.contains("?"), !rest.contains("#") else {
            throw Invalid(description: "a base URL has no '?' and no '#'")
        }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else {
            throw Invalid(description: "a URL may not have a user name or password")
        }
        let (host, port) = try Self.split(authority)
        self.host = host
        self.port = port == (isSecure ? 443 : 80) ? nil : port
        path = try Self.path(rest[authority.endIndex...])
        guard isSecure || URLAuthority.isLoopback(host) else {
            throw Invalid(description: "http:// is for loopback only: use https://")
        }
    }

    /// The URL without a slash at its end.
    package var description: String { (isSecure ? "https://" : "http://") + authority + path }

    /// The `HOST` or `HOST:PORT`; the port only if it is not the scheme's own.
    package var authority: String { port.map { "\(host):\($0)" } ?? host }

    private static func split(
        _ authority: Substring
    ) throws(Invalid) -> (host: String, port: Int?) {
        var host = authority
        var port: Int?
        let afterAddress = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[afterAddress...].lastIndex(of: ":") {
            let digits = authority[authority.index(after: colon)...]
            guard digits.utf8.allSatisfy(\.isDigit), let number = Int(digits),
                (1...65535).contains(number)
            else { throw Invalid(description: "the port must be 1 to 65535") }
            port = number
            host = authority[..<colon]
        }
        guard isHost(host) else {
            throw Invalid(description: "the host is not a host name or an address")
        }
        return (host.lowercased(), port)
    }

    private static func isHost(_ host: Substring) -> Bool {
        guard (1...255).contains(host.utf8.count) else { return false }
        if host.hasPrefix("[") {
            let address = host.dropFirst().dropLast()
            return host.hasSuffix("]") && !address.isEmpty
                && address.utf8.allSatisfy { $0.isHexadecimalDigit || ":.".utf8.contains($0) }
        }
        return !host.hasPrefix(".") && !host.hasPrefix("-")
            && host.utf8.allSatisfy { $0.isLetterOrDigit || "-._".utf8.contains($0) }
    }

    private static func path(_ text: Substring) throws(Invalid) -> String {
        var path = text
        while path.hasSuffix("/") { path.removeLast() }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains("."), !parts.contains("..") else {
            throw Invalid(description: "a path has no '.' and no '..'")
        }
        guard path.utf8.allSatisfy(\.mayStandInURL) else {
            throw Invalid(description: "the path has a character that a URL cannot have")
        }
        return String(path)
    }
}
