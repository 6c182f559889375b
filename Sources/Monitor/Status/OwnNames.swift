import Alerting
import HTTP

/// The names and addresses that a TCP client may give as this host's.
///
/// Any other name that leads here may be DNS rebinding: a web page that makes a browser read the
/// answers in its own name. An address cannot be rebound, so a listener that others may reach
/// answers to every address: the daemon need not know which ones lead to it.
struct OwnNames: Sendable {
    /// Where TCP clients connect; nil if the daemon knows of no such place.
    let listen: ListenAddress?
    /// More names, in lower case (`daemon.listen_hosts`).
    let names: Set<String>

    /// - Parameters:
    ///   - listen: Where TCP clients connect.
    ///   - names: In lower case.
    ///   - hostname: This machine's: a listener on every address answers to it, since links in
    ///     notifications have it.
    init(listen: ListenAddress?, names: [String] = [], hostname: String = "") {
        self.listen = listen
        let own = listen?.isEvery == true && !hostname.isEmpty ? [hostname.lowercased()] : []
        self.names = Set(names + own)
    }

    /// Whether an authority, with its port or without, names this host.
    func contain(_ authority: String) -> Bool {
        var host = authority[...]
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            host = host[..<colon]
        }
        let name = host.lowercased()
        if URLAuthority.isLoopback(name) { return true }
        // A name with a final dot is the same name, spelled whole (RFC 1034 §3.1).
        if names.contains(name.hasSuffix(".") ? String(name.dropLast()) : name) { return true }
        guard let listen, let address = ListenAddress(text: "\(name):\(listen.port)") else {
            return false
        }
        return !listen.isLoopback || address.isSameHost(as: listen)
    }
}
