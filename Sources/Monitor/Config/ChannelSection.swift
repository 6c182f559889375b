import Alerting

extension ConfigurationDecoder {
    /// The channels, in the order written; without any, syslog.
    func channels(_ table: ConfigurationTable?) -> [ChannelSettings] {
        guard let table, !table.entries.isEmpty else {
            return [
                ChannelSettings(
                    name: "syslog",
                    kind: .syslog(socket: "/dev/log", facility: .daemon),
                    minimumSeverity: .info,
                    giveUpAfter: .days(3),
                    place: FilePlace(file: 0, .start)
                )
            ]
        }
        return table.entries.compactMap { entry in
            guard TokenID(entry.key) != nil else {
                report.error(
                    entry.keyPlace,
                    "\"\(TOMLValue.shortened(entry.key))\" cannot name a channel; "
                        + "it must be \(TokenID.rule)"
                )
                return nil
            }
            guard case .table(let channel) = entry.value else {
                report.error(
                    entry.keyPlace,
                    "channels.\(entry.key) must be a table, [channels.\(entry.key)]"
                )
                return nil
            }
            return self.channel(entry.key, channel)
        }
    }

    /// The names that a policy may give: also of channels in which something is wrong.
    func channelNames(_ table: ConfigurationTable?) -> [String] {
        guard let table, !table.entries.isEmpty else { return ["syslog"] }
        return table.entries.map(\.key)
    }

    /// Notes the keys of a channel's type in the report.
    func noteKeys(of type: ChannelType) {
        var reader = TableReader(nil, path: "channels.NAME", report: report)
        _ = reader.word("type", as: ChannelType.self)
        _ = keys(of: type, &reader)
        reader.finish()
    }

    private func channel(_ name: String, _ table: ConfigurationTable) -> ChannelSettings? {
        var reader = TableReader(table, path: "channels.\(name)", report: report)
        let types = ChannelType.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        let type = reader.word("type", as: ChannelType.self)
        if table["type"] == nil {
            report.missing(
                table.place,
                "channels.\(name) has no type; it must be one of \(types)"
            )
        }
        guard let type else {
            _ = commonKeys(&reader)
            return nil
        }
        let (kind, common) = keys(of: type.value, &reader)
        reader.finish()
        return kind.map {
            ChannelSettings(
                name: name,
                kind: $0,
                minimumSeverity: common.severity ?? type.value.usualSeverity,
                giveUpAfter: common.giveUpAfter ?? .days(3),
                place: table.place
            )
        }
    }

    private typealias CommonKeys = (severity: Severity?, giveUpAfter: Duration?)

    private func keys(
        of type: ChannelType,
        _ reader: inout TableReader
    ) -> (ChannelSettings.Kind?, CommonKeys) {
        let kind: ChannelSettings.Kind?
        switch type {
        case .syslog: kind = syslog(&reader)
        case .journal: kind = journal(&reader)
        case .webhook: kind = webhook(&reader)
        case .command: kind = command(&reader)
        }
        return (kind, commonKeys(&reader))
    }

    private func commonKeys(_ reader: inout TableReader) -> CommonKeys {
        let severity = reader.word("min_severity", as: Severity.self)
        let giveUpAfter =
            reader.duration("give_up_after", like: "3d", in: .seconds(1)...(.days(365)))
        return (severity?.value, giveUpAfter?.value)
    }

    private func syslog(_ reader: inout TableReader) -> ChannelSettings.Kind {
        let socket = reader.parsed("socket", allowed: "an absolute path", absolutePath)
        let names = SyslogFacility.allCases.map(\.name)
        let facility = reader.parsed(
            "facility",
            allowed: "one of \(names.joined(separator: ", "))",
            SyslogFacility.init(name:)
        )
        return .syslog(
            socket: socket?.value ?? "/dev/log",
            facility: facility?.value ?? .daemon
        )
    }

    private func journal(_ reader: inout TableReader) -> ChannelSettings.Kind {
        var settings = JournalSettings()
        if let socket = reader.parsed("socket", allowed: "an absolute path", absolutePath) {
            settings.socket = socket.value
        }
        return .journal(settings)
    }

    private func command(_ reader: inout TableReader) -> ChannelSettings.Kind? {
        let allowed = "an array of strings such as [\"/usr/local/bin/page\", \"--now\"]"
        let argv = reader.strings("argv", allowed: allowed)
        let timeout = reader.duration("timeout", like: "30s", in: .seconds(1)...(.minutes(10)))
        guard let argv else {
            if !reader.has("argv"), let place = reader.table?.place {
                report.missing(place, "\(reader.path) has no argv; it must be \(allowed)")
            }
            return nil
        }
        let settings = CommandSettings(
            argv: argv.value.map(\.value),
            timeout: timeout?.value ?? .seconds(30)
        )
        do {
            _ = try CommandChannel(name: reader.path, settings: settings)
            return .command(settings)
        } catch {
            report.error(argv.place, "\(reader.path): \(error)")
            return nil
        }
    }

    private func webhook(_ reader: inout TableReader) -> ChannelSettings.Kind? {
        let allowsPlainHTTP = reader.boolean("allow_plain_http")?.value ?? false
        let url = url(&reader, allowsPlainHTTP: allowsPlainHTTP)
        let format = reader.word("format", as: WebhookFormat.self)
        let key = secretSource("signing_key", inlineAllowed: false, &reader)
        let previous = secretSource("previous_signing_key", inlineAllowed: false, &reader)
        let headers = headers(&reader)
        return url.map {
            .webhook(
                WebhookSettings(
                    url: $0,
                    format: format?.value ?? .json,
                    signingKey: key,
                    previousSigningKey: previous,
                    headers: headers,
                    allowsPlainHTTP: allowsPlainHTTP
                )
            )
        }
    }

    /// One of `url`, `url_file` and `url_credential`, of which one must be set.
    func url(_ reader: inout TableReader, allowsPlainHTTP: Bool) -> SecretSource? {
        let url = secretSource("url", &reader)
        if url == nil, !["url", "url_file", "url_credential"].contains(where: { reader.has($0) }),
            let place = reader.table?.place
        {
            report.missing(
                place,
                "\(reader.path) has no url; set one of url, url_file and url_credential"
            )
        }
        if case .inline(let url)? = url, let place = reader.place(of: "url") {
            do {
                _ = try WebhookTarget(url: url, allowsPlainHTTP: allowsPlainHTTP)
            } catch {
                report.error(place, "\(reader.name(of: "url")): \(error)")
            }
        }
        return url
    }

    private func headers(_ reader: inout TableReader) -> [HeaderField] {
        guard let table = reader.table("headers") else { return [] }
        var headers: [HeaderField] = []
        for entry in table.entries {
            let name = "\(reader.name(of: "headers")).\(TOMLValue.shortened(entry.key))"
            guard case .leaf(.string(let value), _) = entry.value else {
                report.error(
                    entry.keyPlace,
                    "\(name) must be a string without control characters"
                )
                continue
            }
            if headers.contains(where: { $0.name.lowercased() == entry.key.lowercased() }) {
                report.error(entry.keyPlace, "\(name) is set twice, in other letters")
            }
            do {
                try WebhookTarget.check((name: entry.key, value: value))
                headers.append(HeaderField(name: entry.key, value: value))
            } catch {
                report.error(entry.keyPlace, "\(reader.path): \(error)")
            }
        }
        return headers
    }

    /// One of `NAME`, `NAME_file` and `NAME_credential`.
    ///
    /// A value that stands in the file itself is only taken where no one else can read the file.
    func secretSource(
        _ name: String,
        inlineAllowed: Bool = true,
        _ reader: inout TableReader
    ) -> SecretSource? {
        // None of them is ever shown: people put the secret itself where its file should be.
        let file = reader.parsed(
            "\(name)_file",
            allowed: "an absolute path",
            isSecret: true,
            absolutePath
        )
        let credential = reader.parsed(
            "\(name)_credential",
            allowed: "the name of a credential in $CREDENTIALS_DIRECTORY",
            isSecret: true
        ) { text in
            !text.isEmpty && text.utf8.count <= 255 && !text.contains("/")
                && !text.hasPrefix(".") && text == text.escapedForTerminal ? text : nil
        }
        let inline = inlineAllowed ? inlineSecret(name, &reader) : nil
        if !inlineAllowed {
            reader.refuse(
                name,
                "\(reader.name(of: name)) may not stand in the file itself; "
                    + "set \(name)_file or \(name)_credential"
            )
        }
        let places = [file?.place, credential?.place, inline?.place].compactMap { $0 }
            .sorted { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
        if places.count > 1 {
            let names = ["\(name)_file", "\(name)_credential"] + (inlineAllowed ? [name] : [])
            report.error(
                places[1],
                "\(reader.path) has more than one \(name), the first at "
                    + "\(report.name(of: places[0])); set one of \(names.joined(separator: ", "))"
            )
        }
        if let file { return .file(file.value) }
        if let credential { return .credential(credential.value) }
        return inline.map { .inline($0.value) }
    }

    private func inlineSecret(
        _ name: String,
        _ reader: inout TableReader
    ) -> Located<Secret>? {
        let rule = "one line of printable ASCII"
        let inline = reader.parsed(name, allowed: rule, isSecret: true) {
            try? Secret(validating: $0.utf8)
        }
        guard let inline else { return nil }
        if !report.privateFiles.contains(Int(inline.place.file)) {
            let path = SecretFile.quoted(report.files[Int(inline.place.file)])
            let message =
                "\(reader.name(of: name)) is a secret in a file that others can read; run: "
                + "chmod 0600 \(path), or use \(name)_file"
            // Of a URL no one can tell whether there is a secret in it; of a token's secret one can.
            if name == "url" {
                report.warning(inline.place, message)
            } else {
                report.error(inline.place, message)
            }
        }
        return inline
    }
}

/// The channels that there are.
enum ChannelType: String, CaseIterable {
    case syslog
    case journal
    case webhook
    case command

    /// From what severity on it hears, where `min_severity` does not say.
    var usualSeverity: Severity {
        switch self {
        case .syslog, .journal: .info
        case .webhook, .command: .warning
        }
    }
}
