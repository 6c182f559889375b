import Alerting
import Formats
import HTTP

/// The part of a configuration that comes from the process.
package struct ConfigurationContext: Sendable {
    package var environment: [String: String]
    package var hostname: String
    /// The default channel if there is no `[channels]`.
    package var usualChannel: UsualChannel

    package init(
        environment: [String: String],
        hostname: String,
        usualChannel: UsualChannel = .syslog
    ) {
        self.environment = environment
        self.hostname = hostname
        self.usualChannel = usualChannel
    }

    /// The context of the daemon itself.
    static func ofDaemon(_ environment: [String: String]) -> ConfigurationContext {
        ConfigurationContext(
            environment: environment,
            hostname: Hostname.current(),
            usualChannel: .ofDaemon()
        )
    }
}

extension Configuration {
    /// Reads and checks a whole configuration.
    ///
    /// - Parameters:
    ///   - path: the path of the main file; nil for the default.
    ///   - context: the context of the process.
    ///   - edit: a change to check without making it.
    ///   - secrets: the reader that checks secrets and `ca_file`; nil skips these checks.
    /// - Returns: the configuration, which has no errors.
    /// - Throws: all errors together.
    package static func load(
        path: String?,
        context: ConfigurationContext,
        edit: ConfigurationEdit? = nil,
        secrets: SecretReader? = nil
    ) throws(ConfigurationErrors) -> Configuration {
        let report = Report()
        report.advice = KeyHome.advice
        let main = ConfigurationFiles.mainFile(path: path, environment: context.environment)
        let root = ConfigurationTable(place: FilePlace(file: 0, .start))
        var providers = ProviderTables()
        var isMainRead = false
        for file in ConfigurationFiles.all(main: main, edit: edit, report: report) {
            let number = report.files.count
            report.files.append(file)
            let added = edit?.content(of: file, main: main)
            guard let content = added ?? ConfigurationFiles.read(file, report: report) else {
                continue
            }
            if file == main { isMainRead = true }
            if content.isPrivate { report.privateFiles.insert(number) }
            let document = TOML.parse(content.bytes)
            for error in document.errors {
                report.unread(FilePlace(file: number, error.position), error.message)
            }
            // The readers report other errors of the file too, except missing keys.
            let unread = Set(document.errors.map(\.position))
            root.merge(document.root, file: number, unread: unread, report: report)
            if unread.isEmpty { providers.add(document.root, file: number, report: report) }
        }
        var configuration = ConfigurationDecoder(report: report, context: context)
            .decode(root, providers: providers)
        if let secrets {
            configuration.checkCertificates(report)
            configuration.check(secrets, report)
            warnOfObstacles(root, configuration.channels, report)
        }
        guard !report.hasErrors else {
            throw ConfigurationErrors(
                all: report.sortedErrors,
                warnings: report.sortedWarnings,
                socketPath: isMainRead ? configuration.daemon.socketPath : nil
            )
        }
        configuration.warnings = report.sortedWarnings
        return configuration
    }

    /// Warns of configured channels that cannot work on this machine.
    private static func warnOfObstacles(
        _ root: ConfigurationTable,
        _ channels: [ChannelSettings],
        _ report: Report
    ) {
        guard case .table(let table)? = root["channels"]?.value else { return }
        for channel in channels where table[channel.name] != nil {
            if let obstacle = channel.obstacle { report.warning(channel.place, obstacle) }
        }
    }

    /// Why the certificate authorities of `ca_file` cannot be used; nil if they can.
    package var certificateError: Diagnostic? { errors(checkCertificates).first }

    private func checkCertificates(_ report: Report) {
        guard let caFile = polling.caFile, let place = polling.caFilePlace else { return }
        do {
            _ = try CertificateBundle(systemFile: nil, caFile: caFile)
        } catch {
            report.error(place, "polling.ca_file: \(error)")
        }
    }

    /// The secrets of tokens, channels and the heartbeat that cannot be used, in file order.
    package func secretErrors(_ secrets: SecretReader) -> [Diagnostic] {
        errors { check(secrets, $0) }
    }

    private func errors(_ check: (Report) -> Void) -> [Diagnostic] {
        let report = Report()
        report.files = files
        check(report)
        return report.sortedErrors
    }

    private func check(_ secrets: SecretReader, _ report: Report) {
        func read(_ source: SecretSource?, _ name: String, _ place: FilePlace) -> Secret? {
            guard let source else { return nil }
            do {
                return try secrets.read(source).secret
            } catch {
                report.error(place, "\(name): \(error)")
                return nil
            }
        }
        for channel in channels {
            let name = "channels.\(channel.name)"
            if case .mail(let mail) = channel.kind {
                _ = read(mail.password, "\(name).password", channel.place)
            }
            guard case .webhook(let webhook) = channel.kind else { continue }
            let url = read(webhook.url, "\(name).url", channel.place)
            let key = read(webhook.signingKey, "\(name).signing_key", channel.place)
            let previousKey = webhook.previousSigningKey
            let previous = read(previousKey, "\(name).previous_signing_key", channel.place)
            for (key, source) in webhook.secrets.sorted(by: { $0.key < $1.key }) {
                _ = read(source, "\(name).\(key)", channel.place)
            }
            for header in webhook.headers {
                guard case .secret(let source) = header.value else { continue }
                _ = read(source, "\(name).headers.\(header.name)", channel.place)
            }
            do {
                // The reader checked inline URLs already.
                if let url, !webhook.url.isInline {
                    _ = try WebhookTarget(
                        url: url,
                        allowsPlainHTTP: webhook.allowsPlainHTTP,
                        takesPath: webhook.format.hasPath
                    )
                }
                if let key { _ = try WebhookSigner(key: key, previous: previous) }
            } catch {
                report.error(channel.place, "\(name): \(error)")
            }
        }
        if let heartbeat, let url = read(heartbeat.url, "heartbeat.url", heartbeat.place),
            !heartbeat.url.isInline
        {
            do {
                _ = try WebhookTarget(url: url, allowsPlainHTTP: heartbeat.allowsPlainHTTP)
            } catch {
                report.error(heartbeat.place, "heartbeat.url: \(error)")
            }
        }
        let listing = Set(inventories.map(\.id))
        for token in tokens {
            let id = token.settings.id
            let name = "\(listing.contains(id) ? "inventories" : "tokens").\(id)"
            if let secret = read(token.secret, name, token.secretPlace),
                let doubt = secret.doubt ?? token.access.profile.doubt(of: secret)
            {
                report.warning(token.secretPlace, "\(name): \(doubt)")
            }
            for (key, source) in token.access.secrets.sorted(by: { $0.key < $1.key }) {
                _ = read(source, "\(name).\(key)", token.secretPlace)
            }
        }
    }
}
