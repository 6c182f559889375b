import Alerting

extension Configuration {
    /// Returns the dotted names of all keys that a configuration may set, sorted and unique.
    ///
    /// They come from the readers; `NAME` and `ID` are placeholders for the operator's names.
    static func knownKeys() -> [String] { Set(notedKeys().keys ?? []).sorted() }

    /// Returns the keys in a table such as `tokens.ID` and its subtables, without its name.
    static func knownKeys(below table: String) -> [String] {
        knownKeys().filter { $0.hasPrefix(table + ".") }
            .map { String($0.dropFirst(table.utf8.count + 1)) }
    }

    /// Returns a report with the keys of all readers and their possible values.
    static func notedKeys() -> Report {
        let report = Report()
        report.keys = []
        let decoder = ConfigurationDecoder(
            report: report,
            context: ConfigurationContext(environment: [:], hostname: "localhost")
        )
        _ = decoder.daemon(nil)
        _ = decoder.polling(nil)
        _ = decoder.history(nil)
        _ = decoder.heartbeat(nil)
        var policy = TableReader(nil, path: "policy", report: report)
        _ = decoder.policyKeys(&policy, channels: [])
        policy.finish()
        for type in ChannelType.allCases { decoder.noteKeys(of: type) }
        _ = FormatDecoder.format("NAME", nil, report)
        TokenDecoder.noteKeys(decoder)
        report.keys?.append(contentsOf: ProfileDecoder.keys.map { "providers.NAME.\($0)" })
        for table in ["tokens.ID", "inventories.NAME"] {
            report.kinds["\(table).provider"] = .name(BuiltinProviders.names)
        }
        return report
    }
}

extension ChannelType {
    /// The keys of channels of this type, with their possible values.
    func notedKeys() -> (keys: Set<String>, kinds: [String: KeyKind]) {
        let report = Report()
        report.keys = []
        let context = ConfigurationContext(environment: [:], hostname: "localhost")
        ConfigurationDecoder(report: report, context: context).noteKeys(of: self)
        if self == .webhook {
            report.kinds["channels.NAME.format"] = .name(FormatBook.builtin.allNames)
        }
        func key(_ name: String) -> String { String(name.dropFirst("channels.NAME.".count)) }
        let kinds = report.kinds.map { (key($0.key), $0.value) }
        return (Set((report.keys ?? []).map(key)), Dictionary(kinds) { first, _ in first })
    }
}
