/// One event on its way to one channel.
package struct Delivery: Hashable, Sendable {
    /// Its row in the store; never used twice.
    package let id: Int64
    package let eventID: EventID
    /// The channel's name.
    package let channel: String
    /// What order is kept within: `token:deploy`, `host:admin.vps.org`, `daemon`.
    package let subject: String
    package let type: String
    package let phase: Event.Phase
    package let severity: Severity
    package let summary: String
    /// The event's JSON line.
    package let body: String
    package let createdAt: Instant
    /// How often it was tried and failed.
    package let attempts: Int
    package let nextAttemptAt: Instant
    package let lastError: String?
    /// When it was given up; nil while it waits.
    package let givenUpAt: Instant?

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
        lastError: String?,
        givenUpAt: Instant?
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
        self.lastError = lastError
        self.givenUpAt = givenUpAt
    }
}

/// What a channel says of one attempt.
package enum DeliveryResult: Hashable, Sendable {
    case delivered
    /// To be tried again, after the receiver's own time where it names one.
    case retry(error: String, after: Duration?)
    /// Trying again would not help.
    case giveUp(error: String)
}
