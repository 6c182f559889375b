import Alerting
import Testing

@Suite
struct FlappingTests {
    private static let broken = Observation.Answer.malformed("no JSON")

    /// A token that is malformed every twenty minutes, and well ten minutes later.
    private static func told(for duration: Duration) -> [String] {
        var watched = Watched()
        var told: [String] = []
        var now = start
        while now < start + duration {
            told += watched.answer(broken, at: now).lines
            told += watched.tell(.holding("dns:list"), at: now + .minutes(10)).lines
            now = now + .minutes(20)
        }
        return told
    }

    @Test func `what comes and goes is told a bounded number of times, and in pairs`() {
        let day = Self.told(for: .days(1))
        #expect(day.count <= 18, "\(day)")
        #expect(
            day.prefix(6).map { $0.split(separator: " ")[1] } == [
                "raised", "resolved", "raised", "resolved", "raised", "resolved",
            ]
        )
        #expect(Self.told(for: .days(7)).count <= 7 * 18)
    }

    @Test func `the fourth time within a day it ends once it was clear for a minute`() {
        var watched = Watched()
        for hour in 0..<3 {
            let now = start + .hours(Int64(hour))
            #expect(watched.answer(Self.broken, at: now).lines == ["malformed raised warning"])
            let end = watched.tell(.holding("a:b"), at: now + .seconds(1)).lines
            #expect(end == ["malformed resolved warning"])
        }
        let fourth = start + .hours(3)
        #expect(watched.answer(Self.broken, at: fourth).lines == ["malformed raised warning"])
        #expect(watched.tell(.holding("a:b"), at: fourth + .seconds(1)).isEmpty)
        #expect(watched.tell(.holding("a:b"), at: fourth + .milliseconds(60_999)).isEmpty)
        let end = watched.tell(.holding("a:b"), at: fourth + .seconds(61)).lines
        #expect(end == ["malformed resolved warning"])
        // The first is a day ago by then, and counts no more.
        let later = start + .days(1) + .minutes(1)
        #expect(watched.answer(Self.broken, at: later).lines == ["malformed raised warning"])
        #expect(watched.tell(.holding("a:b"), at: later + .seconds(1)).isEmpty, "it is the fourth")
    }

    @Test func `what comes back while it is waited for is the same alert`() {
        var watched = Watched()
        for minute in 0..<4 {
            let now = start + .minutes(Int64(minute))
            _ = watched.answer(Self.broken, at: now)
            _ = watched.tell(.holding("a:b"), at: now + .seconds(1))
        }
        let id = watched.state.alert(.malformed)?.id
        #expect(id != nil)
        #expect(watched.answer(Self.broken, at: start + .minutes(4)).isEmpty)
        #expect(watched.state.alert(.malformed)?.id == id)
        #expect(watched.tell(.holding("a:b"), at: start + .minutes(5)).isEmpty, "it begins anew")
        #expect(watched.tell(.holding("a:b"), at: start + .minutes(6)).count == 1)
    }

    /// Fine since a second after the fourth time.
    private static func settling() -> Watched {
        var watched = Watched()
        for minute in 0..<4 {
            let now = start + .minutes(Int64(minute))
            _ = watched.answer(broken, at: now)
            _ = watched.tell(.holding("a:b"), at: now + .seconds(1))
        }
        return watched
    }

    @Test func `a good answer decides: what waits to be told is not shown as if it held`() {
        let watched = Self.settling()
        let now = start + .minutes(3) + .seconds(1)
        #expect(watched.state.alert(.malformed) != nil)
        #expect(watched.state.shownAlerts.isEmpty)
        let explanation = explain(
            watched.state,
            watched.settings,
            plan: PollPlan(stage: .ready),
            at: now
        )
        let judgement = explanation.judgements.first { $0.condition == .malformed }
        #expect(judgement?.isOpen == false)
        #expect(judgement?.reason.found.contains("its end is told if it stays away") == true)
        #expect(explanation.coming.map(\.phase) == [.resolved])
        #expect(explanation.coming.first?.at == now + .minutes(1))
    }

    @Test func `the end is told in its time, with no further answer`() {
        var watched = Self.settling()
        let clear = start + .minutes(3) + .seconds(1)
        #expect(watched.state.nextWake(for: watched.settings, after: clear) == clear + .minutes(1))
        #expect(watched.pass(to: clear + .seconds(59)).isEmpty)
        let end = watched.pass(to: clear + .minutes(1))
        #expect(end.lines == ["malformed resolved warning"])
        #expect(end.first?.summary.contains("the answer can be read again after 1 s") == true)
    }

    @Test func `a new configuration neither ends it sooner nor says that it did`() {
        var watched = Self.settling()
        let clear = start + .minutes(3) + .seconds(1)
        #expect(watched.configure(Policy(), at: clear + .seconds(10)).isEmpty)
        #expect(watched.pass(to: clear + .minutes(1)).lines == ["malformed resolved warning"])
        // A restart forgets since when it is clear, and waits anew.
        var restarted = Self.settling()
        for index in restarted.state.alerts.indices {
            restarted.state.alerts[index].clearSince = nil
        }
        #expect(restarted.configure(Policy(), at: clear + .seconds(10)).isEmpty)
        #expect(restarted.state.shownAlerts.isEmpty)
        #expect(restarted.pass(to: clear + .seconds(69)).isEmpty)
        #expect(restarted.pass(to: clear + .seconds(70)).lines == ["malformed resolved warning"])
    }

    @Test func `a refusal is told each time`() {
        var watched = Watched()
        for hour in 0..<8 {
            let now = start + .hours(Int64(hour))
            #expect(watched.answer(.rejected("401"), at: now).count == 1)
            #expect(watched.tell(.holding("a:b"), at: now + .minutes(30)).count == 1)
        }
    }
}
