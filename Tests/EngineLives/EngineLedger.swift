import Alerting

/// The disk after an engine's commits.
struct Disk {
    private(set) var states: [TokenID: TokenState] = [:]
    private(set) var subjects: [AlertSubject: [Alert]] = [:]
    private(set) var channels: [String: ChannelMark] = [:]
    private(set) var mutes: [Mute.Scope: Mute] = [:]
    private(set) var events: [Event] = []

    mutating func write(_ commit: Commit) {
        for id in commit.forgotten { states[id] = nil }
        for change in commit.states { states[change.id] = change.new }
        for change in commit.subjects {
            var alerts = subjects[change.subject] ?? []
            let held = Set(change.holds.map(\.condition))
            alerts.removeAll { held.contains($0.condition) || change.ended.contains($0.condition) }
            alerts += change.holds
            subjects[change.subject] = alerts.isEmpty ? nil : alerts
        }
        for (name, mark) in commit.channels { channels[name] = mark }
        for (scope, mute) in commit.mutes { mutes[scope] = mute }
        events += commit.events
    }

    /// What a start reads: some of an alert is not stored.
    var storedRun: StoredRun {
        let tokens = states.mapValues { state in
            var state = state
            for index in state.alerts.indices { state.alerts[index].isCovered = false }
            return state
        }
        return StoredRun(
            tokens: tokens,
            subjects: subjects,
            channels: channels,
            mutes: Array(mutes.values),
            newestInstant: (states.values.map(\.lastPollAt) + [events.last?.at])
                .compactMap(\.self).max(),
            dispute: dispute
        )
    }

    /// The last report of a wrong clock.
    private var dispute: ClockWatch.Dispute? {
        guard subjects[.daemon]?.contains(where: { $0.condition == .clockWrong }) == true
        else { return nil }
        var (hosts, belief) = ([String](), ClockWatch.Belief.local)
        let phases: Set<Event.Phase> = [.raised, .escalated, .reminded]
        let last = events.last {
            $0.kind == .condition(.clockWrong) && phases.contains($0.phase)
        }
        for detail in last?.details ?? [] {
            if case .texts(let names) = detail.value { hosts = names }
            if detail.key == "believed", case .text(let word) = detail.value {
                belief = ClockWatch.Belief(rawValue: word) ?? .local
            }
        }
        return ClockWatch.Dispute(hosts: hosts, belief: belief)
    }

    var alerts: [Alert] { states.values.flatMap(\.alerts) + subjects.values.flatMap(\.self) }
}

/// What the record may say, by what was answered and recorded before.
struct Ledger {
    /// What providers were seen to answer about a token.
    private struct Evidence {
        var rejected = 0
        var malformed = 0
        var failed = 0
        var expiries: [Instant] = []
        var permissions: Set<[String]> = []
    }

    private var evidence: [TokenID: Evidence] = [:]
    private var lastID: EventID?
    private var open: [EventID: (subject: String, condition: String)] = [:]
    /// Alerts whose place `expired` took: no end of theirs is recorded.
    private var replaced: [EventID: (subject: String, condition: String)] = [:]
    private var sent: [String: [Moment]] = [:]
    /// How far the machine's clock was ever ahead.
    var longestLead = Duration.zero
    /// The most notifications of one kind that one subject gave within a day.
    private(set) var mostInADay = 0

    /// No kind of alert of one subject gives more notifications within a day: five of a value that
    /// alternates, their ends, and what reminds or escalates.
    static let mostOfAKindInADay = 16

    mutating func note(_ answer: Observation.Answer, of id: TokenID) {
        switch answer {
        case .ok(let facts):
            if case .at(let instant) = facts.expiry, evidence[id]?.expiries.last != instant {
                evidence[id, default: Evidence()].expiries.append(instant)
            }
            evidence[id, default: Evidence()].permissions.insert(facts.permissions?.words ?? [])
        case .rejected: evidence[id, default: Evidence()].rejected += 1
        case .malformed: evidence[id, default: Evidence()].malformed += 1
        case .unreachable, .serverError, .rateLimited:
            evidence[id, default: Evidence()].failed += 1
        }
    }

    /// What is wrong with an event that was committed; nil where nothing is.
    mutating func fault(
        _ event: Event,
        at moment: Moment,
        slack: Duration,
        truth: Instant
    ) -> String? {
        defer { lastID = event.id }
        if let lastID, event.id <= lastID { return "\(event.id) after \(lastID)" }
        let subject = event.subject.name
        if !event.channels.isEmpty {
            let day =
                sent["\(subject) \(event.kind.name)", default: []]
                .filter { moment - $0 < .days(1) } + [moment]
            sent["\(subject) \(event.kind.name)"] = day
            mostInADay = max(mostInADay, day.count)
            if day.count > Self.mostOfAKindInADay {
                return "\(day.count) notifications of \(subject) \(event.kind.name) in a day"
            }
        }
        guard case .condition(let condition) = event.kind, !event.isIntroduction else { return nil }
        let what = "\(event.phase) \(subject) \(condition)"
        guard event.phase == .raised else {
            guard let alert = event.alertID, let raised = open[alert] ?? replaced[alert] else {
                return "\(what), and nothing was raised"
            }
            if raised != (subject, condition.rawValue) { return "\(what) of another alert" }
            if event.phase == .resolved {
                open[alert] = nil
                replaced[alert] = nil
            }
            return nil
        }
        if event.alertID != event.id { return "\(what) with the id of another" }
        if open.values.contains(where: { $0 == (subject, condition.rawValue) }) {
            return "\(what) while it holds"
        }
        open[event.id] = (subject, condition.rawValue)
        if condition == .expired {
            for (id, alert) in open
            where alert.subject == subject && ["expiring", "rejected"].contains(alert.condition) {
                open[id] = nil
                replaced[id] = alert
            }
        }
        guard case .token(let card) = event.subject else { return nil }
        let seen = evidence[card.id] ?? Evidence()
        let isProved =
            switch condition {
            case .rejected: seen.rejected > 0
            case .malformed: seen.malformed > 0
            case .unreachable: seen.failed > 1
            case .expired: seen.expiries.contains { $0 <= truth + slack }
            case .expiring: seen.expiries.contains { $0 <= truth + slack + .days(30) }
            case .permissionsMissing:
                seen.permissions.contains {
                    !PermissionSet($0).covers("dns:list", syntax: .resourceAction)
                }
            case .permissionsExcess: seen.permissions.contains { $0.contains("servers:*") }
            default: false
            }
        return isProved ? nil : "\(what) without evidence at \(truth.rfc3339)"
    }

    /// What is wrong with the alerts on the disk, by the record; nil where nothing is.
    mutating func fault(of disk: Disk) -> String? {
        let held = Set(disk.alerts.map(\.id))
        // What began while `expired` was active, under a clock that was put back, may be replaced too.
        let expired = Set(open.values.filter { $0.condition == "expired" }.map(\.subject))
        for (id, alert) in open
        where !held.contains(id) && expired.contains(alert.subject)
            && ["expiring", "rejected"].contains(alert.condition)
        {
            open[id] = nil
            replaced[id] = alert
        }
        if let lost = open.first(where: { !held.contains($0.key) }) {
            return "\(lost.value) was raised, has not ended, and does not hold"
        }
        let silent = disk.alerts.first { alert in
            open[alert.id] == nil && replaced[alert.id] == nil && !alert.isUnconfirmed
                && !alert.isCovered
        }
        return silent.map { "\($0.condition) holds and is not in the record" }
    }
}

extension Event.Subject {
    fileprivate var name: String {
        switch self {
        case .token(let card): card.id.text
        case .host(let host): host
        case .daemon: "daemon"
        }
    }
}
