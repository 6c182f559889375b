import Testing

@testable import Alerting

/// At most five notifications a day of what alternates, per token and kind.
@Suite
struct DampingTests {
    private static let broken = Observation.Answer.malformed("no JSON")
    private static let refusal = Observation.Answer.rejected("status 401")

    /// What one kind of values does, by turns.
    struct Alternation: Sendable, CustomStringConvertible {
        let description: String
        var policy = Policy.heard
        let answers: [Observation.Answer]
    }

    static let alternations = [
        Alternation(
            description: "permissions",
            policy: Policy(
                require: PermissionSet(["dns:*"]),
                allow: PermissionSet(["dns:*"]),
                channels: Policy.heard.channels
            ),
            answers: [.ok(.holding("dns:list", "a:b")), .ok(.holding("dns:*"))]
        ),
        Alternation(
            description: "expiry far and near",
            answers: [.ok(.expiring(start + .days(300))), .ok(.expiring(start + .days(32)))]
        ),
        Alternation(
            description: "expiry of three stages",
            answers: [20, 10, 100, 5].map { .ok(.expiring(start + .days(10 + $0))) }
        ),
        Alternation(
            description: "expiry past and to come",
            answers: [.ok(.expiring(start - .days(1))), .ok(.expiring(start + .days(20)))]
        ),
        Alternation(
            description: "an expiry or none",
            policy: Policy(mustExpire: true, channels: Policy.heard.channels),
            answers: [.ok(Facts(expiry: .never)), .ok(.expiring(start + .days(300)))]
        ),
        Alternation(
            description: "account and name",
            answers: ["a", "b"].map { .ok(Facts(name: $0, account: $0, expiry: .never)) }
        ),
        Alternation(
            description: "rejection",
            answers: [.ok(.holding("a:b")), refusal, refusal]
        ),
        Alternation(
            description: "malformed answers",
            answers: [.ok(.holding("a:b")), broken, broken]
        ),
        Alternation(
            description: "reachability",
            policy: Policy(unreachableAfter: .seconds(1), channels: Policy.heard.channels),
            answers: [.ok(.holding("a:b")), silences[0], silences[1]]
        ),
    ]

    /// When the alternation ends.
    private static let end = start + .days(14)

    /// Polls every so often, two weeks at most, and between the polls whatever time alone brings about.
    private static func live(
        _ alternation: Alternation,
        every pause: Duration,
        confirmAfter: Duration
    ) -> (watched: Watched, events: [Event]) {
        var watched = Watched(
            alternation.policy.withoutReminders,
            account: alternation.description == "account and name" ? "a" : nil,
            confirmAfter: confirmAfter
        )
        var events: [Event] = []
        var now = start
        var turn = 0
        while now < min(end, start + pause * 2500) {
            let answer = alternation.answers[turn % alternation.answers.count]
            events += watched.answer(answer, at: now)
            turn += 1
            let next = now + pause
            while let wake = watched.state.nextWake(for: watched.settings, after: now), wake <= next
            {
                events += watched.pass(to: wake)
                now = wake
            }
            now = next
        }
        return (watched, events)
    }

    @Test(arguments: alternations, [Duration.minutes(2), .minutes(10), .hours(1)])
    func `no more than five notifications of a kind lie within any day`(
        alternation: Alternation,
        pause: Duration
    ) {
        for confirmAfter: Duration in [.zero, .seconds(30)] {
            let (watched, events) = Self.live(alternation, every: pause, confirmAfter: confirmAfter)
            let sent = events.filter { !$0.channels.isEmpty }
            #expect(events.count > sent.count || !watched.state.swings.isEmpty)
            for (kind, told) in Dictionary(grouping: sent, by: \.kind) {
                // Stages that time alone crosses come on top.
                let turns = told.filter { $0.phase != .escalated }
                for list in [turns, told.filter { $0.phase == .escalated }] {
                    for (index, event) in list.enumerated().dropFirst(Damping.mostPerDay) {
                        let sixth = list[index - Damping.mostPerDay]
                        #expect(event.at - sixth.at >= Damping.window, "\(kind.name), \(event.at)")
                    }
                }
                #expect(told.count > 5, "\(kind.name) is notified on other days too")
                if told.prefix(5).allSatisfy({ $0.at < start + .days(1) }) {
                    #expect(told[4].summary.contains("; unstable: "), "\(told[4].summary)")
                    guard case .instant(let until)? = told[4]["unstable_until"] else {
                        Issue.record("\(kind.name): no unstable_until")
                        continue
                    }
                    #expect(until > told[4].at && until <= told[0].at + .days(2))
                }
            }
            // Everything is in the record, and bounded in memory.
            #expect(watched.state.swings.count <= 5 * Dictionary(grouping: sent, by: \.kind).count)
        }
    }

    @Test(arguments: alternations)
    func `who was told that it began is told that it ended, once it stays away`(
        alternation: Alternation
    ) {
        var (watched, events) = Self.live(alternation, every: .minutes(10), confirmAfter: .zero)
        let good = alternation.description.contains("expiry") ? 300 : 400
        let answer = Observation.Answer.ok(
            Facts(
                name: "a",
                account: "a",
                permissions: PermissionSet(["dns:*"]),
                expiry: .at(start + .days(Int64(good)))
            )
        )
        for hour in 0..<50 {
            events += watched.answer(answer, at: Self.end + .hours(Int64(hour)))
        }
        #expect(watched.state.alerts.isEmpty, "\(watched.state.alerts.map(\.condition))")
        var open: Set<Condition> = []
        for event in events where !event.channels.isEmpty {
            guard case .condition(let condition) = event.kind else { continue }
            switch event.phase {
            case .raised:
                // An expiry that has come takes the place of its warnings, unsaid.
                if condition == .expired { open.remove(.expiring) }
                open.insert(condition)
            // What another alert stood for is reminded of when it is told first.
            case .reminded: open.insert(condition)
            case .resolved: #expect(open.remove(condition) != nil, "\(event.summary)")
            default: #expect(open.contains(condition), "\(event.summary)")
            }
        }
        #expect(open.isEmpty, "\(open)")
    }

    @Test func `the fifth change says until when more is only recorded, to the millisecond`() {
        var watched = Watched(.heard)
        var sent: [[Event]] = []
        for minute in 0..<9 {
            let words = minute.isMultiple(of: 2) ? "a:b" : "a:*"
            sent.append(watched.tell(.holding(words), at: start + .minutes(Int64(minute))))
        }
        #expect(sent[0].isEmpty)
        #expect(sent[1...].map(\.count) == Array(repeating: 1, count: 8))
        #expect(sent[1...5].allSatisfy { $0[0].channels == ["ops"] })
        #expect(sent[6...].allSatisfy { $0[0].channels.isEmpty })
        #expect(sent[1...4].allSatisfy { !$0[0].summary.contains("unstable") })
        #expect(
            sent[5][0].summary.hasSuffix(
                "; unstable: changed 5 times within a day; until 2026-06-02 00:01 UTC "
                    + "(in 23 h 56 min) further changes are only recorded"
            ),
            "\(sent[5][0].summary)"
        )
        let free = start + .minutes(1) + .days(1)
        #expect(sent[5][0]["unstable_until"] == .instant(free))
        var early = watched
        #expect(early.tell(.holding("a:*"), at: free - .milliseconds(1)).map(\.channels) == [[]])
        #expect(watched.tell(.holding("a:*"), at: free).map(\.channels) == [["ops"]])
    }

    @Test func `each kind of a token has its own five`() {
        var watched = Watched(.heard)
        for minute in 0..<8 {
            let words = minute.isMultiple(of: 2) ? "a:b" : "a:*"
            _ = watched.tell(.holding(words), at: start + .minutes(Int64(minute)))
        }
        var facts = Facts.holding("a:*")
        facts.expiry = .at(start + .days(90))
        let events = watched.tell(facts, at: start + .hours(1))
        #expect(events.lines == ["expiry_changed changed warning"])
        #expect(events[0].channels == ["ops"])
    }

    /// Rejected for the third time within a day, and well again.
    private static func unstable() -> (watched: Watched, events: [Event]) {
        var watched = Watched(.heard)
        var events: [Event] = []
        for hour in 0..<3 {
            events += watched.tell(.holding("a:b"), at: start + .hours(Int64(hour)))
            events += watched.answer(refusal, at: start + .hours(Int64(hour)) + .minutes(1))
        }
        events += watched.tell(.holding("a:b"), at: start + .hours(3))
        return (watched, events)
    }

    @Test func `what comes a third time is told, and is not told to end before a day has passed`() {
        var (watched, events) = Self.unstable()
        #expect(
            events.map(\.phase) == [.raised, .resolved, .raised, .resolved, .raised]
        )
        #expect(events[4].summary.contains("; unstable: raised repeatedly within a day"))
        #expect(events[..<4].allSatisfy { !$0.summary.contains("unstable") })
        let end = start + .hours(1) + .days(1)
        #expect(events[4]["unstable_until"] == .instant(end))
        // Status does not show what is clear.
        #expect(watched.state.shownAlerts.isEmpty && watched.state.alerts.count == 1)
        #expect(watched.state.nextWake(for: watched.settings, after: start + .hours(3)) == end)
        #expect(watched.tell(.holding("a:b"), at: end - .milliseconds(1)).isEmpty)
        let told = watched.pass(to: end)
        #expect(told.lines == ["rejected resolved critical"])
        #expect(told[0].channels == ["ops"])
        #expect(told[0].summary.contains("clear since 2026-06-01 03:00 UTC"), "\(told[0].summary)")
    }

    @Test func `what is back before its end was told is the same alert, and holds at once`() {
        var (watched, _) = Self.unstable()
        let id = watched.state.alert(.rejected)?.id
        #expect(watched.answer(Self.refusal, at: start + .hours(4)).isEmpty)
        #expect(watched.state.alert(.rejected)?.id == id)
        #expect(watched.state.shownAlerts.map(\.condition) == [.rejected])
        // Its end is told in its turn, whenever it is over.
        #expect(watched.pass(to: start + .days(1) + .hours(2)).isEmpty)
        let end = watched.tell(.holding("a:b"), at: start + .days(1) + .hours(3))
        #expect(end.lines == ["rejected resolved critical"])
    }

    @Test func `a new secret, and a new configuration, end it for good`() {
        var (rotated, _) = Self.unstable()
        _ = rotated.answer(Self.refusal, at: start + .hours(4))
        let events = rotated.tell(.holding("a:b"), at: start + .hours(5), secret: 2)
        #expect(events.lines == ["rotated changed info", "rejected resolved critical"])
        var required = Watched(
            Policy(require: PermissionSet(["c:d"]), channels: Policy.heard.channels)
        )
        for hour in 0..<5 {
            let words = hour.isMultiple(of: 2) ? "a:b" : "c:d"
            _ = required.tell(.holding(words), at: start + .hours(Int64(hour)))
        }
        #expect(required.state.alerts.map(\.condition) == [.permissionsMissing])
        let loosened = required.configure(.heard, at: start + .hours(5))
        #expect(loosened.lines == ["permissions_missing resolved critical"])
    }

    @Test func `a new secret that expires soon is notified, though expired came and went before`() {
        var watched = Watched(.heard)
        for hour in 0..<5 {
            let end = hour.isMultiple(of: 2) ? start - .days(1) : start + .days(300)
            _ = watched.tell(.expiring(end), at: start + .hours(Int64(hour)))
        }
        #expect(watched.state.alert(.expired)?.told == ["ops"])
        // The same secret: the alert waits for its end, and stands for the milder one.
        var same = watched
        let silent = same.tell(.expiring(start + .days(10)), at: start + .hours(5))
        #expect(silent.filter { $0.kind.name == "expiring" }.map(\.channels) == [[]])
        let events = watched.tell(.expiring(start + .days(10)), at: start + .hours(5), secret: 2)
        let told = events.filter { !$0.channels.isEmpty }.lines
        #expect(told.contains("expired resolved critical"), "\(events.lines)")
        #expect(told.contains { $0.hasPrefix("expiring raised warning") }, "\(events.lines)")
    }

    @Test func `a configuration neither ends sooner what waits, nor says that it did`() {
        var (watched, _) = Self.unstable()
        #expect(watched.configure(.heard, at: start + .hours(4)).isEmpty)
        #expect(watched.state.shownAlerts.isEmpty)
        let end = start + .hours(1) + .days(1)
        #expect(watched.pass(to: end).lines == ["rejected resolved critical"])
    }

    @Test func `what a person brings about is told each time`() {
        var watched = Watched(.heard)
        for hour in 0..<8 {
            let now = start + .hours(Int64(hour))
            #expect(watched.look(.noSecret("missing"), at: now).count == 1)
            #expect(watched.tell(.holding("a:b"), at: now + .minutes(30)).count == 1)
        }
    }

    @Test func `stages that are crossed within a day are all told, and so is the renewal`() {
        let stages = [12, 8, 6, 4, 3, 2, 1].map { Stage(.before(.hours($0)), text: "\($0)h") }
        var watched = Watched(
            Policy(
                warnBefore: stages,
                criticalBefore: stages[6],
                remindCritical: .never,
                remindWarning: .never,
                channels: Policy.heard.channels
            )
        )
        var events = watched.tell(.expiring(start + .hours(20)), at: start)
        for hour in 1..<20 { events += watched.pass(to: start + .hours(Int64(hour))) }
        events += watched.tell(.expiring(start + .days(40)), at: start + .hours(19))
        #expect(events.map(\.phase).filter { $0 == .escalated }.count == 6)
        #expect(events.last?.phase == .resolved)
    }

    @Test func `an expiry between two stages says when it loosens no more, and ends at once`() {
        var watched = Watched(.heard)
        var sent: [Event] = []
        for minute in 0..<6 {
            let days: Int64 = minute.isMultiple(of: 2) ? 5 : 20
            let now = start + .minutes(Int64(minute))
            sent += watched.tell(.expiring(start + .days(days)), at: now)
                .filter { $0.kind == .condition(.expiring) }
        }
        #expect(sent.map(\.phase) == [.raised, .escalated, .escalated])
        #expect(sent[..<2].allSatisfy { !$0.summary.contains("unstable") })
        let free = start + .days(1)
        #expect(
            sent[2].summary.hasSuffix(
                "; unstable: changed repeatedly within a day; until 2026-06-02 00:00 UTC "
                    + "(in 23 h 56 min) it keeps this severity and stage, unless it resolves"
            ),
            "\(sent[2].summary)"
        )
        #expect(sent[2]["unstable_until"] == .instant(free))
        #expect(watched.state.alert(.expiring)?.stage == "7d")
        var later = watched
        #expect(later.tell(.expiring(start + .days(20)), at: free).isEmpty)
        #expect(later.state.alert(.expiring)?.stage == "30d")
        // Nothing said that the end would wait, so it does not.
        let end = watched.tell(.expiring(start + .days(300)), at: start + .minutes(6))
        #expect(end.filter { $0.phase == .resolved }.map(\.channels) == [["ops"]])
        let back = watched.tell(.expiring(start + .days(5)), at: start + .minutes(7))
            .filter { $0.phase == .raised }
        #expect(back.count == 1)
        #expect(back[0].summary.contains("; unstable: raised repeatedly within a day"))
        #expect(
            watched.tell(.expiring(start + .days(300)), at: start + .minutes(8))
                .allSatisfy { $0.phase != .resolved }
        )
    }

    @Test func `explain says that an end waits, and when it will be told`() {
        let (watched, _) = Self.unstable()
        let explanation = explain(
            watched.state,
            watched.settings,
            plan: PollPlan(stage: .ready),
            at: start + .hours(3)
        )
        let judgement = explanation.judgements.first { $0.condition == .rejected }
        #expect(judgement?.isOpen == false)
        #expect(judgement?.reason.found.contains("its end is sent once it stays clear") == true)
        #expect(explanation.coming.map(\.phase) == [.resolved])
        #expect(explanation.coming.first?.at == start + .hours(1) + .days(1))
    }
}

extension Policy {
    /// The same, and nothing is said again.
    fileprivate var withoutReminders: Policy {
        Policy(
            warnBefore: warnBefore,
            criticalBefore: criticalBefore,
            remindCritical: .never,
            remindWarning: .never,
            remindInfo: .never,
            unreachableAfter: unreachableAfter,
            unreachableCriticalAfter: unreachableCriticalAfter,
            mustExpire: mustExpire,
            require: require,
            allow: allow,
            channels: channels
        )
    }
}
