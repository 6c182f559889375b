import Alerting

/// Turns the merged tables into a configuration; each section has its own file.
struct ConfigurationDecoder {
    let report: Report
    let context: ConfigurationContext
    /// The formats that a webhook can name.
    var formats = FormatBook()

    /// Returns the configuration without the parts that have errors, which are reported.
    func decode(
        _ root: ConfigurationTable,
        providers: ProviderTables
    ) -> Configuration {
        var reader = TableReader(root, path: "", report: report)
        let daemon = daemon(reader.table("daemon"))
        let polling = polling(reader.table("polling"))
        let keep = history(reader.table("history"))
        let heartbeat = heartbeat(reader.table("heartbeat"))
        let channelTable = reader.table("channels", member: ".NAME")
        var formats = FormatBook.builtin
        formats.add(reader.table("formats", member: ".NAME"), report: report)
        let channels = ConfigurationDecoder(report: report, context: context, formats: formats)
            .channels(channelTable)
        let names = channelNames(channelTable)
        let routes = channels.map(\.route)
        var policyReader = TableReader(reader.table("policy"), path: "policy", report: report)
        let keys = policyKeys(&policyReader, channels: names)
        policyReader.finish()
        let policy = keys.policy(over: Policy(channels: routes), routes: routes)
        // Another decoder reads and checks these tables file by file.
        _ = reader.any("providers")
        let profiles = providers.profiles(report: report)
        var tokenDecoder = TokenDecoder(
            decoder: self,
            polling: polling,
            policy: policy,
            routes: routes,
            channelNames: names,
            profiles: profiles,
            profileNames: providers.names
        )
        let tokenTable = reader.table("tokens", member: ".ID")
        let inventories = tokenDecoder.inventories(
            reader.table("inventories", member: ".NAME"),
            tokens: tokenTable
        )
        var tokens = tokenDecoder.tokens(tokenTable, root: root) + inventories.tokens
        if !inventories.tokens.isEmpty { tokens.sort { $0.settings.id < $1.settings.id } }
        reader.finish()
        if !report.hasErrors { warnOfSilentChannels(root, channels, tokens) }
        return Configuration(
            daemon: daemon,
            polling: polling,
            historyKeep: keep,
            policy: policy,
            channels: channels,
            formats: formats.own,
            profiles: profiles.own.values.sorted { $0.name < $1.name },
            heartbeat: heartbeat,
            tokens: tokens,
            inventories: inventories.inventories,
            files: report.files,
            warnings: report.sortedWarnings
        )
    }
}
