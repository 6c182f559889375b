import Alerting

/// What `[heartbeat]` says.
package struct HeartbeatSection: Hashable, Sendable {
    package var url: SecretSource
    /// Between two pings, 1 s to 1 d.
    package var every: Duration
    /// Whether `http://` may lead to another machine.
    package var allowsPlainHTTP = false
    /// Where it is named, for messages.
    package var place: FilePlace
}

extension ConfigurationDecoder {
    /// Nil where there is none, or no URL that can be used.
    func heartbeat(_ table: ConfigurationTable?) -> HeartbeatSection? {
        var reader = TableReader(table, path: "heartbeat", report: report)
        let allowsPlainHTTP = reader.boolean("allow_plain_http")?.value ?? false
        let url = url(&reader, allowsPlainHTTP: allowsPlainHTTP)
        let every = reader.duration("every", like: "5m", in: .seconds(1)...(.days(1)))
        reader.finish()
        guard let table, let url else { return nil }
        return HeartbeatSection(
            url: url,
            every: every?.value ?? .minutes(5),
            allowsPlainHTTP: allowsPlainHTTP,
            place: table.place
        )
    }
}
