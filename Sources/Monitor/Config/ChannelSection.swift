import Alerting
import Formats

extension ConfigurationDecoder {
    /// The channels, in the order written, or the default one.
    func channels(_ table: ConfigurationTable?) -> [ChannelSettings] {
        guard let table, !table.entries.isEmpty else {
            return [context.usualChannel.settings]
        }
        return table.entries.compactMap { entry in
            guard let name = report.name(entry, of: "a channel"),
                let channel = report.table(entry, in: "channels")
            else { return nil }
            return self.channel(name.text, channel)
        }
    }

    /// The names that a policy may use, including channels with errors.
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
        reader.require("type", "it must be one of \(types)")
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
        let kind: ChannelSettings.Kind? =
            switch type {
            case .syslog: syslog(&reader)
            case .journal:
                .journal(socket: reader.path("socket")?.value ?? "/run/systemd/journal/socket")
            case .webhook: webhook(&reader)
            case .command: command(&reader)
            case .stderr: .stderr(reader.word("format", as: StderrFormat.self)?.value ?? .text)
            case .mail: mail(&reader)
            }
        return (kind, commonKeys(&reader))
    }

    private func syslog(_ reader: inout TableReader) -> ChannelSettings.Kind {
        let socket = reader.path("socket")
        let facility = reader.word("facility", as: SyslogFacility.self)
        return .syslog(
            socket: socket?.value ?? "/dev/log",
            facility: facility?.value ?? .daemon
        )
    }

    private func command(_ reader: inout TableReader) -> ChannelSettings.Kind? {
        let allowed = "an array of strings such as [\"/usr/local/bin/page\", \"--now\"]"
        let argv = reader.strings("argv", allowed: allowed)
        let timeout = reader.duration("timeout", like: "30s", in: .seconds(1)...(.minutes(10)))
        guard let argv else {
            reader.require("argv", "it must be \(allowed)")
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

/// The types of channels.
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

extension ChannelType {
    /// The probable name for an unknown type.
    static func hint(_ value: ConfigurationTable.Value?) -> String? {
        guard case .leaf(.string(let text), _)? = value else { return nil }
        let word = text.lowercased()
        if KnownFormat.builtin.contains(where: { $0.name == word }) {
            return "; for that: type = \"webhook\", format = \"\(word)\""
        }
        if ["email", "mail", "smtp", "sendmail"].contains(word) {
            return "; for mail: type = \"mail\""
        }
        if let other = ["exec": "command", "stdout": "stderr", "console": "stderr"][word] {
            return "; for that: type = \"\(other)\""
        }
        return nearest(to: value)
    }
}
