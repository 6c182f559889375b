import Alerting
import HTTP

/// Makes channels from their settings.
struct ChannelFactory: Sendable {
    let secrets: SecretReader
    let digestKey: [UInt8]
    let transport: WebhookTransport
    /// The URL of the page for people; nil if nothing listens.
    let page: String?
    let clock: @Sendable () -> Instant
    let log: Log

    /// Sets up all channels; one with unreadable secrets reports that, and its deliveries wait.
    ///
    /// - Parameters:
    ///   - channels: the settings of the channels.
    ///   - caFile: more certificate authorities, for mail servers.
    /// - Returns: a setup for each channel.
    func setups(_ channels: [ChannelSettings], caFile: String?) -> [ChannelSetup] {
        channels.map { settings in
            do {
                return try setup(settings, caFile: caFile)
            } catch {
                log.error("channels.\(settings.name): \(error); its notifications stay pending")
                return ChannelSetup(
                    channel: UnusableChannel(name: settings.name, problem: "\(error)"),
                    giveUpAfter: settings.giveUpAfter,
                    timing: settings.timing,
                    revision: 0
                )
            }
        }
    }

    /// The heartbeat's settings; nil for none.
    ///
    /// - Throws: if its URL cannot be read now.
    func heartbeat(_ section: HeartbeatSection?) throws -> HeartbeatSettings? {
        try section.map { section in
            HeartbeatSettings(
                url: try secrets.read(section.url).secret,
                every: section.every,
                allowsPlainHTTP: section.allowsPlainHTTP
            )
        }
    }

    private func setup(_ settings: ChannelSettings, caFile: String?) throws -> ChannelSetup {
        var parts = ["\(settings.giveUpAfter)"]
        let address: [String]
        let channel: any Channel
        switch settings.kind {
        case .syslog(let socket, let facility):
            parts += [socket, facility.rawValue]
            address = ["syslog", socket]
            channel = try SyslogChannel(
                name: settings.name,
                path: socket,
                facility: facility,
                clock: clock
            )
        case .journal(let socket):
            parts += [socket, SyslogFacility.daemon.rawValue]
            address = ["journal", socket]
            channel = try JournalChannel(name: settings.name, socket: socket)
        case .command(let command):
            parts += command.argv + ["\(command.timeout)"]
            address = ["command"] + command.argv
            channel = try CommandChannel(name: settings.name, settings: command)
        case .stderr(let format):
            parts.append(format.rawValue)
            address = ["stderr", format.rawValue]
            channel = StderrChannel(name: settings.name, format: format, clock: clock)
        case .mail(let mail):
            let password = try mail.password.map { try read($0, &parts) }
            address = ["mail", mail.server.url] + mail.to
            parts += [mail.server.url, mail.user ?? "", mail.from, caFile ?? ""] + mail.to
            channel = MailChannel(
                name: settings.name,
                settings: mail,
                password: password,
                certificates: try CertificateBundle(
                    systemFile: CertificateBundle.systemFile(),
                    caFile: caFile
                )
            )
        case .webhook(let webhook):
            let url = try read(webhook.url, &parts)
            let key = try webhook.signingKey.map { try read($0, &parts) }
            let previous = try webhook.previousSigningKey.map { try read($0, &parts) }
            let secrets = try webhook.secrets.sorted { $0.key < $1.key }.map { name, source in
                (name, try read(source, &parts))
            }
            let params = webhook.params.sorted { $0.key < $1.key }
            let headers = try webhook.headers.map { header in
                (name: header.name, value: try value(header.value, &parts))
            }
            address =
                ["webhook", webhook.format.name, url.reveal()]
                + params.flatMap { [$0.key, $0.value] }
                + secrets.flatMap { [$0.0, $0.1.reveal()] }
                + webhook.format.ownPlaces
            parts += webhook.headers.map(\.name) + params.flatMap { [$0.key, $0.value] }
            // The revision covers all keys of a format, because it may come from the configuration.
            parts.append(String(webhook.format.hashValue))
            channel = WebhookChannel(
                name: settings.name,
                target: try WebhookTarget(
                    url: url,
                    headers: headers,
                    allowsPlainHTTP: webhook.allowsPlainHTTP,
                    takesPath: webhook.format.hasPath
                ),
                signer: try key.map { try WebhookSigner(key: $0, previous: previous) },
                format: webhook.format,
                values: FormatValues(
                    params: webhook.params,
                    secrets: Dictionary(secrets) { first, _ in first }
                ),
                version: Version.number,
                page: page,
                transport: transport,
                clock: clock
            )
        }
        return ChannelSetup(
            channel: channel,
            giveUpAfter: settings.giveUpAfter,
            timing: settings.timing,
            revision: StableHash.of(parts),
            address: SecretDigest(of: address, key: digestKey)
        )
    }

    private func value(_ value: HeaderField.Value, _ parts: inout [String]) throws -> String {
        switch value {
        case .text(let text):
            parts.append(text)
            return text
        case .secret(let source):
            return try read(source, &parts).reveal()
        }
    }

    /// Reads a secret, and notes its digest to identify it.
    private func read(_ source: SecretSource, _ parts: inout [String]) throws -> Secret {
        let secret = try secrets.read(source).secret
        let digest = secret.digest(key: digestKey)
        parts.append("\(digest.high) \(digest.low)")
        return secret
    }
}
