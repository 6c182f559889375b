import Alerting
import Formats
import HTTP
import Store
import System

/// Sends a test notification to a channel of a configuration without a daemon.
package enum ChannelTrial {
    /// - Parameters:
    ///   - name: the channel's name.
    ///   - configuration: the configuration that contains the channel.
    ///   - address: its URL, which need not be stored yet; nil for the URL in the configuration.
    ///   - secrets: secrets of its format, by key; they need not be stored yet.
    ///   - environment: the environment of the process.
    /// - Returns: the reason why it was not delivered; nil if it was.
    /// - Throws: if the configuration does not allow an HTTP client.
    package static func failure(
        of name: String,
        in configuration: Configuration,
        address: Secret?,
        secrets: [String: Secret] = [:],
        environment: [String: String]
    ) async throws -> String? {
        guard var settings = configuration.channels.first(where: { $0.name == name }) else {
            return "there is no channel \(name.escapedForTerminal(maximumBytes: 80))"
        }
        if case .webhook(var webhook) = settings.kind {
            if let address { webhook.url = .inline(address) }
            for (key, secret) in secrets { webhook.secrets[key] = .inline(secret) }
            settings.kind = .webhook(webhook)
        }
        let clock: @Sendable () -> Instant = { SystemClock.now().instant }
        let client = try HTTPClient(
            settings: configuration.polling.clientSettings,
            executor: QueueExecutor(label: "tokenwatchd.trial")
        )
        let factory = ChannelFactory(
            secrets: SecretReader(environment: environment, for: .service),
            digestKey: [UInt8](repeating: 0, count: 32),
            transport: WebhookTransport(client: client),
            page: nil,
            clock: clock,
            log: Log(level: .error, environment: environment)
        )
        let now = clock()
        let delivery = TestEvent.delivery(
            EventID(high: UInt64(now.milliseconds.magnitude), low: .random(in: .min ... .max)),
            to: name,
            instance: configuration.daemon.name,
            at: now
        )
        let setup = factory.setups([settings], caFile: configuration.polling.caFile)[0]
        return await setup.channel.deliver(delivery).error
    }
}
