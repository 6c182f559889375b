/// One event on its way to one channel; kept until it is delivered or dropped.
package struct Delivery: Hashable, Sendable {
    /// The number of the row, ascending in the order of commits.
    package let id: Int64
    package let eventID: EventID
    /// The channel's name.
    package let channel: String
    /// `token:deploy`, `host:admin.vps.org` or `daemon`: order is kept within it.
    package let subject: String
    /// A condition, a change or `test`.
    package let type: String
    package let phase: Event.Phase
    package let severity: Severity
    /// One line for a person.
    package let summary: String
    /// The event's JSON line.
    package let body: String
    package let createdAt: Instant
    /// Attempts that failed so far.
    package let attempts: Int
    package let nextAttemptAt: Instant
    /// The wait when `nextAttemptAt` was set; nil if that is not known.
    package let wait: Duration?
    package let lastError: String?
    /// The time at which it was dropped; nil while it is pending.
    package let givenUpAt: Instant?
    /// Whether it goes before others: it is critical, or older than a critical one of its subject.
    package var isUrgent: Bool
    /// The id of the event that raised its alert; nil for changes.
    package let alertID: EventID?

    package init(
        id: Int64,
        eventID: EventID,
        channel: String,
        subject: String,
        type: String,
        phase: Event.Phase,
        severity: Severity,
        summary: String,
        body: String,
        createdAt: Instant,
        attempts: Int,
        nextAttemptAt: Instant,
        wait: Duration? = nil,
        lastError: String?,
        givenUpAt: Instant?,
        isUrgent: Bool = false,
        alertID: EventID? = nil
    ) {
        self.id = id
        self.eventID = eventID
        self.channel = channel
        self.subject = subject
        self.type = type
        self.phase = phase
        self.severity = severity
        self.summary = summary
        self.body = body
        self.createdAt = createdAt
        self.attempts = attempts
        self.nextAttemptAt = nextAttemptAt
        self.wait = wait
        self.lastError = lastError
        self.givenUpAt = givenUpAt
        self.isUrgent = isUrgent
        self.alertID = alertID
    }
}

/// The result of one attempt to deliver.
package enum DeliveryResult: Hashable, Sendable {
    case delivered
    /// A retry may succeed; `after` is the wait that the receiver requested.
    case retry(error: String, after: Duration?)
    /// A retry would not help.
    case giveUp(error: String)
    /// Some of its recipients have it; a retry is for the others, if it may help.
    case inPart(error: String, retries: Bool)
    /// The receiver does not get events like this: nothing was sent.
    case notWanted

    /// The error; nil if nothing failed.
    package var error: String? {
        switch self {
        case .delivered, .notWanted: nil
        case .retry(let error, _), .giveUp(let error), .inPart(let error, _): error
        }
    }
}
