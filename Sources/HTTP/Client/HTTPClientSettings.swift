/// The common settings of one client's calls.
package struct HTTPClientSettings: Hashable, Sendable {
    /// The URL of a proxy; nil for none.
    ///
    /// The environment's proxy variables are ignored.
    package var proxy: String?
    /// A PEM file of certificate authorities to trust in addition to the system's.
    package var caFile: String?
    /// The PEM file of the system's certificate authorities; nil if the system has none.
    package var systemCAFile: String?
    /// The maximum of connections to one host, 1 or more; further calls wait, within their timeout.
    package var perHostConnections: Int
    /// The maximum of connections to all hosts, in use and kept for the next call, 1 or more.
    package var totalConnections: Int
    package var userAgent: String

    package init(
        proxy: String? = nil,
        caFile: String? = nil,
        systemCAFile: String? = CertificateBundle.systemFile(),
        perHostConnections: Int = 8,
        totalConnections: Int = 32,
        userAgent: String = "tokenwatchd"
    ) {
        self.proxy = proxy
        self.caFile = caFile
        self.systemCAFile = systemCAFile
        self.perHostConnections = perHostConnections
        self.totalConnections = totalConnections
        self.userAgent = userAgent
    }
}

extension HTTPClientSettings {
    /// Whether requests to this machine bypass the proxy.
    ///
    /// Plain HTTP, which is allowed to this machine only, must not leave it. Another machine's
    /// proxy could not reach this machine's services.
    var asksOwnMachineItself: Bool {
        proxy.map { !URLAuthority.isLoopback(URLAuthority.host(of: $0)) } ?? false
    }
}

/// A proxy's URL may contain a password: only its host can be printed.
extension HTTPClientSettings: CustomStringConvertible, CustomReflectable {
    package var description: String {
        "HTTPClientSettings(proxy: \(proxy.map(URLAuthority.of) ?? "none"))"
    }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
