import Alerting
import Formats
import Glibc

extension ConfigurationDecoder {
    func daemon(_ table: ConfigurationTable?) -> DaemonSettings {
        var reader = TableReader(table, path: "daemon", report: report)
        let name = reader.parsed("name", allowed: "a name of 1 to 255 characters") {
            (1...255).contains($0.utf8.count) && $0 == $0.escapedForTerminal ? $0 : nil
        }
        let stateDirectory = reader.path("state_dir")
        let socket = reader.path("socket", allowed: "an absolute path of at most 107 bytes") {
            // According to unix(7), sun_path holds 108 bytes with the final zero.
            $0.utf8.count <= 107
        }
        var modeRule = "an octal mode in quotes such as \"0660\", 0 to 0777"
        if case .leaf(.integer(let number), _)? = reader.find("socket_mode")?.value,
            (0...0o777).contains(number)
        {
            modeRule += "; write \"0\(String(number, radix: 8))\""
        }
        let mode = reader.parsed("socket_mode", allowed: modeRule, pattern: "^0*[0-7]{1,3}$") {
            text in
            // The initializer would accept a sign.
            text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
                ? UInt32(text, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil } : nil
        }
        let listenRule = "an address and port such as \"127.0.0.1:9873\" or \"[::1]:9873\""
        let listen = reader.parsed(
            "listen",
            allowed: listenRule,
            pattern: "^([0-9.]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$",
            ListenAddress.init(text:)
        )
        let isPublic = reader.boolean("listen_public")
        if let listen, !listen.value.isLoopback, isPublic?.value != true {
            // The key is certainly missing only if every file was read.
            let say = isPublic == nil ? report.missing : report.error
            say(
                listen.place,
                "daemon.listen is \(listen.value): other machines can reach it and read every "
                    + "account name; to allow that, set listen_public = true"
            )
        }
        let hosts = listenHosts(&reader)
        let oldMetricNames = reader.boolean("old_metric_names")
        let level = reader.word("log_level", as: LogLevel.self)
        reader.finish()
        return DaemonSettings(
            name: name?.value ?? context.hostname,
            stateDirectory: stateDirectory?.value
                ?? directory("STATE_DIRECTORY", maximumBytes: 4095) ?? "/var/lib/tokenwatchd",
            socketPath: socket?.value
                ?? directory("RUNTIME_DIRECTORY", maximumBytes: 107 - "/status.sock".utf8.count)
                .map { "\($0)/status.sock" } ?? "/run/tokenwatchd/status.sock",
            socketMode: mode?.value ?? 0o660,
            listen: listen?.value,
            listenHosts: hosts,
            oldMetricNames: oldMetricNames?.value ?? false,
            logLevel: level?.value ?? .info
        )
    }

    private func listenHosts(_ reader: inout TableReader) -> [String] {
        let rule = "an array of host names such as [\"status.example.com\"]"
        guard let hosts = reader.strings("listen_hosts", allowed: rule) else { return [] }
        return hosts.value.compactMap { host in
            if let name = ListenAddress.hostName(host.value) { return name }
            report.error(
                host.place,
                "daemon.listen_hosts has \(TOMLValue.string(host.value).shown); it must be a host "
                    + "name such as \"status.example.com\", without scheme or port"
            )
            return nil
        }
    }

    /// Returns a directory that systemd set; of several, separated by colons, the first.
    private func directory(_ variable: String, maximumBytes: Int) -> String? {
        guard let first = context.environment[variable]?.split(separator: ":").first else {
            return nil
        }
        let path = String(first)
        if absolutePath(path) == nil || path.utf8.count > maximumBytes {
            report.error(
                outside: "$\(variable)",
                "is \(TOMLValue.string(path).shown); it must be an absolute path of at most "
                    + "\(maximumBytes) bytes"
            )
        }
        return path
    }
}

extension ListenAddress: CustomStringConvertible {
    /// Parses `127.0.0.1:9873` or `[::1]:9873`; nil for anything else.
    init?(text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        // The initializer would accept a sign.
        guard digits.utf8.allSatisfy(\.isDigit), let port = UInt16(digits), port > 0 else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard Self.bytes(host, family: AF_INET6) != nil else { return nil }
        } else {
            guard Self.bytes(host, family: AF_INET) != nil else { return nil }
        }
        self.init(host: host, port: port)
    }

    /// Returns a host name in lower case without the final dot; nil if the text is not one.
    static func hostName(_ text: String) -> String? {
        let name = text.hasSuffix(".") ? text.dropLast().lowercased() : text.lowercased()
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        // RFC 1035 §2.3.4; the underscore is common in names of services and containers.
        guard name.utf8.count <= 253 else { return nil }
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { $0.isLetterOrDigit || "-_".utf8.contains($0) }
                && !label.hasPrefix("-") && !label.hasSuffix("-")
        }
        return isName ? name : nil
    }

    /// Whether both have the same address in any spelling.
    func isSameHost(as other: ListenAddress) -> Bool {
        [AF_INET, AF_INET6].contains {
            let bytes = Self.bytes(host, family: $0)
            return bytes != nil && bytes == Self.bytes(other.host, family: $0)
        }
    }

    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether only this machine can reach the address.
    package var isLoopback: Bool {
        if let bytes = Self.bytes(host, family: AF_INET) { return bytes[0] == 127 }
        let loopback = [UInt8](repeating: 0, count: 15) + [1]
        return Self.bytes(host, family: AF_INET6) == loopback
    }

    /// Returns the address in network order, 4 or 16 bytes; nil if the text is not one.
    private static func bytes(_ host: String, family: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: family == AF_INET ? 4 : 16)
        return !host.utf8.contains(0) && inet_pton(family, host, &bytes) == 1 ? bytes : nil
    }
}
