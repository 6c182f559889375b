package import Alerting

/// The content of one transaction.
package struct Batch: Sendable {
    /// The time of everything in the batch.
    package var at: Instant
    package var states: [TokenWrite]
    /// The tokens that left the configuration; they are deleted before the states are written.
    ///
    /// Their alerts are deleted with them; their spans and events stay until retention deletes
    /// them.
    package var forgotten: [TokenID]
    package var subjectAlerts: [SubjectAlertChange]
    /// The channels by name; nil for one that left the configuration.
    package var channels: [String: ChannelMark?]
    /// The mutes by scope; nil for one that has ended.
    package var mutes: [Mute.Scope: Mute?]
    /// The events in the order of their ids; each creates a delivery for each of its channels.
    package var events: [Event]

    package init(
        at: Instant,
        states: [TokenWrite] = [],
        forgotten: [TokenID] = [],
        subjectAlerts: [SubjectAlertChange] = [],
        channels: [String: ChannelMark?] = [:],
        mutes: [Mute.Scope: Mute?] = [:],
        events: [Event] = []
    ) {
        self.at = at
        self.states = states
        self.forgotten = forgotten
        self.subjectAlerts = subjectAlerts
        self.channels = channels
        self.mutes = mutes
        self.events = events
    }

    package var isEmpty: Bool {
        states.isEmpty && forgotten.isEmpty && subjectAlerts.isEmpty && channels.isEmpty
            && mutes.isEmpty && events.isEmpty
    }
}

/// One token's new state, and the part of it that is new.
package struct TokenWrite: Sendable {
    package let id: TokenID
    package let state: TokenState
    /// Whether the facts or the outcome differ from those of the last span.
    ///
    /// A token that is new to the store begins a span in any case.
    package let startsSpan: Bool
    /// Whether more differs than the fields that every poll changes.
    let changesRow: Bool
    let changesAlerts: Bool

    /// Determines what is new: `old` is the state as last committed; nil writes everything.
    package init(id: TokenID, from old: TokenState?, to new: TokenState, startsSpan: Bool) {
        self.id = id
        state = new
        self.startsSpan = startsSpan
        guard let old else {
            changesRow = true
            changesAlerts = true
            return
        }
        changesAlerts = old.alerts != new.alerts
        var rest = old
        rest.copyWhatPollsMove(from: new)
        rest.alerts = new.alerts
        changesRow = rest != new
    }
}

extension TokenState {
    /// Copies the fields that an unchanged poll moves, which are those of `Query.updateToken`.
    fileprivate mutating func copyWhatPollsMove(from other: TokenState) {
        known?.lastUsedAt = other.known?.lastUsedAt
        lastPollAt = other.lastPollAt
        lastOkAt = other.lastOkAt
        verdictAt = other.verdictAt
        pollsWithoutVerdict = other.pollsWithoutVerdict
        failures = other.failures
        use.by = other.use.by
        use.elsewhereAt = other.use.elsewhereAt
        use.hiddenAnswers = other.use.hiddenAnswers
        use.lastAnswered = other.use.lastAnswered
        // This field moves if every answer shows its own poll, as with VPS.org.
        use.watchedSince = other.use.watchedSince
    }
}

package enum SubjectAlertChange: Hashable, Sendable {
    /// The alert is active, raised or changed.
    case holds(AlertSubject, Alert)
    case ended(AlertSubject, Condition)
}

/// The stored state of the last run.
package struct StoredState: Sendable {
    package var tokens: [TokenID: TokenState] = [:]
    package var subjectAlerts: [AlertSubject: [Alert]] = [:]
    /// The channels of the last run, by name.
    package var channels: [String: ChannelMark] = [:]
    package var mutes: [Mute] = []
    /// The greatest id of an event; new ones continue after it.
    package var lastEventID: EventID?
    /// The key of the secrets' digests, 32 bytes.
    package var digestKey: [UInt8] = []
    /// The latest stored reading of the clock; nil in a fresh store.
    package var newestInstant: Instant?
    /// The last run's report about a wrong clock, while the alert is active.
    package var clockDispute: ClockWatch.Dispute?
    /// Whether the last run ended cleanly, so that the states include all of its polls.
    package var wasStoppedInOrder = false
    /// The unreadable rows, which are omitted from the rest.
    package var unreadable = UnreadableRows()
    /// The rows of tokens that nothing will overwrite.
    var unusableTokens: [Int64] = []
    var unusableAlerts: [(subject: String, condition: String)] = []
    var unusableMutes: [(kind: String, name: String)] = []
}

/// The key of a subject, within which deliveries keep their order.
package enum SubjectKey {
    package static func of(_ token: TokenID) -> String { "token:" + token.text }

    package static func of(_ subject: AlertSubject) -> String {
        switch subject {
        case .host(let host): "host:" + host
        case .daemon: "daemon"
        case .channel(let name): "channel:" + name
        }
    }

    package static func of(_ subject: Event.Subject) -> String {
        switch subject {
        case .token(let card): of(card.id)
        case .host(let host): of(AlertSubject.host(host))
        case .daemon: of(AlertSubject.daemon)
        }
    }
}
