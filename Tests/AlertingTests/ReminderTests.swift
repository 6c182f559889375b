import Alerting
import Testing

struct ReminderTests {
    /// The days after `start` at which an alert that began then is reminded, within 200 days.
    private func reminders(_ reminder: Reminder) -> [Int64] {
        var watched = Watched(Policy(remindCritical: reminder))
        _ = watched.answer(.rejected("status 401"), at: start)
        var days: [Int64] = []
        var now = start
        while let wake = watched.state.nextWake(for: watched.settings, after: now),
            wake <= start + .days(200)
        {
            now = wake
            let lines = watched.pass(to: now).lines
            #expect(lines == ["rejected reminded critical"])
            days.append((now - start).wholeSeconds / 86400)
        }
        return days
    }

    @Test
    func `reminders come as the policy says`() {
        #expect(reminders(.never) == [])
        #expect(reminders(.diminishing) == [1, 3, 7, 15, 31, 63, 95, 127, 159, 191])
        #expect(reminders(.every(.days(50))) == [50, 100, 150, 200])
    }

    @Test
    func `a reminder is due at its instant, once`() {
        var watched = Watched()
        _ = watched.answer(.rejected("status 401"), at: start)
        #expect(watched.pass(to: start + .days(1) - .milliseconds(1)).isEmpty)
        let events = watched.pass(to: start + .days(1))
        #expect(events.lines == ["rejected reminded critical"])
        #expect(events.first?.nextReminderAt == start + .days(3))
        #expect(events.first?.since == start)
        #expect(watched.pass(to: start + .days(1)).isEmpty)
    }

    @Test
    func `reminders that were slept through are one`() {
        var watched = Watched()
        _ = watched.answer(.rejected("status 401"), at: start)
        #expect(watched.look(.configured, at: start + .days(20)).count == 1)
        #expect(watched.state.alert(.rejected)?.nextReminderAt == start + .days(22))
    }

    @Test
    func `an escalation begins the reminders anew`() {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(4)), at: start)
        #expect(watched.state.alert(.expiring)?.nextReminderAt == start + .days(7))
        _ = watched.pass(to: start + .days(1))
        #expect(watched.state.alert(.expiring)?.nextReminderAt == start + .days(2))
        #expect(watched.pass(to: start + .days(2)).lines == ["expiring reminded critical 3d"])
        #expect(watched.pass(to: start + .days(3)).lines == ["expiring escalated critical 1d"])
        #expect(watched.state.alert(.expiring)?.reminders == 0)
    }

    @Test
    func `a new policy for reminders counts for what holds already`() {
        var watched = Watched()
        _ = watched.answer(.rejected("status 401"), at: start)
        #expect(watched.configure(Policy(remindCritical: .never), at: start + .hours(1)).isEmpty)
        #expect(watched.state.nextWake(for: watched.settings, after: start) == nil)
        #expect(watched.pass(to: start + .days(50)).isEmpty)
        let hourly = Policy(remindCritical: .every(.hours(1)))
        #expect(watched.configure(hourly, at: start + .days(50)).isEmpty)
        #expect(watched.pass(to: start + .days(50) + .hours(1)).count == 1)
    }

    @Test
    func `a clock that was ahead does not put off reminders`() {
        var watched = Watched()
        _ = watched.answer(.rejected("status 401"), at: start + .days(3650))
        #expect(watched.pass(to: start).isEmpty)
        #expect(watched.state.alert(.rejected)?.nextReminderAt == start + .days(1))
    }
}
