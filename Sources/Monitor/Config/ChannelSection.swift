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
            guard case .table(let channel) = entry.value else {
                report.error(entry.keyPlace, "channels.\(entry.key) must be a table")
                return nil
            }
            guard TokenID(entry.key) != nil else {
                report.error(
                    entry.keyPlace,
                    "\"\(entry.key.escapedForTerminal)\" cannot name a channel; "
                        + "it must be \(TokenID.rule)"
                )
                return nil
            }
            return self.channel(entry.key, channel)
        }
    }

    private func channel(_ name: String, _ table: ConfigurationTable) -> ChannelSettings? {
        var reader = TableReader(table, path: "channels.\(name)", report: report)
        guard let type = reader.word("type", as: ChannelType.self) else {
            if table["type"] == nil {
                let types = ChannelType.allCases.map { "\"\($0.rawValue)\"" }
                report.error(
                    table.place,
                    "channels.\(name) has no type; it must be one of "
                        + types.joined(separator: ", ")
                )
            }
            return nil
        }
        let kind: ChannelSettings.Kind?
        switch type.value {
        case .syslog: kind = syslog(&reader)
        case .webhook: kind = webhook(&reader)
        }
        let severity = reader.word("min_severity", as: Severity.self)
        let giveUpAfter =
            reader.duration("give_up_after", like: "3d", in: .seconds(1)...(.days(365)))
        reader.finish()
        return kind.map {
            ChannelSettings(
                name: name,
                kind: $0,
                minimumSeverity: severity?.value ?? (type.value == .syslog ? .info : .warning),
                giveUpAfter: giveUpAfter?.value ?? .days(3),
                place: table.place
            )
        }
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

    private func webhook(_ reader: inout TableReader) -> ChannelSettings.Kind? {
        let url = secretSource("url", &reader)
        if url == nil, !["url", "url_file", "url_credential"].contains(where: { reader.has($0) }) {
            if let place = reader.table?.place {
                report.error(
                    place,
                    "\(reader.path) has no url; set one of url, url_file and url_credential"
                )
            }
        }
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
                    headers: headers
                )
            )
        }
    }

    private func headers(_ reader: inout TableReader) -> [HeaderField] {
        guard let table = reader.table("headers") else { return [] }
        var headers: [HeaderField] = []
        for entry in table.entries {
            let rule = "a string without control characters"
            guard case .leaf(.string(let value), _) = entry.value,
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
            else {
                report.error(
                    entry.keyPlace,
                    "\(reader.path).headers.\(entry.key.escapedForTerminal) must be \(rule)"
                )
                continue
            }
            headers.append(HeaderField(name: entry.key, value: value))
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
        let file = reader.parsed("\(name)_file", allowed: "an absolute path", absolutePath)
        let credential = reader.parsed(
            "\(name)_credential",
            allowed: "the name of a credential in $CREDENTIALS_DIRECTORY"
        ) { text in
            !text.isEmpty && text.utf8.count <= 255 && !text.contains("/")
                && !text.hasPrefix(".") && text == text.escapedForTerminal ? text : nil
        }
        let inline = inlineAllowed ? inlineSecret(name, &reader) : nil
        let places = [file?.place, credential?.place, inline?.place].compactMap { $0 }
        if places.count > 1 {
            report.error(
                places[1],
                "\(reader.path) has more than one \(name); set one of \(name)_file, "
                    + "\(name)_credential" + (inlineAllowed ? " and \(name)" : "")
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
        let path = report.files[Int(inline.place.file)]
        if !isPrivate(path) {
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
    case webhook
}
