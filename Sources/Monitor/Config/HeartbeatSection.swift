import Alerting

/// The settings of `[heartbeat]`.
package struct HeartbeatSection: Hashable, Sendable {
    package var url: SecretSource
    /// The time between two pings, 1 s to 1 d.
    package var every: Duration
    /// Whether `http://` to another machine is allowed.
    package var allowsPlainHTTP = false
    /// The place of the section, for messages.
    package var place: FilePlace
}

extension ConfigurationDecoder {
    /// Reads the heartbeat; nil if there is none, or no usable URL.
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
