import Alerting

/// The part of a URL that may be printed.
package enum URLAuthority {
    /// Returns the host and port of a URL or proxy, without user name, path and the rest.
    package static func of(_ url: String) -> String {
        String(part(of: url)).escapedForTerminal(maximumBytes: 120)
    }

    static func isWithoutHost(_ url: String) -> Bool {
        let first = part(of: url).utf8.first
        return first == nil || first == UInt8(ascii: ":")
    }

    /// Returns the part, comparing bytes in place: every call is checked, and few are reported.
    static func part(of url: String) -> Substring {
        let range =
            url.utf8.withContiguousStorageIfAvailable(part)
            ?? Array(url.utf8).withUnsafeBufferPointer(part)
        let start = url.utf8.index(url.startIndex, offsetBy: range.lowerBound)
        return url[start..<url.utf8.index(start, offsetBy: range.count)]
    }

    private static func part(of url: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var start = 0
        if let colon = url.firstIndex(of: UInt8(ascii: ":")),
            url[colon...].starts(with: "://".utf8)
        {
            start = colon + 3
        }
        let end =
            url[start...].firstIndex { byte in
                byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?")
                    || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "\\")
            } ?? url.count
        if let user = url[start..<end].lastIndex(of: UInt8(ascii: "@")) { start = user + 1 }
        return start..<end
    }

    /// Returns the host of a URL or proxy, without the port.
    package static func host(of url: String) -> String {
        let authority = of(url)
        // The colons of an IPv6 address are inside its brackets.
        guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else {
            return authority
        }
        return String(authority[..<colon])
    }

    /// Whether a host name or address can mean only this machine.
    ///
    /// Addresses in other spellings, such as `127.1` or `0x7f000001`, do not count.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                UInt8(part).map { String($0) == part } ?? false
            }
    }
}
