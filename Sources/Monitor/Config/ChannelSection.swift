import Alerting
import Formats

extension ConfigurationDecoder {
    /// The channels, in the order written, or the default one.
    func channels(_ table: ConfigurationTable?) -> [ChannelSettings] {
        guard let table, !table.entries.isEmpty else {
            return [context.usualChannel.settings]
        }
        return table.entries.compactMap { entry in
            guard TokenID.named(entry.key) != nil else {
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

    /// The names that a policy may use, including those of channels with errors.
    func channelNames(_ table: ConfigurationTable?) -> [String] {
        guard let table, !table.entries.isEmpty else { return [context.usualChannel.rawValue] }
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
        let type = reader.word("type", as: ChannelType.self, hint: ChannelType.hint)
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
        return kind.map { kind in
            ChannelSettings(
                name: name,
                kind: kind,
                minimumSeverity: common.severity ?? type.value.usualSeverity,
                giveUpAfter: common.giveUpAfter ?? .days(3),
                place: table.place,
                filter: common.filter,
                timing: ChannelTiming(
                    groupWait: groupWait(common, kind, "channels.\(name)"),
                    quiet: common.quiet
                )
            )
        }
    }

    private func keys(
        of type: ChannelType,
        _ reader: inout TableReader
    ) -> (ChannelSettings.Kind?, CommonChannelKeys) {
        let kind: ChannelSettings.Kind?
        switch type {
        case .syslog: kind = syslog(&reader)
        case .journal: kind = journal(&reader)
        case .webhook: kind = webhook(&reader)
        case .command: kind = command(&reader)
        case .stderr:
            kind = .stderr(reader.word("format", as: StderrFormat.self)?.value ?? .text)
        case .mail: kind = mail(&reader)
        }
        return (kind, commonKeys(&reader))
    }

    private func syslog(_ reader: inout TableReader) -> ChannelSettings.Kind {
        let socket = reader.path("socket")
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
        if let socket = reader.path("socket") {
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
}

/// The channels that there are.
enum ChannelType: String, CaseIterable {
    case syslog
    case journal
    case webhook
    case command
    case stderr
    case mail

    /// The default of `min_severity`.
    var usualSeverity: Severity {
        switch self {
        case .syslog, .journal, .stderr: .info
        case .webhook, .command, .mail: .warning
        }
    }
}
