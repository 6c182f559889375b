import Alerting

/// What the process was given besides the files.
package struct ConfigurationContext: Sendable {
    package var environment: [String: String]
    package var hostname: String

    package init(environment: [String: String], hostname: String) {
        self.environment = environment
        self.hostname = hostname
    }
}

extension Configuration {
    /// Reads and checks a configuration whole.
    ///
    /// `path` nil means the usual place. Secrets are not looked at: see `secretErrors`.
    package static func load(
        path: String?,
        context: ConfigurationContext
    ) throws(ConfigurationErrors) -> Configuration {
        let report = Report()
        let main = ConfigurationFiles.mainFile(path: path, environment: context.environment)
        let root = ConfigurationTable(place: FilePlace(file: 0, .start))
        var providers = ProviderTables()
        for file in ConfigurationFiles.all(main: main, report: report) {
            let number = report.files.count
            report.files.append(file)
            guard let bytes = ConfigurationFiles.read(file, report: report) else { continue }
            let document = TOML.parse(bytes)
            for error in document.errors {
                report.error(FilePlace(file: number, error.position), error.message)
            }
            root.merge(document.root, file: number, path: "", report: report)
            providers.add(document.root, file: number, report: report)
        }
        // What a file that cannot be read would have said is not known: no more is judged.
        guard report.errors.isEmpty else { throw ConfigurationErrors(all: report.errors) }
        let configuration = ConfigurationDecoder(report: report, context: context)
            .decode(root, providers: providers, main: main)
        guard report.errors.isEmpty, let configuration else {
            throw ConfigurationErrors(all: report.errors.sortedByPlace(files: report.files))
        }
        return configuration
    }

    /// Every secret of the tokens and channels that cannot be used now.
    package func secretErrors(_ secrets: SecretReader) -> [Diagnostic] {
        let report = Report()
        report.files = files
        func check(_ source: SecretSource?, _ name: String, _ place: FilePlace) {
            guard let source else { return }
            do {
                _ = try secrets.read(source)
            } catch {
                report.error(place, "\(name): \(error)")
            }
        }
        for channel in channels {
            guard case .webhook(let webhook) = channel.kind else { continue }
            let name = "channels.\(channel.name)"
            check(webhook.url, "\(name).url", channel.place)
            check(webhook.signingKey, "\(name).signing_key", channel.place)
            check(webhook.previousSigningKey, "\(name).previous_signing_key", channel.place)
        }
        for token in tokens {
            check(token.secret, "tokens.\(token.settings.id)", token.secretPlace)
        }
        return report.errors
    }
}

extension [Diagnostic] {
    fileprivate func sortedByPlace(files: [String]) -> [Diagnostic] {
        let order = Dictionary(
            files.enumerated().map { ($1, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        return enumerated().sorted { left, right in
            let leftKey = (
                order[left.element.file] ?? 0, left.element.line ?? 0, left.element.column ?? 0,
                left.offset
            )
            let rightKey = (
                order[right.element.file] ?? 0, right.element.line ?? 0,
                right.element.column ?? 0, right.offset
            )
            return leftKey < rightKey
        }.map(\.element)
    }
}
