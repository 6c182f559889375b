package import Alerting

/// A checked configuration.
package struct Configuration: Sendable {
    package var daemon: DaemonSettings
    package var polling: PollingSettings
    /// The time for which history and events are kept.
    package var historyKeep: Duration
    /// The policy of hosts and the daemon itself.
    package var policy: Policy
    package var channels: [ChannelSettings]
    /// The configured formats, by name.
    package var formats: [MessageFormat]
    /// The configured providers, by name.
    package var profiles: [Profile] = []
    /// The heartbeat; nil for none.
    package var heartbeat: HeartbeatSection?
    /// The tokens, in the order of their ids.
    package var tokens: [WatchedToken]
    /// The inventories among the tokens, with the settings for their lists.
    package var inventories: [Inventory] = []
    /// The files of the configuration, the main one first; a `FilePlace` has an index into them.
    package var files: [String]
    /// Warnings: settings that work, but probably not as intended.
    package var warnings: [Diagnostic]

    /// The recipients of a failing channel's alert: other channels, and all logs despite filters.
    package func policy(forTroubleOf channel: String) -> Policy {
        let logs = channels.filter(\.isLog).map {
            ChannelRoute(name: $0.name, minimumSeverity: .info)
        }
        let others = policy.channels.filter { route in
            route.name != channel && !logs.contains { $0.name == route.name }
        }
        return policy.telling(logs + others)
    }

    /// The policies for alerts about channels, by channel name.
    var policiesOfChannels: [String: Policy] {
        Dictionary(channels.map { ($0.name, policy(forTroubleOf: $0.name)) }) { first, _ in first }
    }
}

package struct DaemonSettings: Hashable, Sendable {
    /// The value of `instance` in every event.
    package var name: String
    package var stateDirectory: String
    package var socketPath: String
    package var socketMode: UInt32
    /// The TCP address for GET requests; nil if there is none.
    package var listen: ListenAddress?
    /// The names in lower case that TCP clients may use for this host.
    package var listenHosts: [String] = []
    /// Whether `/metrics` repeats the metrics of tokens under their names of version 0.1.
    package var oldMetricNames = false
    package var logLevel: LogLevel
}

package struct ListenAddress: Hashable, Sendable {
    /// The IPv4 or IPv6 literal, without brackets.
    package var host: String
    package var port: UInt16

    /// Whether the address means all addresses of this machine.
    package var isEvery: Bool { host == "0.0.0.0" || host == "::" }

    /// Returns the URL of the page; a listener on all addresses uses the host's name.
    package func pageURL(hostname: String) -> String {
        let name = isEvery ? hostname : host.contains(":") ? "[\(host)]" : host
        return "http://\(name):\(port)/"
    }
}

package struct PollingSettings: Hashable, Sendable {
    /// The time between two polls of a token, 1 s to 30 d.
    package var interval: Duration = .hours(1)
    /// The time limit of a whole request.
    package var timeout: Duration = .seconds(15)
    /// The most requests in flight, for all hosts together.
    package var concurrency = 32
    /// The most requests in flight to one host.
    package var perHost = 8
    package var proxy: String?
    /// The file of certificate authorities in addition to the system's.
    package var caFile: String?
    /// The place of the key `ca_file`, for messages.
    package var caFilePlace: FilePlace?
}

/// A token with everything that a poll of it needs.
package struct WatchedToken: Sendable {
    package var settings: TokenSettings
    package var secret: SecretSource
    package var access: ProviderAccess
    /// The place of its secret, for messages.
    package var secretPlace: FilePlace
}

extension Configuration {
    /// Lowers `polling.concurrency` to what the limit of open files allows.
    ///
    /// - Returns: the warning; nil if the limit suffices.
    package mutating func fit(_ files: OpenFiles) -> String? {
        let asked = polling.concurrency
        guard asked > files.requests else { return nil }
        polling.concurrency = files.requests
        let most = files.requests == 1 ? "one poll is" : "\(files.requests) polls are"
        return "polling.concurrency is \(asked), but the limit of open files is \(files.limit): "
            + "\(most) made at once; raise it: LimitNOFILE=, ulimit -Hn"
    }
}
