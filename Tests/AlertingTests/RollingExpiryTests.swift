import Alerting
import Testing

/// An expiry that is moved on again and again, as that of a periodic token.
@Suite
struct RollingExpiryTests {
    private static let policy = Policy(
        warnBefore: [Stage(.partOfLife(thousandths: 250), text: "25%")],
        criticalBefore: Stage(.partOfLife(thousandths: 100), text: "10%"),
        channels: Policy.heard.channels
    )

    /// Created 60 days ago, and good for 24 hours from each poll on.
    private static func facts(at now: Instant) -> Facts {
        Facts(createdAt: start - .days(60), expiry: .at(now + .hours(24)))
    }

    /// Polled every hour.
    private static func rolling(hours: Int64) -> (watched: Watched, events: [Event]) {
        var watched = Watched(policy)
        var events: [Event] = []
        for hour in 0...hours {
            let now = start + .hours(hour)
            events += watched.tell(facts(at: now), at: now)
        }
        return (watched, events)
    }

    @Test func `a periodic token is quiet for weeks, from the third move on`() {
        let (watched, events) = Self.rolling(hours: 24 * 21)
        #expect(
            events.map { "\(($0.at - start).wholeSeconds / 3600) \($0.line)" } == [
                "0 expiring raised critical 10%", "1 expiry_changed changed info",
                "2 expiry_changed changed info", "3 expiry_changed changed info",
                "3 expiring resolved critical",
            ]
        )
        #expect(events[3].summary.contains("; extended 3 times in a row: the expiry is rolling"))
        #expect(!events[2].summary.contains("rolling"))
        #expect(
            events[4]["mended"] == .text("the expiry is rolling: the provider keeps extending it")
        )
        #expect(watched.state.isRolling && watched.state.alerts.isEmpty)
        let last = start + .days(21)
        #expect(watched.state.life(until: last + .hours(24)) == .hours(24))
    }

    @Test func `a rolling expiry that stands still is warned of, by parts of its last move`() {
        var (watched, _) = Self.rolling(hours: 10)
        let last = start + .hours(10)
        let warned = last + .hours(18)
        #expect(watched.state.nextWake(for: watched.settings, after: last) == warned)
        #expect(watched.pass(to: warned).lines == ["expiring raised warning 25%"])
        let critical = watched.state.nextWake(for: watched.settings, after: warned)
        #expect(critical == last + .hours(24) - .milliseconds(8_640_000))
        // It is moved on after all: no change, and the warning is over.
        let now = last + .hours(20)
        let events = watched.tell(Self.facts(at: now), at: now)
        #expect(events.lines == ["expiring resolved warning"])
    }

    @Test func `a rolling expiry that is shortened, removed or of a new secret rolls no more`() {
        let now = start + .hours(11)
        var (shortened, _) = Self.rolling(hours: 10)
        let events = shortened.tell(
            Facts(createdAt: start - .days(60), expiry: .at(start + .hours(30))),
            at: now
        )
        #expect(events.lines.first == "expiry_changed changed warning")
        #expect(!shortened.state.isRolling)
        var (removed, _) = Self.rolling(hours: 10)
        #expect(
            removed.tell(Facts(expiry: .never), at: now).lines == ["expiry_changed changed warning"]
        )
        #expect(!removed.state.isRolling)
        var (rotated, _) = Self.rolling(hours: 10)
        let rotation = rotated.tell(Self.facts(at: now), at: now, secret: 2)
        #expect(rotation.first?.summary.contains("expiry extended") == true)
        #expect(!rotated.state.isRolling)
    }

    @Test func `replicas that disagree on an expiry do not make it rolling`() {
        var watched = Watched(.heard)
        for hour in 0..<20 {
            let days: Int64 = hour.isMultiple(of: 2) ? 90 : 91
            _ = watched.tell(.expiring(start + .days(days)), at: start + .hours(Int64(hour)))
            #expect(!watched.state.isRolling)
        }
    }

    @Test func `explain says that it is rolling, and since when it counts`() {
        let (watched, _) = Self.rolling(hours: 10)
        let explanation = explain(
            watched.state,
            watched.settings,
            plan: PollPlan(stage: .ready),
            at: start + .hours(10)
        )
        let expiring = explanation.judgements.first { $0.condition == .expiring }
        #expect(
            expiring?.reason.found.hasSuffix(
                "; rolling: the provider keeps extending it, last at 2026-06-01 10:00 UTC"
            ) == true
        )
        #expect(explanation.stages.map(\.stage.before) == [.hours(6), .milliseconds(8_640_000)])
    }
}
