import Alerting

extension ConfigurationDecoder {
    func daemon(_ table: ConfigurationTable?) -> DaemonSettings {
        var reader = TableReader(table, path: "daemon", report: report)
        let name = reader.parsed("name", allowed: "a name of 1 to 255 characters") {
            (1...255).contains($0.utf8.count) && $0 == $0.escapedForTerminal ? $0 : nil
        }
        let path = "an absolute path"
        let stateDirectory = reader.parsed("state_dir", allowed: path, absolutePath)
        let socket = reader.parsed("socket", allowed: "\(path) of at most 107 bytes") {
            // sun_path holds 108 bytes with the closing zero: unix(7).
            $0.utf8.count <= 107 ? absolutePath($0) : nil
        }
        let mode = reader.parsed("socket_mode", allowed: "an octal mode such as \"0660\"") { text in
            UInt32(text, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil }
        }
        let listenRule = "an address and port such as \"127.0.0.1:9873\" or \"[::1]:9873\""
        let listen = reader.parsed("listen", allowed: listenRule, ListenAddress.init(text:))
        let isPublic = reader.boolean("listen_public")?.value ?? false
        if let listen, !listen.value.isLoopback, !isPublic {
            report.error(
                listen.place,
                "daemon.listen is \(listen.value), which others can reach, and whoever reaches "
                    + "it reads every account name; if that is meant, set listen_public = true"
            )
        }
        let level = reader.word("log_level", as: LogLevel.self)
        reader.finish()
        return DaemonSettings(
            name: name?.value ?? context.hostname,
            stateDirectory: stateDirectory?.value
                ?? directory("STATE_DIRECTORY") ?? "/var/lib/tokenwatchd",
            socketPath: socket?.value
                ?? directory("RUNTIME_DIRECTORY").map { "\($0)/status.sock" }
                ?? "/run/tokenwatchd/status.sock",
            socketMode: mode?.value ?? 0o660,
            listen: listen?.value,
            logLevel: level?.value ?? .info
        )
    }

    /// systemd may give several directories, separated by colons: the first is taken.
    private func directory(_ variable: String) -> String? {
        context.environment[variable]?.split(separator: ":").first.map(String.init)
    }
}

/// The path where it is absolute and has no control characters, else nil.
func absolutePath(_ text: String) -> String? {
    text.hasPrefix("/") && text.utf8.count <= 4095 && text == text.escapedForTerminal
        ? text : nil
}

extension ListenAddress: CustomStringConvertible {
    /// `127.0.0.1:9873` or `[::1]:9873`; nil for anything else.
    init?(text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard Self.isAddress(host) else { return nil }
        self.init(host: host, port: port)
    }

    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    package var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }

    private static func isAddress(_ host: String) -> Bool {
        if host.contains(":") {
            return host.utf8.allSatisfy {
                $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                    || Character(Unicode.Scalar($0)).isHexDigit
            }
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
