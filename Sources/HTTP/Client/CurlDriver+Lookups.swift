import Alerting
import CCurl
import Dispatch
import Glibc
import System

// libcurl never looks up a name. A call that needs a lookup leaves libcurl, and continues with
// addresses once they are known. Addresses that libcurl keeps for a minute, and its open
// connections, need no lookup.
extension CurlDriver {
    /// Whether a call ended because its name must be looked up first.
    func lookUp(_ call: InFlight, _ id: HTTPCallID) -> Bool {
        guard let sought = call.transfer.sought else { return false }
        _ = call.transfer.finish()
        guard lookups.find(sought.host, for: id) else {
            end(id, .shortage(EAGAIN, for: call.call))
            return true
        }
        inFlight[id]?.sought = sought
        earliestOverdue = min(earliestOverdue, inFlight[id]?.endAt ?? .max)
        return true
    }

    /// Continues the calls that wait for a host's addresses.
    func goOn(_ host: String, _ result: LookupResult) {
        for id in lookups.end(host) {
            guard let call = inFlight[id], let sought = call.sought else { continue }
            inFlight[id]?.sought = nil
            switch result {
            case .addresses(let addresses): goOn(id, call, sought, addresses)
            case .failed(let reason): end(id, .unresolved(sought, reason))
            case .shortage(let lack):
                end(
                    id,
                    HTTPFailure(kind: .shortage, message: "cannot resolve \(host): \(lack)")
                )
            }
        }
    }

    private func goOn(
        _ id: HTTPCallID,
        _ call: InFlight,
        _ sought: SoughtName,
        _ addresses: [String]
    ) {
        let now = DispatchTime.now().uptimeNanoseconds
        var rest = call.call
        // The lookup was a part of both times.
        rest.connectTimeout = .nanoseconds(Int64(max(now, call.connectBy) - now))
        rest.timeout = .nanoseconds(Int64(max(now, call.overdueAt) - now))
        let code = call.transfer.prepare(rest, addresses: addresses.of(sought))
        guard code == CURLE_OK, curl_multi_add_handle(multi, call.transfer.easy) == CURLM_OK else {
            return end(id, .shortage(ENOMEM, for: call.call))
        }
    }

    /// Ends a call that waits for a lookup.
    private func end(_ id: HTTPCallID, _ failure: HTTPFailure) {
        guard let call = inFlight.removeValue(forKey: id) else { return }
        _ = call.transfer.finish()
        recycle(call.transfer)
        finish(call.completion, .failure(failure))
    }
}

extension [String] {
    /// Returns addresses in libcurl's form: `+HOST:PORT:ADDRESS,ADDRESS`; with a plus they expire.
    fileprivate func of(_ name: SoughtName) -> String {
        let addresses = map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
        return "+\(name.host):\(name.port):\(addresses)"
    }
}

extension HTTPClientSettings {
    /// Returns the name to look up for a call; nil if none is needed.
    func soughtName(for call: HTTPCall) -> SoughtName? {
        guard call.unixSocketPath == nil else { return nil }
        guard let proxy,
            !asksOwnMachineItself || !URLAuthority.isLoopback(URLAuthority.host(of: call.url))
        else {
            return SoughtName(call.url, defaultPort: call.isHTTPS ? 443 : 80, isProxy: false)
        }
        // libcurl's own default port for a proxy without one (CURLOPT_PROXYPORT).
        return SoughtName(
            proxy,
            defaultPort: proxy.lowercased().hasPrefix("https") ? 443 : 1080,
            isProxy: true
        )
    }
}

extension SoughtName {
    /// Creates a name; nil for an address or a local name, which libcurl resolves itself.
    fileprivate init?(_ url: String, defaultPort: Int, isProxy: Bool) {
        // By bytes, not characters, because every call is checked.
        let authority = URLAuthority.part(of: url).utf8
        guard let first = authority.first, first != UInt8(ascii: "[") else { return nil }
        let name = authority.prefix { $0 != UInt8(ascii: ":") }
        let host = String(Substring(name)).lowercased()
        var address = in_addr()
        guard !host.isEmpty, host != "localhost", !host.hasSuffix(".localhost"),
            inet_pton(AF_INET, host, &address) != 1
        else { return nil }
        let port = Substring(authority[name.endIndex...].dropFirst())
        self.init(host: host, port: Int(port) ?? defaultPort, isProxy: isProxy)
    }
}

extension HTTPFailure {
    static func unresolved(_ name: SoughtName, _ reason: String) -> HTTPFailure {
        name.isProxy
            ? HTTPFailure(
                kind: .proxy,
                message:
                    "cannot resolve the proxy \(name.host):\(name.port): \(reason); check polling.proxy"
            )
            : HTTPFailure(kind: .dns, message: "cannot resolve \(name.host): \(reason)")
    }

    static func unresolvedInTime(_ name: SoughtName) -> HTTPFailure {
        HTTPFailure(
            kind: name.isProxy ? .proxy : .dns,
            message: "cannot resolve \(name.host) in time; check the name servers"
        )
    }

    /// Returns the failure of a call that its host did not cause.
    static func shortage(_ code: Int32, for call: HTTPCall) -> HTTPFailure {
        HTTPFailure(
            kind: .shortage,
            message: "no call to \(call.authority): \(Shortage.words(for: code))"
        )
    }
}
