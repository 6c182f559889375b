import Alerting
import HTTP

/// The names and addresses of this host that TCP clients may use.
///
/// Any other name for this host may be DNS rebinding: a web page that makes a browser read the
/// answers under the page's own name. Rebinding needs a name, so a listener that others may reach
/// accepts every address: the daemon need not know its own addresses.
struct OwnNames: Sendable {
    /// The address for TCP clients; nil if the daemon does not know one.
    let listen: ListenAddress?
    /// More names, in lower case (`daemon.listen_hosts`).
    let names: Set<String>

    /// - Parameters:
    ///   - listen: The address for TCP clients.
    ///   - names: The names in lower case.
    ///   - hostname: This machine's name: a listener on every address accepts it, because links in
    ///     notifications contain it.
    init(listen: ListenAddress?, names: [String] = [], hostname: String = "") {
        self.listen = listen
        let own = listen?.isEvery == true && !hostname.isEmpty ? [hostname.lowercased()] : []
        self.names = Set(names + own)
    }

    /// Whether an authority, with or without its port, names this host.
    func contain(_ authority: String) -> Bool {
        var host = authority[...]
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            host = host[..<colon]
        }
        let name = host.lowercased()
        if URLAuthority.isLoopback(name) { return true }
        // A final dot does not change a name: it marks the complete form (RFC 1034 §3.1).
        if names.contains(name.hasSuffix(".") ? String(name.dropLast()) : name) { return true }
        guard let listen, let address = ListenAddress(text: "\(name):\(listen.port)") else {
            return false
        }
        return !listen.isLoopback || address.isSameHost(as: listen)
    }
}
