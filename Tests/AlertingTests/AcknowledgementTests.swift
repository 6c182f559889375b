import Testing

@testable import Alerting

extension Watched {
    /// Someone acknowledges what is shown; nil where there is nothing to acknowledge.
    fileprivate mutating func acknowledge(
        _ condition: Condition? = nil,
        for length: Duration = .days(30),
        at now: Instant
    ) -> [Event]? {
        let source = EventSource(settings, known: state.known, now: now)
        let word = Acknowledgement(by: "ann", reason: "ordered", until: now + length)
        return take(state.alerts.acknowledged(condition, word, source, ids: &ids))
    }

    fileprivate mutating func unacknowledge(
        _ condition: Condition? = nil,
        at now: Instant
    ) -> [Event]? {
        let source = EventSource(settings, known: state.known, now: now)
        return take(state.alerts.unacknowledged(condition, by: "bob", source, ids: &ids))
    }

    private mutating func take(_ change: AlertChange?) -> [Event]? {
        guard let change else { return nil }
        state.alerts = change.alerts
        return change.events
    }
}

struct AcknowledgementTests {
    private static let policy = Policy(channels: [
        ChannelRoute(name: "log", minimumSeverity: .info)
    ])

    private func rejected() -> Watched {
        var watched = Watched(Self.policy)
        _ = watched.answer(.rejected("status 401"), at: start)
        return watched
    }

    @Test
    func `acknowledging is recorded with who and why, and delivered to no one`() {
        var watched = rejected()
        let events = watched.acknowledge(for: .days(10), at: start + .hours(1)) ?? []
        #expect(events.lines == ["rejected acknowledged critical"])
        #expect(events.first?.channels == [])
        #expect(events.first?.acknowledgedBy == "ann")
        #expect(events.first?.reason == "ordered")
        #expect(events.first?["until"] == .instant(start + .hours(1) + .days(10)))
        #expect(events.first?.alertID == watched.state.alert(.rejected)?.id)
        #expect(events.first?.nextReminderAt == nil)
    }

    @Test
    func `no reminder comes until it ends; its end is delivered, and reminders resume`() {
        var watched = rejected()
        _ = watched.acknowledge(for: .days(10), at: start)
        let until = start + .days(10)
        #expect(watched.state.nextWake(for: watched.settings, after: start) == until)
        for day in 1...9 { #expect(watched.pass(to: start + .days(Int64(day))).isEmpty) }
        #expect(watched.answer(.rejected("status 401"), at: start + .days(9)).isEmpty)
        #expect(watched.pass(to: until - .milliseconds(1)).isEmpty)
        let end = watched.pass(to: until)
        #expect(end.lines == ["rejected unacknowledged critical"])
        #expect(end.first?.channels == ["log"])
        #expect(end.first?.acknowledgedBy == "ann")
        #expect(end.first?.reason == "ordered")
        #expect(end.first?.summary.hasSuffix("; acknowledged by ann until now: ordered") == true)
        #expect(end.first?.nextReminderAt == until + .days(1))
        #expect(watched.pass(to: until).isEmpty)
        #expect(watched.pass(to: until + .days(1)).lines == ["rejected reminded critical"])
    }

    @Test
    func `a stage that tightens within the severity escalates and stays acknowledged`() {
        var watched = Watched(Self.policy)
        let expiry = start + .days(3)
        _ = watched.tell(.expiring(expiry), at: start)
        _ = watched.acknowledge(at: start)
        let events = watched.pass(to: expiry - .days(1))
        #expect(events.lines == ["expiring escalated critical 1d"])
        #expect(events.first?.channels == ["log"])
        #expect(events.first?.nextReminderAt == nil)
        #expect(watched.state.alert(.expiring)?.acknowledgement?.by == "ann")
        #expect(watched.pass(to: expiry - .milliseconds(1)).isEmpty)
    }

    @Test
    func `a severity that rises ends it, which is recorded, and escalates`() {
        var watched = Watched(Self.policy)
        let expiry = start + .days(10)
        _ = watched.tell(.expiring(expiry), at: start)
        _ = watched.acknowledge(at: start)
        #expect(watched.pass(to: expiry - .days(7)).lines == ["expiring escalated warning 7d"])
        let events = watched.pass(to: expiry - .days(3))
        #expect(
            events.lines == ["expiring unacknowledged warning", "expiring escalated critical 3d"]
        )
        #expect(events.map(\.channels) == [[], ["log"]])
        #expect(events.first?.acknowledgedBy == "ann")
        #expect(watched.state.alert(.expiring)?.acknowledgement == nil)
        #expect(watched.state.alert(.expiring)?.nextReminderAt == expiry - .days(2))
    }

    @Test
    func `a severity that falls leaves it standing, without a word`() {
        var watched = Watched(Self.policy)
        _ = watched.tell(.expiring(start + .days(2)), at: start)
        _ = watched.acknowledge(at: start)
        let events = watched.tell(.expiring(start + .days(10)), at: start + .hours(1))
        #expect(events.lines == ["expiry_changed changed info"])
        let alert = watched.state.alert(.expiring)
        #expect(alert?.severity == .warning)
        #expect(alert?.acknowledgement != nil)
        #expect(alert?.nextReminderAt == nil)
    }

    @Test
    func `it goes with its alert: what comes back after more than an hour is not acknowledged`() {
        var watched = rejected()
        _ = watched.acknowledge(at: start)
        let events = watched.tell(Facts(expiry: .never), at: start + .hours(1))
        #expect(events.lines == ["rejected resolved critical"])
        #expect(events.first?.channels == ["log"])
        let back = start + .hours(2) + .milliseconds(1)
        let again = watched.answer(.rejected("status 401"), at: back)
        #expect(again.lines == ["rejected raised critical"])
        #expect(again.first?.channels == ["log"])
        #expect(watched.state.alert(.rejected)?.acknowledgement == nil)
        #expect(watched.state.alert(.rejected)?.nextReminderAt == back + .days(1))
    }

    @Test
    func `what is back within an hour is still acknowledged, and recorded only`() {
        var watched = rejected()
        _ = watched.acknowledge(for: .days(10), at: start)
        var ended = start + .minutes(10)
        for _ in 0..<5 {
            _ = watched.tell(Facts(expiry: .never), at: ended)
            let again = watched.answer(.rejected("status 401"), at: ended + .hours(1))
            #expect(again.lines == ["rejected raised critical"])
            #expect(again.first?.channels == [])
            #expect(again.first?.acknowledgedBy == "ann" && again.first?.reason == "ordered")
            #expect(watched.state.alert(.rejected)?.acknowledgement?.until == start + .days(10))
            #expect(watched.state.alert(.rejected)?.nextReminderAt == nil)
            ended = ended + .hours(1) + .minutes(5)
        }
        // Its time ends as if it had never been away.
        #expect(watched.state.restingAcknowledgements.isEmpty)
        #expect(watched.pass(to: start + .days(9)).isEmpty)
        let end = watched.pass(to: start + .days(10))
        #expect(end.lines == ["rejected unacknowledged critical"])
        #expect(end.first?.channels == ["log"])
    }

    @Test
    func `what is back more severe, or is something else, is not acknowledged`() {
        var watched = Watched(Policy(mustExpire: true, channels: Self.policy.channels))
        _ = watched.tell(.expiring(start + .days(10)), at: start)
        _ = watched.acknowledge(at: start)
        _ = watched.tell(.expiring(start + .days(90)), at: start + .minutes(1))
        var other = watched
        let critical = watched.tell(.expiring(start + .days(2)), at: start + .minutes(2))
        #expect(critical.lines.last == "expiring raised critical 3d")
        #expect(critical.last?.channels == ["log"])
        #expect(watched.state.alert(.expiring)?.acknowledgement == nil)
        let raised = other.tell(Facts(expiry: .never), at: start + .minutes(2))
        #expect(raised.lines.last == "no_expiry raised warning")
        #expect(raised.last?.channels == ["log"])
        let back = other.tell(.expiring(start + .days(9)), at: start + .minutes(3))
        #expect(back.lines.contains("expiring raised warning 14d"))
        #expect(other.state.alert(.expiring)?.acknowledgement != nil)
        #expect(other.state.alert(.noExpiry) == nil)
    }

    @Test
    func `what awaits confirmation is nothing to acknowledge`() {
        var watched = Watched(Self.policy, confirmAfter: .seconds(30))
        _ = watched.tell(Facts(expiry: .never), at: start)
        _ = watched.answer(.rejected("status 401"), at: start + .hours(1))
        #expect(watched.state.shownAlerts.map(\.condition) == [.rejected])
        #expect(watched.acknowledge(at: start + .hours(1)) == nil)
        _ = watched.answer(.rejected("status 401"), at: start + .hours(1) + .seconds(30))
        #expect(watched.acknowledge(at: start + .hours(2))?.count == 1)
    }

    @Test
    func `taking it back is recorded, and reminders resume`() {
        var watched = rejected()
        #expect(watched.unacknowledge(at: start) == nil)
        _ = watched.acknowledge(at: start)
        let events = watched.unacknowledge(.rejected, at: start + .days(5)) ?? []
        #expect(events.lines == ["rejected unacknowledged critical"])
        #expect(events.first?.channels == [])
        #expect(events.first?.acknowledgedBy == "bob")
        #expect(events.first?.nextReminderAt == start + .days(6))
        #expect(watched.pass(to: start + .days(6)).lines == ["rejected reminded critical"])
        #expect(watched.unacknowledge(at: start + .days(6)) == nil)
    }

    @Test
    func `a reload or a restart plans no reminder for what is acknowledged`() {
        var watched = rejected()
        _ = watched.acknowledge(for: .days(10), at: start)
        let hourly = Policy(remindCritical: .every(.hours(1)), channels: Self.policy.channels)
        #expect(watched.configure(hourly, at: start + .days(5)).isEmpty)
        #expect(watched.state.alert(.rejected)?.nextReminderAt == nil)
        #expect(watched.pass(to: start + .days(9)).isEmpty)
        #expect(watched.look(.configured, at: start + .days(9)).isEmpty)
        #expect(watched.state.alert(.rejected)?.acknowledgement?.until == start + .days(10))
    }

    @Test
    func `an end that was slept through is said once at the start`() {
        var watched = rejected()
        _ = watched.acknowledge(for: .days(10), at: start)
        let events = watched.look(.configured, at: start + .days(20))
        #expect(events.lines == ["rejected unacknowledged critical"])
        #expect(events.first?.nextReminderAt == start + .days(21))
        #expect(watched.look(.configured, at: start + .days(20)).isEmpty)
    }

    @Test
    func `only the named condition is acknowledged, and nothing where it does not hold`() {
        var watched = Watched(Policy(mustExpire: true))
        #expect(watched.acknowledge(at: start) == nil)
        _ = watched.tell(Facts(expiry: .never), at: start)
        _ = watched.answer(.malformed("no JSON"), at: start)
        #expect(watched.acknowledge(.rejected, at: start) == nil)
        #expect(watched.acknowledge(.malformed, at: start)?.count == 1)
        #expect(watched.state.alert(.malformed)?.acknowledgement != nil)
        #expect(watched.state.alert(.noExpiry)?.acknowledgement == nil)
        #expect(watched.pass(to: start + .days(7)).lines == ["no_expiry reminded warning"])
        #expect(watched.acknowledge(at: start + .days(8))?.count == 2)
    }

    @Test
    func `a refusal that hides the expiry for a while does not end it`() {
        var watched = Watched(Self.policy)
        _ = watched.tell(.expiring(start + .days(10)), at: start)
        _ = watched.acknowledge(.expiring, at: start)
        _ = watched.answer(.rejected("status 401"), at: start + .hours(1))
        let events = watched.tell(.expiring(start + .days(10)), at: start + .hours(2))
        #expect(events.lines == ["rejected resolved critical"])
        #expect(watched.state.alert(.expiring)?.acknowledgement != nil)
    }

    @Test
    func `a clock that was ahead does not make it last longer than it may`() {
        var watched = Watched(Self.policy)
        _ = watched.answer(.rejected("status 401"), at: start + .days(3650))
        _ = watched.acknowledge(at: start + .days(3650))
        #expect(watched.pass(to: start).isEmpty)
        #expect(watched.state.alert(.rejected)?.acknowledgement?.until == start + .days(90))
        #expect(
            watched.pass(to: start + .days(90)).lines == ["rejected unacknowledged critical"]
        )
    }

    @Test
    func `the longest that may be asked for is kept to the millisecond`() {
        var watched = rejected()
        _ = watched.acknowledge(for: Acknowledgement.longest, at: start)
        #expect(watched.pass(to: start).isEmpty)
        #expect(watched.pass(to: start + .days(90) - .milliseconds(1)).isEmpty)
        #expect(watched.pass(to: start + .days(90)).count == 1)
    }
}
