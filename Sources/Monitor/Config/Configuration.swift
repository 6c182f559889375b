package import Alerting

/// A configuration that was checked whole.
package struct Configuration: Sendable {
    package var daemon: DaemonSettings
    package var polling: PollingSettings
    /// How long history and events are kept.
    package var historyKeep: Duration
    /// What hosts and the daemon itself are judged by.
    package var policy: Policy
    package var channels: [ChannelSettings]
    /// The formats of its own, by name.
    package var formats: [MessageFormat]
    /// Nil for no heartbeat.
    package var heartbeat: HeartbeatSection?
    /// In the order of their ids.
    package var tokens: [WatchedToken]
    /// How the lists of those tokens are watched that have one.
    package var inventories: [Inventory] = []
    /// The files it was read from, the main one first; a `FilePlace` counts in them.
    package var files: [String]
    /// What will work, but probably not as meant.
    package var warnings: [Diagnostic]

    /// Who is told that a channel fails: the others, and every log whatever it asks for.
    package func policy(forTroubleOf channel: String) -> Policy {
        let logs = channels.filter(\.isLog).map {
            ChannelRoute(name: $0.name, minimumSeverity: .info)
        }
        let others = policy.channels.filter { route in
            route.name != channel && !logs.contains { $0.name == route.name }
        }
        return policy.telling(logs + others)
    }

    /// The same of every channel, by its name.
    var policiesOfChannels: [String: Policy] {
        Dictionary(channels.map { ($0.name, policy(forTroubleOf: $0.name)) }) { first, _ in first }
    }
}

package struct DaemonSettings: Hashable, Sendable {
    /// `instance` in every event.
    package var name: String
    package var stateDirectory: String
    package var socketPath: String
    package var socketMode: UInt32
    /// Where GETs are answered over TCP; nil for nowhere.
    package var listen: ListenAddress?
    /// Names in lower case that TCP clients may call this host.
    package var listenHosts: [String] = []
    package var logLevel: LogLevel
}

package struct ListenAddress: Hashable, Sendable {
    /// An IPv4 or IPv6 literal, without brackets.
    package var host: String
    package var port: UInt16

    /// Where a person finds the page; one that listens on all addresses is known by its name.
    package func pageURL(hostname: String) -> String {
        let isEvery = host == "0.0.0.0" || host == "::"
        let name = isEvery ? hostname : host.contains(":") ? "[\(host)]" : host
        return "http://\(name):\(port)/"
    }
}

package enum LogLevel: String, Hashable, Comparable, Sendable, CaseIterable {
    case error
    case warning
    case info
    case debug

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

package struct PollingSettings: Hashable, Sendable {
    /// Per token, 1 s to 30 d.
    package var interval: Duration = .hours(1)
    /// Of one request, whole.
    package var timeout: Duration = .seconds(15)
    /// Requests in flight, all hosts together.
    package var concurrency = 32
    /// Requests in flight to one host.
    package var perHost = 8
    package var proxy: String?
    /// Certificate authorities beside the system's.
    package var caFile: String?
    /// Where that is named, for messages.
    package var caFilePlace: FilePlace?
}

/// Where events go.
package struct ChannelSettings: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case syslog(socket: String, facility: SyslogFacility)
        case journal(JournalSettings)
        case webhook(WebhookSettings)
        case command(CommandSettings)
        case stderr(StderrFormat)
        case mail(MailSettings)
    }

    package var name: String
    package var kind: Kind
    package var minimumSeverity: Severity
    package var giveUpAfter: Duration
    /// Where it is named, for messages.
    package var place: FilePlace
    /// Which events it gets, apart from their severity.
    package var filter = EventFilter.all
    package var timing = ChannelTiming()

    /// Whether it ends in the machine's own log.
    package var isLog: Bool {
        switch kind {
        case .syslog, .journal, .stderr: true
        case .webhook, .command, .mail: false
        }
    }

    package var route: ChannelRoute {
        ChannelRoute(name: name, minimumSeverity: minimumSeverity, filter: filter)
    }
}

extension ChannelSettings.Kind {
    /// Whether people read it, who want several events in one message; programs get them one by one.
    var takesDigests: Bool {
        switch self {
        case .syslog, .journal, .command, .stderr: false
        case .webhook(let webhook): webhook.format.takesDigests
        case .mail: true
        }
    }
}

package struct WebhookSettings: Hashable, Sendable {
    package var url: SecretSource
    package var format: WebhookFormat
    /// What the format needs of the channel, by name.
    package var params: [String: String] = [:]
    package var secrets: [String: SecretSource] = [:]
    package var signingKey: SecretSource?
    package var previousSigningKey: SecretSource?
    package var headers: [HeaderField]
    /// Whether `http://` may lead to another machine.
    package var allowsPlainHTTP = false
}

package struct HeaderField: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case text(String)
        case secret(SecretSource)
    }

    package var name: String
    package var value: Value

    /// Whether a header of this name mostly holds a secret.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["auth", "cookie", "token", "secret", "key", "password"].contains(
            where: name.contains
        )
    }
}

/// Where a secret is read, each time it is needed.
package enum SecretSource: Hashable, Sendable {
    case file(String)
    /// A name in `$CREDENTIALS_DIRECTORY`.
    case credential(String)
    case inline(Secret)
}

extension SecretSource {
    /// The same in memory of its own.
    ///
    /// Texts of a file lie scattered among what was read beside them: what is kept of 100,000 tokens
    /// would hold a page of memory for every few of them.
    var copied: SecretSource {
        func copy(_ text: String) -> String { String(decoding: text.utf8, as: UTF8.self) }
        return switch self {
        case .file(let path): .file(copy(path))
        case .credential(let name): .credential(copy(name))
        case .inline: self
        }
    }
}

/// A token with everything needed to ask about it.
package struct WatchedToken: Sendable {
    package var settings: TokenSettings
    package var secret: SecretSource
    package var access: ProviderAccess
    /// Where its secret is named, for messages.
    package var secretPlace: FilePlace
}
