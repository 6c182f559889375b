/// A channel as the core sees it: a name, and the events that it gets.
package struct ChannelRoute: Hashable, Sendable {
    package let name: String
    package let minimumSeverity: Severity
    package let filter: EventFilter

    package init(name: String, minimumSeverity: Severity, filter: EventFilter = .all) {
        self.name = name
        self.minimumSeverity = minimumSeverity
        self.filter = filter
    }

    /// Whether the channel is notified of an event.
    package func takes(
        _ kind: Event.Kind,
        _ severity: Severity,
        of subject: Event.Subject
    ) -> Bool {
        minimumSeverity <= severity && filter.takes(kind, of: subject)
    }
}
