/// An active alert.
package struct Alert: Hashable, Sendable {
    package var condition: Condition
    /// The id of the event that raised it.
    package var id: EventID
    package var severity: Severity
    package var since: Instant
    /// The reached stage, as the operator wrote it; nil if the condition has none.
    package var stage: String?
    /// The time before the expiry at which that stage begins.
    package var stageBefore: Duration?
    /// Reminders sent since it was raised or escalated.
    package var reminders: Int
    package var nextReminderAt: Instant?
    /// The acknowledgement; nil if the alert is not acknowledged.
    package var acknowledgement: Acknowledgement?
    /// The channels that were notified of it, and are notified of its end.
    package var told: [String]
    /// Whether its host's alert stood for it when it was due.
    ///
    /// Not stored: after a restart, an alert without notifications counts as covered.
    package var isCovered = false
    /// The time since which its condition is clear, while the daemon waits for it to stay clear.
    package var clearSince: Instant?
    /// Whether only one answer shows it, contrary to the last good one: shown, not notified yet.
    ///
    /// Not stored: the doubt is stored with the state.
    package var isUnconfirmed = false

    package init(
        condition: Condition,
        id: EventID,
        severity: Severity,
        since: Instant,
        stage: String? = nil,
        stageBefore: Duration? = nil,
        reminders: Int = 0,
        nextReminderAt: Instant? = nil,
        acknowledgement: Acknowledgement? = nil,
        told: [String] = []
    ) {
        self.condition = condition
        self.id = id
        self.severity = severity
        self.since = since
        self.stage = stage
        self.stageBefore = stageBefore
        self.reminders = reminders
        self.nextReminderAt = nextReminderAt
        self.acknowledgement = acknowledgement
        self.told = told
    }
}

/// The state of a token, which survives a restart.
///
/// There may be 100,000: small values come after values that do not fill their last word.
package struct TokenState: Hashable, Sendable {
    /// The facts of the last good answer.
    package var known: Facts?
    package var lastOutcome: Outcome?
    /// The first report of the current expiry; without a creation date, the life starts here.
    @Compact package var expirySeenAt: Instant?
    @Compact package var lastPollAt: Instant?
    @Compact package var lastOkAt: Instant?
    /// The time of the last verdict; until the first one, the time of the first failed poll.
    @Compact package var verdictAt: Instant?
    /// The secret of the last good answer.
    package var secret: SecretDigest?
    /// The request settings of the last good answer (URL and profile), as a stable hash.
    package var askedWith: UInt64?
    /// Polls without a verdict since then.
    package var pollsWithoutVerdict: Int
    /// Failed polls in a row; rejections and other failures are counted apart, like their waits.
    package var failures: Int
    /// The last use, and by whom.
    package var use = LastUse()
    /// The active alerts, in no order.
    package var alerts: [Alert]
    /// The rare values; nil if none is set.
    private var seldom: Boxed<Seldom>?

    package init() {
        pollsWithoutVerdict = 0
        failures = 0
        alerts = []
    }

    package func alert(_ condition: Condition) -> Alert? {
        alerts.first { $0.condition == condition }
    }
}

/// The values that are set while something is wrong: 100,000 healthy tokens need no room for them.
extension TokenState {
    fileprivate struct Seldom: Hashable, Sendable {
        var lastError: String?
        var malformed: String?
        var rejectedSince: Instant?
        var rejection: String?
        var secretProblem: String?
        var duplicateOf: TokenID?
        var unconfirmed: Unconfirmed?
        var expiryMoves: Int?
        var swings: [Swing]?
        var restingAcknowledgements: [RestingAcknowledgement]?
        package var listMark: ListMark?
    }

    private var values: Seldom? {
        guard case .value(let values)? = seldom else { return nil }
        return values
    }

    private mutating func set<Value>(
        _ member: WritableKeyPath<Seldom, Value?>,
        to value: Value?
    ) {
        if seldom == nil, value == nil { return }
        var values = values ?? Seldom()
        values[keyPath: member] = value
        seldom = values == Seldom() ? nil : .value(values)
    }

    package var lastError: String? {
        get { values?.lastError }
        set { set(\.lastError, to: newValue) }
    }

    /// The reason why the answer cannot be read, until one can.
    package var malformed: String? {
        get { values?.malformed }
        set { set(\.malformed, to: newValue) }
    }

    /// The first rejection since the last good answer, more than two minutes before the expiry.
    package var rejectedSince: Instant? {
        get { values?.rejectedSince }
        set { set(\.rejectedSince, to: newValue) }
    }

    /// The provider's words for the rejection.
    package var rejection: String? {
        get { values?.rejection }
        set { set(\.rejection, to: newValue) }
    }

    /// The reason why the secret cannot be used; nil if it can.
    package var secretProblem: String? {
        get { values?.secretProblem }
        set { set(\.secretProblem, to: newValue) }
    }

    /// Another entry that holds the same secret.
    package var duplicateOf: TokenID? {
        get { values?.duplicateOf }
        set { set(\.duplicateOf, to: newValue) }
    }

    /// The claims of the last answer against the good one before, until a second poll decides.
    package var unconfirmed: Unconfirmed {
        get { values?.unconfirmed ?? [] }
        set { set(\.unconfirmed, to: newValue.isEmpty ? nil : newValue) }
    }

    /// The number of later moves of the expiry in a row under the current secret.
    ///
    /// It is at most `movesOfRolling`.
    package var expiryMoves: Int {
        get { values?.expiryMoves ?? 0 }
        set { set(\.expiryMoves, to: newValue == 0 ? nil : newValue) }
    }

    /// The alternations of the last day, oldest first.
    package var swings: [Swing] {
        get { values?.swings ?? [] }
        set { set(\.swings, to: newValue.isEmpty ? nil : newValue) }
    }

    /// Acknowledgements of alerts that resolved within the last hour.
    package var restingAcknowledgements: [RestingAcknowledgement] {
        get { values?.restingAcknowledgements ?? [] }
        set { set(\.restingAcknowledgements, to: newValue.isEmpty ? nil : newValue) }
    }

    /// The last whole list of an inventory whose tokens have all joined.
    package var listMark: ListMark? {
        get { values?.listMark }
        set { set(\.listMark, to: newValue) }
    }
}

/// Conditions that one answer shows, contrary to the good answer before it.
package struct Unconfirmed: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let rejected = Unconfirmed(rawValue: 1)
    package static let malformed = Unconfirmed(rawValue: 2)

    package func contains(_ condition: Condition) -> Bool {
        switch condition {
        case .rejected: contains(Unconfirmed.rejected)
        case .malformed: contains(Unconfirmed.malformed)
        default: false
        }
    }
}

extension TokenState {
    /// Whether another poll should confirm the last one soon.
    package var awaitsSecondPoll: Bool {
        switch lastOutcome {
        case .rejected: unconfirmed.contains(Unconfirmed.rejected)
        case .malformed: unconfirmed.contains(Unconfirmed.malformed)
        case .ok, .unreachable, .serverError, .rateLimited, nil: false
        }
    }

    /// Whether more than one answer that contradicts a good one shows that the token is rejected.
    var isKnownRejected: Bool {
        rejectedSince != nil && !unconfirmed.contains(Unconfirmed.rejected)
    }

    /// Whether the provider keeps moving the expiry later while the token is in use.
    package var isRolling: Bool { expiryMoves >= movesOfRolling }
}
