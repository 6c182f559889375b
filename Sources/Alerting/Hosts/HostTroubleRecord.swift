/// The state of one trouble of one host.
struct HostTroubleRecord: Hashable, Sendable {
    enum Stage: Hashable {
        /// No alert.
        case over
        /// The host's alert stands for those of its tokens.
        case holds
        /// The trouble has ended, its alert has not: it came and went too often.
        case settles(until: Moment)
    }

    var stage = Stage.over
    /// When the alert was raised.
    var heldSince = Moment(milliseconds: .min)
    /// When it was raised within the last day, oldest first.
    var raises: [Moment] = []
    var inquiry: HostInquiry?
    var recovery: HostRecovery?
    /// Recovery is not investigated before.
    var nextRecovery = Moment(milliseconds: .min)
    /// When it is investigated without another poll; nil for never.
    var recoveryDue: Moment?
    /// Tokens that show the trouble of the last alert, since no poll of them has ended since.
    var unseen: Set<Int> = []
    /// Whether tokens were left unasked when the alert was raised.
    var isPartial = false

    /// So often within a day it is raised: the last one stays until one of them is a day ago.
    static let mostRaises = 5
    static let window: Duration = .days(1)

    /// When something is decided by what is known then; nil while nothing is open.
    var deadline: Moment? {
        var deadlines: [Moment] = []
        if let inquiry { deadlines.append(inquiry.deadline) }
        if let recovery { deadlines.append(recovery.deadline) }
        if let recoveryDue, recovery == nil { deadlines.append(recoveryDue) }
        if case .settles(let until) = stage, inquiry == nil { deadlines.append(until) }
        return deadlines.min()
    }

    /// How often it was raised within the last day.
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
