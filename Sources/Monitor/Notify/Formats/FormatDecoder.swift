import Alerting
import Formats

/// Reads one `[formats.NAME]`; reports its errors.
struct FormatDecoder {
    let report: Report
    /// The keys that every webhook has.
    let channelKeys: Set<String>
    /// The names that its templates may use.
    var places = MessagePlace.allCases.map(\.rawValue)

    /// Reads a format; returns nil if it has errors.
    ///
    /// - Parameters:
    ///   - name: the name of the format, for messages.
    ///   - table: the format's table; nil only collects the keys.
    ///   - channelKeys: the keys of every webhook, which inputs cannot have as names.
    ///   - report: gets the errors.
    /// - Returns: the format; nil if it has errors.
    static func format(
        _ name: String,
        _ table: ConfigurationTable?,
        channelKeys: Set<String> = [],
        _ report: Report
    ) -> MessageFormat? {
        var decoder = FormatDecoder(report: report, channelKeys: channelKeys)
        let errors = report.errorCount
        var reader = TableReader(table, path: "formats.\(name)", report: report)
        let format = decoder.format(name, &reader)
        reader.finish()
        return report.errorCount == errors ? format : nil
    }

    private mutating func format(_ name: String, _ reader: inout TableReader) -> MessageFormat {
        var format = MessageFormat(name: name)
        format.about = reader.parsed("about", allowed: Self.sentence, Self.line)?.value ?? ""
        format.docs =
            reader.parsed(
                "docs",
                allowed: "the https:// address of a page, at most 500 characters"
            ) { WebAddress.isOne($0) && $0.utf8.count <= 500 ? $0 : nil }?.value
        format.takesDigests = reader.boolean("digest")?.value ?? false
        format.url = url(&reader)
        format.inputs = inputs("params", isSecret: false, &reader)
        let params = format.inputs.map(\.name)
        format.inputs += inputs("secrets", isSecret: true, taken: params, &reader)
        format.bySeverity = bySeverity(&reader)
        places += format.inputs.map(\.name) + format.bySeverity.keys.sorted()
        format.escape = escape(&reader)
        format.newline =
            reader.parsed("newline", allowed: "a text of 1 to 20 characters") {
                (1...20).contains($0.count) ? $0 : nil
            }?.value ?? "\n"
        format.limits = limits(&reader)
        format.answers = answers(&reader)
        format.request = request(&reader, over: FormatRequest())
        format.phases = phases(&reader, over: format.request)
        checkUse(format, reader)
        return format
    }

    static let sentence = "a line of 1 to 300 characters"

    /// Returns the text if it is one printable line.
    static func line(_ text: String) -> String? {
        (1...300).contains(text.utf8.count) && text == text.escapedForTerminal ? text : nil
    }

    private func url(_ reader: inout TableReader) -> MessageFormat.Input {
        var input = MessageFormat.Input(name: "url", isSecret: true)
        guard let table = reader.table("url") else { return input }
        var url = TableReader(table, path: reader.name(of: "url"), report: report)
        read(&input, &url)
        url.finish()
        if let fallback = input.fallback, let place = url.place(of: "default") {
            do {
                let secret = try? Secret(validating: fallback.utf8)
                guard let secret else { throw ChannelSetupError("a URL is printable ASCII") }
                _ = try WebhookTarget(url: secret)
            } catch {
                report.error(place, "\(url.name(of: "default")): \(error)")
            }
        }
        return input
    }

    /// The places that a channel fills, with their descriptions.
    private func inputs(
        _ key: String,
        isSecret: Bool,
        taken: [String] = [],
        _ reader: inout TableReader
    ) -> [MessageFormat.Input] {
        guard let table = reader.table(key) else { return [] }
        return table.entries.map { entry in
            let path = "\(reader.name(of: key)).\(TOMLValue.shortened(entry.key))"
            var input = MessageFormat.Input(name: entry.key, isSecret: isSecret)
            let isTaken =
                MessagePlace(rawValue: entry.key) != nil || taken.contains(entry.key)
                || channelKeys.contains(entry.key)
            if !Template.isName(entry.key) || isTaken {
                report.error(
                    entry.keyPlace,
                    "\(path) must have a name of a-z, 0-9 and '_' that is neither a placeholder"
                        + " of every message nor a key of every webhook; choose another"
                )
            }
            switch entry.value {
            case .table(let table):
                var inner = TableReader(table, path: path, report: report)
                read(&input, &inner)
                inner.finish()
            case .leaf(.string(let about), _) where Self.line(about) != nil:
                input.about = about
            case .leaf(let value, let place):
                report.error(
                    place,
                    "\(path) is \(value.shown); it must be \(Self.sentence) that says what it is,"
                        + " or a table with about, example and default"
                )
            }
            return input
        }
    }

    private func read(_ input: inout MessageFormat.Input, _ reader: inout TableReader) {
        input.about = reader.parsed("about", allowed: Self.sentence, Self.line)?.value ?? ""
        input.example = reader.parsed("example", allowed: Self.sentence, Self.line)?.value
        if input.isSecret, input.name != "url" {
            reader.refuse("default", "\(reader.name(of: "default")): a secret has no default")
        } else {
            input.fallback = reader.parsed("default", allowed: Self.sentence, Self.line)?.value
        }
    }

    private func bySeverity(_ reader: inout TableReader) -> [String: [String: MatchValue]] {
        guard let table = reader.table("by_severity") else { return [:] }
        var all: [String: [String: MatchValue]] = [:]
        for entry in table.entries {
            let path = "\(reader.name(of: "by_severity")).\(TOMLValue.shortened(entry.key))"
            guard case .table(let values) = entry.value, Template.isName(entry.key),
                MessagePlace(rawValue: entry.key) == nil
            else {
                report.error(
                    entry.keyPlace,
                    "\(path) must have a new name of a-z, 0-9 and '_', and be a table such as"
                        + " { critical = 5, warning = 4, info = 3, resolved = 3 }"
                )
                continue
            }
            var inner = TableReader(values, path: path, report: report)
            all[entry.key] = MessageFormat.statuses.reduce(into: [:]) { result, status in
                result[status] = value(status, &inner)
            }
            inner.finish()
        }
        return all
    }

    private func value(_ status: String, _ reader: inout TableReader) -> MatchValue? {
        guard let entry = reader.any(status) else {
            reader.require(status, "set it")
            return nil
        }
        switch entry.value {
        case .leaf(.string(let text), _): return .string(text)
        case .leaf(.integer(let number), _): return .integer(number)
        default:
            reader.wrong(status, entry, allowed: "a string or a whole number")
            return nil
        }
    }

    private func limits(_ reader: inout TableReader) -> [String: TextLimit] {
        guard let table = reader.table("limits") else { return [:] }
        var inner = TableReader(table, path: reader.name(of: "limits"), report: report)
        let cut: [MessagePlace] = [.plainTitle, .plainFacts, .plainText, .renewURL, .page]
        let places = MessagePlace.allCases.filter { $0.isText || cut.contains($0) }
        let limits = places.map { place in
            let limit = inner.parsed(place.rawValue, allowed: TextLimit.rule, TextLimit.init)
            return (place.rawValue, limit?.value)
        }
        inner.finish()
        return Dictionary(limits) { first, _ in first }.compactMapValues { $0 }
    }

    /// Reports inputs that no template uses: probably typos.
    private func checkUse(_ format: MessageFormat, _ reader: TableReader) {
        guard let table = reader.table else { return }
        let requests = [format.request] + format.phases.values.compactMap { $0 }
        let used = Set(requests.flatMap(\.templates).flatMap(\.variables))
        for (key, names) in [
            ("params", format.inputs.filter { !$0.isSecret }.map(\.name)),
            ("secrets", format.inputs.filter(\.isSecret).map(\.name)),
            ("by_severity", format.bySeverity.keys.sorted()),
        ] {
            for name in names where !used.contains(name) {
                guard case .table(let names)? = table[key]?.value else { continue }
                report.error(
                    names[name]?.keyPlace ?? table.place,
                    "\(reader.name(of: key)).\(name) is in no template; use {\(name)}, or remove it"
                )
            }
        }
    }
}

extension FormatRequest {
    /// Every template of the format.
    var templates: [Template] {
        let inBody =
            switch body {
            case .json(let template): template.templates
            case .form(let fields): fields.map(\.value)
            case .text(let template, _): [template]
            }
        return [path] + headers.map(\.value) + [basicAuth].compactMap { $0 } + inBody
    }
}
