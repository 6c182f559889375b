extension [Alert] {
    /// Notifies one channel, which is new or has a new address, of the active alerts.
    ///
    /// The channel gets each alert that its severity and the policy route to it, except:
    /// - acknowledged alerts: someone works on them, and the channel is notified when the
    ///   acknowledgement ends or the severity rises;
    /// - alerts that a host's alert covers, or that a second poll has yet to confirm;
    /// - alerts whose condition is clear while the daemon waits for it to stay clear;
    /// - alerts that the channel was notified of already.
    ///
    /// - Parameters:
    ///   - channel: the channel's name.
    ///   - source: the subject of the alerts, and which channels it notifies.
    ///   - finding: describes an alert as of now.
    ///   - ids: for the events.
    /// - Returns: nil if there is nothing to notify of.
    package func introduced(
        to channel: String,
        _ source: EventSource,
        finding: (Alert) -> Finding,
        ids: inout EventIDs
    ) -> AlertChange? {
        guard let route = source.policy.channels.first(where: { $0.name == channel }) else {
            return nil
        }
        var alerts = self
        var author = EventAuthor(source)
        for index in alerts.indices {
            let alert = alerts[index]
            guard route.takes(.condition(alert.condition), alert.severity, of: source.subject),
                !alert.told.contains(channel),
                alert.acknowledgement == nil, !alert.isCovered, !alert.isUnconfirmed,
                alert.clearSince == nil
            else { continue }
            author.writeIntroduction(&alerts[index], finding(alert), to: channel, &ids)
        }
        return author.events.isEmpty ? nil : AlertChange(alerts: alerts, events: author.events)
    }
}
