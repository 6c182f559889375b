import Alerting
import Testing

/// A first bad answer after a good one is shown at once, and notified once a second poll confirms it.
@Suite
struct SecondPollTests {
    private static let wait: Duration = .seconds(30)
    static let bad: [(answer: Observation.Answer, condition: Condition)] = [
        (.rejected("status 401"), .rejected), (.malformed("status 404"), .malformed),
    ]

    private static func seen() -> Watched {
        var watched = Watched(.heard, confirmAfter: wait)
        _ = watched.tell(.holding("a:b"), at: start)
        return watched
    }

    @Test(arguments: bad)
    func `the first bad answer is shown and not told; the second one tells`(
        answer: Observation.Answer,
        condition: Condition
    ) throws {
        var watched = Self.seen()
        let first = start + .hours(1)
        #expect(watched.answer(answer, at: first).isEmpty)
        let shown = try #require(watched.state.shownAlerts.first)
        #expect(shown.condition == condition && shown.isUnconfirmed && shown.since == first)
        #expect(shown.nextReminderAt == nil)
        #expect(watched.state.awaitsSecondPoll)
        let finding = watched.state.findings(for: watched.settings, at: first).first
        #expect(finding?.summary.hasSuffix("; not yet confirmed by a second poll") == true)
        // Neither time nor a restart tells of it.
        #expect(watched.pass(to: first + .days(3)).isEmpty)
        #expect(watched.look(.configured, at: first + .seconds(10)).isEmpty)
        #expect(watched.state.awaitsSecondPoll)
        let events = watched.answer(answer, at: first + Self.wait)
        #expect(events.map { "\($0.kind.name) \($0.phase)" } == ["\(condition.rawValue) raised"])
        let event = try #require(events.first)
        #expect(event.channels == ["ops"])
        #expect(event.alertID == event.id && event.since == first)
        #expect(!event.summary.contains("confirmed"))
        #expect(watched.state.shownAlerts.map(\.isUnconfirmed) == [false])
        #expect(!watched.state.awaitsSecondPoll)
        #expect(watched.answer(answer, at: first + .hours(1)).isEmpty)
        let end = watched.tell(.holding("a:b"), at: first + .hours(2))
        #expect(end.map(\.phase) == [.resolved] && end[0].channels == ["ops"])
    }

    @Test(arguments: bad)
    func `what the second poll refutes is recorded, and told to nobody`(
        answer: Observation.Answer,
        condition: Condition
    ) {
        var watched = Self.seen()
        for hour in 1...20 {
            let first = start + .hours(Int64(hour))
            #expect(watched.answer(answer, at: first).isEmpty)
            let events = watched.tell(.holding("a:b"), at: first + Self.wait)
            #expect(events.map(\.phase) == [.raised, .resolved])
            #expect(events.allSatisfy { $0.channels.isEmpty && $0.since == first })
            #expect(events[0].alertID == events[0].id && events[1].alertID == events[0].id)
            #expect(events[1].summary.hasSuffix("was not confirmed by a second poll"))
            #expect(events[0].summary.hasSuffix("; not yet confirmed by a second poll"))
            #expect(watched.state.alerts.isEmpty && watched.state.unconfirmed.isEmpty)
            #expect(watched.state.swings.isEmpty)
        }
    }

    @Test(arguments: bad)
    func `without a good answer for this secret there is nothing to contradict`(
        answer: Observation.Answer,
        condition: Condition
    ) {
        var fresh = Watched(.heard, confirmAfter: Self.wait)
        #expect(fresh.answer(answer, at: start).map(\.channels) == [["ops"]])
        var rotated = Self.seen()
        #expect(rotated.answer(answer, at: start, secret: 2).map(\.channels) == [["ops"]])
    }

    @Test(arguments: bad)
    func `with no time to wait it is told at once, and so is what waited under another policy`(
        answer: Observation.Answer,
        condition: Condition
    ) {
        var hasty = Watched(.heard)
        _ = hasty.tell(.holding("a:b"), at: start)
        #expect(hasty.answer(answer, at: start).map(\.channels) == [["ops"]])
        var watched = Self.seen()
        _ = watched.answer(answer, at: start)
        watched.settings = .sample(Policy.heard.confirming(after: .zero))
        let events = watched.look(.configured, at: start + .seconds(1))
        #expect(events.map(\.phase) == [.raised] && events[0].channels == ["ops"])
    }

    @Test func `a poll without a verdict decides nothing`() {
        var watched = Self.seen()
        _ = watched.answer(.rejected("status 401"), at: start + .hours(1))
        for (index, silence) in silences.enumerated() {
            let now = start + .hours(1) + .minutes(Int64(index))
            #expect(watched.answer(silence, at: now).isEmpty)
            #expect(watched.state.shownAlerts.map(\.isUnconfirmed) == [true])
            #expect(!watched.state.awaitsSecondPoll, "it is tried again as any failed poll")
        }
        let events = watched.answer(.rejected("status 401"), at: start + .hours(2))
        #expect(events.lines == ["rejected raised critical"])
    }

    @Test func `bad answers of two kinds by turns are told at the second of a kind`() {
        var watched = Self.seen()
        #expect(watched.answer(.rejected("status 401"), at: start + .minutes(1)).isEmpty)
        #expect(watched.answer(.malformed("HTML"), at: start + .minutes(2)).isEmpty)
        #expect(watched.state.shownAlerts.count == 2)
        let third = watched.answer(.rejected("status 401"), at: start + .minutes(3))
        #expect(third.filter { !$0.channels.isEmpty }.lines == ["rejected raised critical"])
        #expect(watched.state.alerts.map(\.condition) == [.rejected])
    }

    @Test func `an expiry that nears is spoken of until the rejection is known`() {
        var watched = Watched(.heard, confirmAfter: Self.wait)
        _ = watched.tell(.expiring(start + .days(10)), at: start)
        _ = watched.answer(.rejected("status 401"), at: start + .hours(1))
        #expect(Set(watched.state.shownAlerts.map(\.condition)) == [.expiring, .rejected])
        _ = watched.answer(.rejected("status 401"), at: start + .hours(2))
        #expect(watched.state.shownAlerts.map(\.condition) == [.rejected])
    }

    @Test func `a refusal in doubt that turns out to be the expiry is no rejection`() {
        var watched = Watched(.heard, confirmAfter: Self.wait)
        let expiry = start + .days(40)
        _ = watched.tell(.expiring(expiry), at: start)
        _ = watched.answer(.rejected("status 401"), at: expiry - .minutes(2) - .milliseconds(1))
        #expect(watched.state.awaitsSecondPoll)
        let events = watched.answer(.rejected("status 401"), at: expiry - .minutes(1))
        #expect(
            events.filter { !$0.channels.isEmpty }.allSatisfy { $0.kind != .condition(.rejected) }
        )
        #expect(!watched.state.awaitsSecondPoll && watched.state.alert(.rejected) == nil)
    }

    @Test func `what is no longer watched was never told, and is not told to end`() {
        var watched = Self.seen()
        _ = watched.answer(.rejected("status 401"), at: start + .hours(1))
        let events = forgotten(
            watched.state,
            watched.settings,
            at: start + .hours(1),
            ids: &watched.ids
        )
        #expect(events.lines == ["forgotten changed info"])
    }
}
