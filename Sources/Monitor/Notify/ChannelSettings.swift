package import Alerting

/// A destination of events.
package struct ChannelSettings: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case syslog(socket: String, facility: SyslogFacility)
        case journal(socket: String)
        case webhook(WebhookSettings)
        case command(CommandSettings)
        case stderr(StderrFormat)
        case mail(MailSettings)
    }

    package var name: String
    package var kind: Kind
    package var minimumSeverity: Severity
    package var giveUpAfter: Duration
    /// The place of the channel, for messages.
    package var place: FilePlace
    /// The filter of events, apart from their severity.
    package var filter = EventFilter.all
    package var timing = ChannelTiming()

    /// Whether the channel writes to the machine's own log.
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
    /// Whether people read it, who want several events in one message; programs get single events.
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
    /// The values that the format needs, by name.
    package var params: [String: String] = [:]
    package var secrets: [String: SecretSource] = [:]
    package var signingKey: SecretSource?
    package var previousSigningKey: SecretSource?
    package var headers: [HeaderField]
    /// Whether `http://` to another machine is allowed.
    package var allowsPlainHTTP = false
}

package struct HeaderField: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case text(String)
        case secret(SecretSource)
    }

    package var name: String
    package var value: Value

    /// Whether a header of this name usually contains a secret.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["auth", "cookie", "token", "secret", "key", "password"].contains(
            where: name.contains
        )
    }
}
