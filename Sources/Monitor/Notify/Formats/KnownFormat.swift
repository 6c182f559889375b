/// A format in a command's list: its purpose, and the values that a channel sets.
package struct KnownFormat: Sendable {
    package let name: String
    package let about: String
    package let docs: String?
    /// Whether a message may contain several events.
    package let takesDigests: Bool
    package let url: MessageFormat.Input
    /// The parameters and secrets.
    package let inputs: [MessageFormat.Input]
    /// Its `[formats.NAME]` table; nil for code and for formats of the configuration.
    package let toml: String?
    /// The format; nil if it is code.
    package let format: MessageFormat?

    /// The built-in formats, in the order in which they are listed.
    package static let builtin: [KnownFormat] =
        BuiltinFormats.all.map { KnownFormat($0.format, toml: $0.toml) } + [alertmanager]

    /// Describes a format; a format of the configuration has no TOML here: its file has it.
    package init(_ format: MessageFormat, toml: String? = nil, isCode: Bool = false) {
        name = format.name
        about = format.about
        docs = format.docs
        takesDigests = format.takesDigests
        url = format.url
        inputs = format.inputs
        self.toml = toml
        self.format = isCode ? nil : format
    }

    private static let alertmanager: KnownFormat = {
        var format = MessageFormat(name: WebhookFormat.alertmanager.name)
        format.about =
            "Prometheus Alertmanager; the daemon repeats active alerts every four minutes"
        format.docs = "https://prometheus.io/docs/alerting/latest/alerts_api/"
        format.url.about = "the server's address"
        format.url.example = "http://127.0.0.1:9093"
        return KnownFormat(format, isCode: true)
    }()
}
