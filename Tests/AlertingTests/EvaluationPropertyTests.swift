import Alerting
import Testing

/// What holds of every token, whatever happens to it.
struct EvaluationPropertyTests {
    @Test(arguments: 1...80 as ClosedRange<UInt64>)
    func `a life at random keeps the promises of alerts`(seed: UInt64) {
        var life = RandomLife(seed: seed)
        for step in 0..<120 {
            if let fault = life.step() ?? life.faultOfExplanation() {
                Issue.record("seed \(seed), step \(step): \(fault)")
                return
            }
        }
    }
}

private struct RandomLife {
    var random: SplitMix64
    var watched: Watched
    var now = start
    var secret: UInt64 = 1
    var facts: Facts
    /// Alerts that are open, as the events tell.
    var open: [Condition: EventID] = [:]
    var told: [EventID: Set<String>] = [:]

    init(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let parts = [
            Stage(.partOfLife(thousandths: 300), text: "30%"), Stage(.before(.days(4)), text: "4d"),
        ]
        let reminders: [Reminder] = [.never, .diminishing, .every(.hours(30))]
        watched = Watched(
            Policy(
                warnBefore: Bool.random(using: &random) ? parts : Policy.defaultStages,
                remindCritical: reminders.randomElement(using: &random) ?? .never,
                remindWarning: reminders.randomElement(using: &random) ?? .never,
                mustExpire: Bool.random(using: &random),
                require: PermissionSet(Bool.random(using: &random) ? ["a:x"] : []),
                allow: Bool.random(using: &random) ? PermissionSet(["a:*", "b:x"]) : nil,
                channels: [
                    ChannelRoute(name: "log", minimumSeverity: .info),
                    ChannelRoute(name: "page", minimumSeverity: .critical),
                ]
            ),
            statedExpiry: Int.random(in: 0..<4, using: &random) == 0 ? start + .days(50) : nil,
            account: Bool.random(using: &random) ? "john" : nil,
            confirmAfter: Bool.random(using: &random) ? .zero : .seconds(30)
        )
        facts = Facts(expiry: .at(start + .days(33)))
        self.random = random
    }

    private mutating func chance(_ count: Int) -> Bool {
        Int.random(in: 0..<count, using: &random) == 0
    }

    private mutating func mutateFacts() {
        if chance(4) {
            let expiries: [Expiry] = [
                .never, .notTold, .at(now + .hours(Int64.random(in: -50...2000, using: &random))),
            ]
            facts.expiry = expiries.randomElement(using: &random) ?? .never
        }
        if chance(4) {
            let sets = [["a:x"], ["a:*"], ["b:x", "c:y"], [], ["*:*"]]
            facts.permissions = PermissionSet(sets.randomElement(using: &random) ?? [])
        }
        if chance(8) { facts.account = ["john", "jane"].randomElement(using: &random) }
        if chance(8) { facts.name = ["A", "B"].randomElement(using: &random) }
        if chance(12) { facts.saysExpired.toggle() }
        if chance(12) { secret += 1 }
    }

    private mutating func occasion() -> Occasion {
        let answer: Observation.Answer
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3:
            mutateFacts()
            answer = .ok(facts)
        case 4: answer = .rejected("status 401")
        case 5: answer = .malformed("no JSON")
        case 6...7: answer = .unreachable("no route")
        case 8: answer = .serverError("status 503")
        case 9: return .noSecret("missing")
        case 10: return .configured
        default: return .timePassed
        }
        return .observed(.sample(answer, at: now, secret: secret), askedWith: 1)
    }

    mutating func step() -> String? {
        if let fault = advance() { return fault }
        let occasion = occasion()
        if let fault = check(watched.look(occasion, at: now)) { return "\(occasion): \(fault)" }
        var again: [Occasion] = [.timePassed, .configured]
        if case .observed(let observation, _) = occasion, observation.outcome.isVerdict,
            !watched.state.awaitsSecondPoll
        {
            again.append(occasion)
        }
        for occasion in again {
            var copy = watched
            let events = copy.look(occasion, at: now)
            if !events.isEmpty { return "said again at \(occasion): \(events.lines)" }
        }
        return nil
    }

    /// Lets time pass, as the wakes have it: nothing is said between them.
    private mutating func advance() -> String? {
        let goal = now + .minutes(Int64.random(in: 0...4000, using: &random))
        let foretold = explanation().coming.map { "\($0.at) \($0.line)" }
        // A second poll that fails is foretold then, and none comes here.
        let isForetold = watched.state.pollsWithoutVerdict != 1
        var heard: [String] = []
        for _ in 0..<200 {
            let wake = watched.state.nextWake(for: watched.settings, after: now)
            if let wake, wake <= now { return "wakes at \(wake.rfc3339), not after now" }
            var between = watched
            let limit = min(wake ?? now + .days(9000), goal + .days(1))
            let events = between.pass(to: limit - .milliseconds(1))
            if limit > now, !events.isEmpty { return "says \(events.lines) before its wake" }
            guard let wake, wake <= goal else { break }
            now = wake
            let before = watched.state
            let said = watched.pass(to: now)
            heard += said.map { "\($0.at) \($0.line)" }
            if said.isEmpty, !isShadowed(before, at: wake) { return "wakes for nothing" }
            if let fault = check(said) { return fault }
        }
        guard isForetold else { return nil }
        let count = min(heard.count, foretold.count)
        if heard.prefix(count) != foretold.prefix(count) { return "\(heard), not \(foretold)" }
        if heard.count < foretold.count, foretold[heard.count] < "\(goal)" {
            return "foretold and not said: \(foretold[heard.count])"
        }
        now = goal
        return check(watched.pass(to: now))
    }

    /// Whether a threshold passes of which an alert speaks that is tighter already.
    private func isShadowed(_ state: TokenState, at wake: Instant) -> Bool {
        state.alerts.contains { $0.condition == .expiring || $0.condition == .unreachable }
    }

    private mutating func check(_ events: [Event]) -> String? {
        // What a second poll refutes begins and ends in the record at once.
        let refuted = Set(events.filter { $0.phase == .resolved }.compactMap(\.alertID))
            .intersection(events.filter { $0.phase == .raised }.map(\.id))
        for event in events where event.alertID.map(refuted.contains) == true {
            if !event.channels.isEmpty { return "refuted and told: \(event.line)" }
        }
        let ranks = events.map { event in
            switch event.phase {
            case .changed: 0
            case .resolved: 1
            case .raised where refuted.contains(event.id): 1
            default: 2
            }
        }
        if ranks != ranks.sorted() { return "wrong order: \(events.lines)" }
        if zip(events, events.dropFirst()).contains(where: { $0.id >= $1.id }) {
            return "ids do not ascend"
        }
        for event in events {
            guard case .condition(let condition) = event.kind, let id = event.alertID else {
                continue
            }
            switch event.phase {
            case .raised:
                if open[condition] != nil { return "\(condition) raised twice" }
                open[condition] = id
            case .resolved:
                if open.removeValue(forKey: condition) != id { return "\(condition) not open" }
                if told[id] != Set(event.channels) { return "\(condition): others are told" }
            default:
                if open[condition] != id { return "\(condition) \(event.phase), not open" }
            }
            told[id, default: []].formUnion(event.channels)
            if let due = event.nextReminderAt, due <= event.at { return "reminder in the past" }
        }
        // An expiry that has come takes the place of its warnings and of a rejection, unsaid.
        if watched.state.alert(.expired) != nil {
            for condition in [Condition.expiring, .rejected]
            where watched.state.alert(condition) == nil { open[condition] = nil }
        }
        let held = Dictionary(
            watched.state.alerts.filter { !$0.isUnconfirmed }.map { ($0.condition, $0.id) },
            uniquingKeysWith: { first, _ in first }
        )
        if Set(watched.state.alerts.map(\.condition)).count != watched.state.alerts.count {
            return "\(watched.state.alerts.map(\.condition)) hold"
        }
        if held != open {
            return "\(watched.state.alerts.map(\.condition)) hold, told \(open.keys)"
        }
        return nil
    }

    private func explanation() -> Explanation {
        explain(
            watched.state,
            watched.settings,
            plan: PollPlan(stage: .scheduled(now + .hours(1))),
            at: now
        )
    }

    /// Holds an explanation against what is judged, now and when it says that this will change.
    func faultOfExplanation() -> String? {
        let explanation = explanation()
        let findings = watched.state.findings(for: watched.settings, at: now)
        let explained = explanation.judgements.compactMap(\.finding)
        if Set(explained) != Set(findings) || explained.count != findings.count {
            return "\(explained.map(\.condition)) explained, \(findings.map(\.condition)) judged"
        }
        let conditions = explanation.judgements.map(\.condition)
        if Set(conditions).count != 14 || conditions.count != 14 {
            return "\(conditions) explained"
        }
        for judgement in explanation.judgements {
            if judgement.reason.rule.isEmpty || judgement.reason.found.isEmpty {
                return "\(judgement.condition) without a reason"
            }
            guard let changesAt = judgement.reason.changesAt else { continue }
            if changesAt <= now { return "\(judgement.condition) changes in the past" }
            func tightness(at instant: Instant) -> [Int64] {
                let finding = watched.state.findings(for: watched.settings, at: instant).first {
                    // An expiry that has come is the tightest stage.
                    $0.condition == judgement.condition
                        || judgement.condition == .expiring && $0.condition == .expired
                }
                guard let finding else { return [0, 0] }
                let stage = finding.stage.map { -$0.before.milliseconds } ?? .max
                return [Int64(finding.severity.rank) + 1, stage]
            }
            if tightness(at: changesAt - .milliseconds(1)) != tightness(at: now) {
                return "\(judgement.condition) changes before \(changesAt)"
            }
            if !tightness(at: now).lexicographicallyPrecedes(tightness(at: changesAt)) {
                return "\(judgement.condition) does not change at \(changesAt)"
            }
        }
        return nil
    }
}
