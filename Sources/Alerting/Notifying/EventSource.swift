/// The common parts of all events of one evaluation.
package struct EventSource: Sendable {
    package let subject: Event.Subject
    /// The subject's name at the beginning of a summary.
    package let label: String
    /// The subject's recipients, and how often they are notified.
    package let policy: Policy
    package let now: Instant
    /// The details that identify the subject among others of its kind, in each of its events.
    var identity: [Detail] = []

    /// Returns the details with those that every event of the subject has.
    package func identified(_ details: [Detail]) -> [Detail] {
        details + identity.filter { own in !details.contains { $0.key == own.key } }
    }
}

extension EventSource {
    /// Creates the source of a token; `known` are the facts of its last good answer.
    package init(_ settings: TokenSettings, known: Facts?, now: Instant) {
        self.init(
            subject: .token(
                TokenCard(
                    id: settings.id,
                    name: known?.name,
                    provider: settings.provider,
                    account: known?.account,
                    holder: known?.holder,
                    owner: settings.owner,
                    renewURL: settings.renewURL,
                    note: settings.note
                )
            ),
            label: settings.id.text,
            policy: settings.policy,
            now: now
        )
    }
}
