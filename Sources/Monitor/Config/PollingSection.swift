import Alerting

extension ConfigurationDecoder {
    func polling(_ table: ConfigurationTable?) -> PollingSettings {
        var reader = TableReader(table, path: "polling", report: report)
        var settings = PollingSettings()
        let interval = reader.duration("interval", like: "1h", in: .seconds(1)...(.days(30)))
        settings.interval = interval?.value ?? settings.interval
        let timeout = reader.duration("timeout", like: "15s", in: .seconds(1)...(.minutes(5)))
        settings.timeout = timeout?.value ?? settings.timeout
        // `OpenFiles` lowers this value to fit the limit of open files.
        let concurrency = reader.integer("concurrency", in: 1...512)
        settings.concurrency = (concurrency?.value).map { Int($0) } ?? settings.concurrency
        let perHost = reader.integer("per_host", in: 1...512)
        settings.perHost = (perHost?.value).map { Int($0) } ?? settings.perHost
        let proxyRule =
            "an http:// or https:// URL without a user, such as "
            + "\"http://proxy.example:3128\""
        settings.proxy =
            reader.parsed(
                "proxy",
                allowed: proxyRule,
                pattern: "^https?://",
                isSecret: true
            ) { text in
                ["http://", "https://"].contains { text.hasPrefix($0) && text.count > $0.count }
                    && !text.contains("@") && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
                    ? text : nil
            }?.value
        let caFile = reader.path("ca_file")
        settings.caFile = caFile?.value
        settings.caFilePlace = caFile?.place
        reader.finish()
        return settings
    }

    func history(_ table: ConfigurationTable?) -> Duration {
        var reader = TableReader(table, path: "history", report: report)
        let keep = reader.duration("keep", like: "400d", in: .hours(1)...(.days(36_500)))
        reader.finish()
        return keep?.value ?? .days(400)
    }
}
