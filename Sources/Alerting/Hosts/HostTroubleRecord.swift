/// The state of one trouble of one host.
struct HostTroubleRecord: Hashable, Sendable {
    enum Stage: Hashable {
        /// The host has no alert.
        case over
        /// The host's alert stands for the alerts of its tokens.
        case holds
        /// The trouble has ended but its alert has not: the trouble came and went too often.
        case settles(until: Moment)
    }

    var stage = Stage.over
    /// The time at which the alert was raised.
    var heldSince = Moment(milliseconds: .min)
    /// The times at which it was raised within the last day, oldest first.
    var raises: [Moment] = []
    var inquiry: HostInquiry?
    var recovery: HostRecovery?
    /// The earliest next check of the recovery.
    var nextRecovery = Moment(milliseconds: .min)
    /// The time of a recovery check without another poll; nil for never.
    var recoveryDue: Moment?
    /// Tokens that still show the trouble of the last alert, because none was polled since.
    var unseen: Set<Int> = []
    /// Whether some tokens were not polled when the alert was raised.
    var isPartial = false

    /// The maximum of raises a day; the last alert stays until one of them is a day ago.
    static let mostRaises = 5
    static let window: Duration = .days(1)

    /// The time of a decision by the facts known then; nil if nothing is open.
    var deadline: Moment? {
        var deadlines: [Moment] = []
        if let inquiry { deadlines.append(inquiry.deadline) }
        if let recovery { deadlines.append(recovery.deadline) }
        if let recoveryDue, recovery == nil { deadlines.append(recoveryDue) }
        if case .settles(let until) = stage, inquiry == nil { deadlines.append(until) }
        return deadlines.min()
    }

    /// Returns how often it was raised within the last day.
    func raises(at now: Moment) -> Int { raises.count { now - $0 < Self.window } }

    mutating func raise(at now: Now) {
        defer { stage = .holds }
        guard stage == .over else { return }
        heldSince = now.moment
        raises = raises.filter { now.moment - $0 < Self.window } + [now.moment]
    }

    /// The part that survives a reload; `resume` adds an active alert.
    var afterReload: HostTroubleRecord {
        var record = HostTroubleRecord()
        record.raises = raises
        record.nextRecovery = nextRecovery
        record.heldSince = heldSince
        if case .settles = stage { record.stage = stage }
        return record
    }

    /// Takes over an alert that was raised before.
    mutating func resume(since: Moment) {
        if case .settles = stage { return }
        stage = .holds
        heldSince = max(heldSince, since)
    }
}
