import Alerting

/// One request to send: the destination, the content, and the time it may take.
///
/// Header values and URLs contain secrets, so only a call's method and host can be printed.
package struct HTTPCall: Sendable {
    /// An absolute `http://` or `https://` URL, without a user name.
    package var url: String
    package var method: String
    /// The headers, sent as given, after libcurl's `Host`, `User-Agent` and `Accept`.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?
    /// The time that finding the host, connecting and the TLS handshake may take together.
    package var connectTimeout: Duration
    /// The time that everything may take, from the start of the call; at least 1 ms.
    package var timeout: Duration
    /// The body size that stops the transfer: no expected answer is nearly as large.
    package var maximumBodyBytes: Int
    /// The Unix socket to connect to, instead of the URL's host and of any proxy.
    package var unixSocketPath: String?

    package init(
        url: String,
        method: String = "GET",
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil,
        connectTimeout: Duration = .seconds(10),
        timeout: Duration = .seconds(15),
        maximumBodyBytes: Int = 1 << 20,
        unixSocketPath: String? = nil
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.maximumBodyBytes = maximumBodyBytes
        self.unixSocketPath = unixSocketPath
    }
}

extension HTTPCall: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "HTTPCall(\(method) \(authority))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension HTTPCall {
    /// The host and port of the URL, without user name, path and query: safe in a message.
    var authority: String { URLAuthority.of(url) }

    var isHTTPS: Bool { hasScheme("https://") }

    private func hasScheme(_ scheme: StaticString) -> Bool {
        var bytes = url.utf8.makeIterator()
        for index in 0..<scheme.utf8CodeUnitCount {
            guard bytes.next()?.asciiLowercased == scheme.utf8Start[index] else { return false }
        }
        return true
    }

    /// The reason why the call must not be sent, without the secret; nil if it can be sent.
    ///
    /// A line break in a header's value would let an attacker add a header or a request.
    var refusal: String? {
        if !isHTTPS && !hasScheme("http://") {
            return "the URL must begin with https:// or http://"
        }
        if url.hasByte(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return "the URL for \(authority) contains a space or a control character"
        }
        if URLAuthority.isWithoutHost(url) {
            return "the URL has no host"
        }
        if method.isEmpty || method.hasByte(where: { !$0.isTokenCharacter }) {
            return "the method for \(authority) is not a method"
        }
        for (index, header) in headers.enumerated() {
            if header.name.isEmpty || header.name.hasByte(where: { !$0.isTokenCharacter }) {
                return "the name of header \(index + 1) for \(authority) is not a header name"
            }
            if header.value.hasByte(where: { $0 < 0x20 || $0 == 0x7F }) {
                return "the value of header \(header.name) for \(authority) contains a control"
                    + " character; remove line breaks from the secret"
            }
        }
        if let unixSocketPath, unixSocketPath.isEmpty || unixSocketPath.utf8.contains(0) {
            return "the path of the Unix socket is empty or contains a zero byte"
        }
        return nil
    }
}

extension String {
    /// Whether any byte matches; it searches in place, because every call is checked.
    fileprivate func hasByte(where isLikeThat: (UInt8) -> Bool) -> Bool {
        utf8.withContiguousStorageIfAvailable { $0.contains(where: isLikeThat) }
            ?? utf8.contains(where: isLikeThat)
    }
}
