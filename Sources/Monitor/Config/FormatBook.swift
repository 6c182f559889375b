import Alerting
import Formats

/// All formats that a channel can name: built-in formats, and the tables `[formats.NAME]`.
struct FormatBook {
    private(set) var formats: [String: MessageFormat] = [:]
    /// The names of all formats, including formats with errors.
    private(set) var names: Set<String> = []

    /// The built-in formats.
    static let builtin: FormatBook = {
        var book = FormatBook()
        for builtin in BuiltinFormats.all { book.formats[builtin.name] = builtin.format }
        book.names = Set(book.formats.keys)
        return book
    }()

    /// The values of `format`, in the order in which lists show them.
    var allNames: [String] { (names.union([WebhookFormat.alertmanager.name])).sorted() }

    /// The formats that are not built in.
    var own: [MessageFormat] {
        formats.values.filter { BuiltinFormats.named($0.name) == nil }.sorted { $0.name < $1.name }
    }

    /// Adds the formats of a configuration.
    mutating func add(_ table: ConfigurationTable?, report: Report) {
        guard let table else { return }
        for entry in table.entries where report.name(entry, of: "a format") != nil {
            guard !allNames.contains(entry.key) else {
                let name = TOMLValue.shortened(entry.key)
                report.error(
                    entry.keyPlace,
                    "the format \(name) is built in; give yours another name"
                )
                continue
            }
            guard let format = report.table(entry, in: "formats") else { continue }
            names.insert(entry.key)
            formats[entry.key] = FormatDecoder.format(
                entry.key,
                format,
                channelKeys: Self.webhookKeys,
                report
            )
        }
    }

    /// The keys that every webhook has.
    private static let webhookKeys: Set<String> = {
        Set(ChannelType.webhook.notedKeys().keys)
    }()

    /// Returns the format of a name; nil if there is none, or if it has errors.
    subscript(name: String) -> WebhookFormat? {
        name == WebhookFormat.alertmanager.name ? .alertmanager : formats[name].map { .data($0) }
    }
}

extension WebhookFormat {
    /// The default format.
    package static let json = WebhookFormat.data(BuiltinFormats.json)
}
