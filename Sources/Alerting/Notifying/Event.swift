/// One line of the record: an alert's transition, or a change.
package struct Event: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case condition(Condition)
        case change(Change)
        case test

        /// The kind's word in JSON.
        package var name: String {
            switch self {
            case .condition(let condition): condition.rawValue
            case .change(let change): change.rawValue
            case .test: "test"
            }
        }
    }

    package enum Phase: String, Hashable, Sendable, CaseIterable {
        case raised
        case escalated
        case reminded
        case acknowledged
        case unacknowledged
        case resolved
        case changed
    }

    package enum Subject: Hashable, Sendable {
        case token(TokenCard)
        /// `host` or `host:port`.
        case host(String)
        case daemon

        package var token: TokenCard? {
            if case .token(let card) = self { card } else { nil }
        }

        package var host: String? {
            if case .host(let host) = self { host } else { nil }
        }

        package var kind: String {
            switch self {
            case .token: "token"
            case .host: "host"
            case .daemon: "daemon"
            }
        }
    }

    package var id: EventID
    package var at: Instant
    package var subject: Subject
    package var kind: Kind
    package var phase: Phase
    package var severity: Severity
    /// One line for a person.
    package var summary: String
    /// The id of the event that raised the alert; nil for changes.
    package var alertID: EventID?
    /// The time since which the alert is active; nil for changes.
    package var since: Instant?
    package var nextReminderAt: Instant?
    package var acknowledgedBy: String?
    /// The reason of the acknowledgement.
    package var reason: String?
    package var details: [Detail]
    /// The names of the channels it goes to.
    package var channels: [String]
    /// Whether it is for a channel new to the alert; dropped if another one is pending.
    package var isIntroduction = false

    package init(
        id: EventID,
        at: Instant,
        subject: Subject,
        kind: Kind,
        phase: Phase,
        severity: Severity,
        summary: String,
        alertID: EventID? = nil,
        since: Instant? = nil,
        nextReminderAt: Instant? = nil,
        acknowledgedBy: String? = nil,
        reason: String? = nil,
        details: [Detail] = [],
        channels: [String] = []
    ) {
        self.id = id
        self.at = at
        self.subject = subject
        self.kind = kind
        self.phase = phase
        self.severity = severity
        self.summary = summary
        self.alertID = alertID
        self.since = since
        self.nextReminderAt = nextReminderAt
        self.acknowledgedBy = acknowledgedBy
        self.reason = reason
        self.details = details
        self.channels = channels
    }
}

/// The common facts of every event about its token.
package struct TokenCard: Hashable, Sendable {
    package var id: TokenID
    package var name: String?
    package var provider: String
    package var account: String?
    package var holder: AccountHolder?
    package var owner: String?
    package var renewURL: String?
    package var note: String?

    package init(
        id: TokenID,
        name: String?,
        provider: String,
        account: String?,
        holder: AccountHolder? = nil,
        owner: String?,
        renewURL: String?,
        note: String?
    ) {
        self.id = id
        self.name = name
        self.provider = provider
        self.account = account
        self.holder = holder
        self.owner = owner
        self.renewURL = renewURL
        self.note = note
    }
}

/// One figure of an event's `details`.
package struct Detail: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case text(String)
        case instant(Instant)
        case integer(Int64)
        case texts([String])
        case null
    }

    package let key: String
    package let value: Value

    package init(_ key: String, _ value: Value) {
        self.key = key
        self.value = value
    }

    /// As many permissions under `key` as an event has room for, and the number of all.
    static func permissions(_ key: String, _ words: [String]) -> [Detail] {
        [Detail(key, .texts(words.forEvent)), Detail(key + "_count", .integer(Int64(words.count)))]
    }

    package init(_ key: String, _ text: String?) {
        self.init(key, text.map(Value.text) ?? .null)
    }

    package init(_ key: String, _ instant: Instant?) {
        self.init(key, instant.map(Value.instant) ?? .null)
    }
}
