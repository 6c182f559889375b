import Alerting
import Testing

struct ExpiryTests {
    static let stages: [(days: Int64, text: String, severity: String)] = [
        (30, "30d", "warning"), (14, "14d", "warning"), (7, "7d", "warning"),
        (3, "3d", "critical"), (1, "1d", "critical"),
    ]

    private let expiry = start + .days(100)

    /// A token known since `start`, looked at just before a stage.
    private func watched(before stage: Duration) -> Watched {
        var watched = Watched(Policy(remindCritical: .never, remindWarning: .never))
        _ = watched.tell(.expiring(expiry), at: start)
        _ = watched.pass(to: expiry - stage - .milliseconds(1))
        return watched
    }

    @Test(arguments: stages)
    func `a stage begins when the time left is at or under it`(
        days: Int64,
        text: String,
        severity: String
    ) {
        let stage = Duration.days(days)
        let phase = days == 30 ? "raised" : "escalated"
        let line = "expiring \(phase) \(severity) \(text)"
        var just = watched(before: stage)
        #expect(just.state.alert(.expiring)?.stage != text)
        #expect(just.pass(to: expiry - stage - .milliseconds(1)).isEmpty)
        #expect(just.pass(to: expiry - stage).lines == [line])
        #expect(just.pass(to: expiry - stage).isEmpty)
        #expect(just.pass(to: expiry - stage + .milliseconds(1)).isEmpty)
        var over = watched(before: stage)
        #expect(over.pass(to: expiry - stage + .milliseconds(1)).lines == [line])
    }

    @Test
    func `several stages crossed at once are one event, for the tightest`() {
        var fresh = Watched()
        #expect(
            fresh.tell(.expiring(start + .days(2)), at: start).lines
                == ["expiring raised critical 3d"]
        )
        var later = Watched()
        _ = later.tell(.expiring(start + .days(29)), at: start)
        #expect(
            later.pass(to: start + .days(28) + .hours(12)).lines
                == ["expiring escalated critical 1d"]
        )
    }

    @Test
    func `a warning says when, which stage and how long`() throws {
        var watched = Watched()
        let now = Instant(seconds: 1_795_248_000)
        let expiry = now + .days(6) + .hours(23)
        let event = try #require(watched.tell(.expiring(expiry), at: now).first)
        #expect(event.summary == "deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)")
        #expect(event["expires_at"] == .instant(expiry))
        #expect(event["stage"] == .text("7d"))
        #expect(event["seconds_left"] == .integer(601_200))
        #expect(event["expires_from"] == .text("provider"))
        #expect(event.nextReminderAt == now + .days(7))
        #expect(event.alertID == event.id)
        #expect(event.since == now)
    }

    @Test
    func `expired holds from the expiry on and takes the place of expiring`() throws {
        var watched = watched(before: .hours(1))
        let expiringID = try #require(watched.state.alert(.expiring)?.id)
        #expect(watched.pass(to: expiry - .milliseconds(1)).isEmpty)
        let events = watched.pass(to: expiry)
        #expect(events.lines == ["expired raised critical"])
        #expect(events.first?.alertID != expiringID)
        #expect(watched.state.alerts.map(\.condition) == [.expired])
        #expect(watched.pass(to: expiry + .milliseconds(1)).isEmpty)
    }

    @Test
    func `it is counted down while the provider is silent`() {
        var watched = Watched(Policy(unreachableAfter: .days(300)))
        _ = watched.tell(.expiring(start + .days(1)), at: start)
        #expect(watched.answer(.unreachable("no route"), at: start + .hours(23)).isEmpty)
        #expect(
            watched.answer(.unreachable("no route"), at: start + .days(1)).lines
                == ["expired raised critical"]
        )
    }

    @Test
    func `a token is expired when the provider says so, whatever its date`() {
        for expiry in [Expiry.at(start + .days(300)), .never, .notTold] {
            var watched = Watched()
            let facts = Facts(expiry: expiry, saysExpired: true)
            #expect(watched.tell(facts, at: start).lines == ["expired raised critical"])
            #expect(watched.answer(.rejected("status 401"), at: start + .hours(1)).isEmpty)
            #expect(
                watched.tell(Facts(expiry: expiry), at: start + .hours(2)).lines == [
                    "expired resolved critical"
                ]
            )
        }
    }

    @Test(arguments: [Expiry.never, .notTold])
    func `what has no expiry does not expire`(expiry: Expiry) {
        var watched = Watched()
        #expect(watched.tell(Facts(expiry: expiry), at: start).isEmpty)
        #expect(watched.state.nextWake(for: watched.settings, after: start) == nil)
        #expect(watched.pass(to: start + .days(100_000)).isEmpty)
    }

    @Test
    func `a renewal resolves and says from what to what`() throws {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(30)), at: start)
        _ = watched.pass(to: start + .days(27))
        let now = start + .days(27)
        let events = watched.tell(.expiring(now + .days(90)), at: now)
        #expect(events.lines == ["expiry_changed changed info", "expiring resolved critical"])
        #expect(events.last?["mended"] == .text("renewed: 90 d left (was 3 d)"))
        #expect(watched.state.alerts.isEmpty)
    }

    @Test
    func `a token that had expired and was renewed says so`() {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(1)), at: start)
        _ = watched.pass(to: start + .days(2))
        let events = watched.tell(.expiring(start + .days(92)), at: start + .days(2))
        #expect(events.last?["mended"] == .text("renewed: 90 d left (had expired)"))
        var forever = Watched()
        _ = forever.tell(.expiring(start + .days(2)), at: start)
        let ended = forever.tell(Facts(expiry: .never), at: start)
        #expect(ended.last?["mended"] == .text("renewed: no expiry (was 2 d)"))
    }

    @Test
    func `a stage loosens silently, and tightens again aloud`() {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(2)), at: start)
        #expect(
            watched.tell(.expiring(start + .days(5)), at: start).lines
                == ["expiry_changed changed info"]
        )
        #expect(watched.state.alert(.expiring)?.severity == .warning)
        #expect(watched.state.alert(.expiring)?.stage == "7d")
        #expect(watched.pass(to: start + .days(2)).lines == ["expiring escalated critical 3d"])
    }

    @Test
    func `of a stated and a told expiry the earlier counts`() {
        for (stated, told, from): (Int64, Int64, String) in [
            (2, 50, "config"), (50, 2, "provider"), (2, 2, "provider"),
        ] {
            var watched = Watched(statedExpiry: start + .days(stated))
            let events = watched.tell(.expiring(start + .days(told)), at: start)
            #expect(events.lines == ["expiring raised critical 3d"])
            #expect(events.first?["expires_from"] == .text(from))
        }
        for expiry in [Expiry.never, .notTold] {
            var watched = Watched(statedExpiry: start + .days(2))
            #expect(watched.tell(Facts(expiry: expiry), at: start).count == 1)
        }
    }

    @Test
    func `a stated expiry is counted down without any answer`() {
        var watched = Watched(statedExpiry: start + .days(2))
        #expect(watched.look(.configured, at: start).lines == ["expiring raised critical 3d"])
        #expect(watched.pass(to: start + .days(2)).lines == ["expired raised critical"])
    }

    @Test
    func `where a stated and a told expiry differ, what is said names both`() {
        for (told, difference): (Expiry, String?) in [
            (
                .at(start + .days(50)),
                "by the configuration; the provider says 2026-07-21 00:00 UTC"
            ),
            (.at(start + .days(1)), "by the provider; the configuration says 2026-06-03 00:00 UTC"),
            (.never, "by the configuration; the provider says never"),
            (.at(start + .days(2)), nil), (.notTold, nil),
        ] {
            var watched = Watched(statedExpiry: start + .days(2))
            let events = watched.tell(Facts(expiry: told), at: start)
            let said = EffectiveExpiry.difference(
                of: watched.state,
                statedExpiry: start + .days(2)
            )
            #expect(said == difference)
            let end =
                told == .at(start + .days(1)) ? "02 00:00 UTC (in 1 d)" : "03 00:00 UTC (in 2 d)"
            #expect(
                events.last?.summary
                    == "deploy expires 2026-06-\(end)" + (difference.map { ", \($0)" } ?? "")
            )
            let expired = watched.pass(to: start + .days(2)).last?.summary ?? ""
            #expect(expired.hasSuffix(difference.map { ", \($0)" } ?? "00:00 UTC"))
        }
        #expect(EffectiveExpiry.difference(of: TokenState(), statedExpiry: start) == nil)
    }

    @Test(arguments: [Int64(-119_999), -1000, -1, 0, 1, 1000, 119_999])
    func `an expiry that trembles by less than two minutes is the same`(milliseconds: Int64) {
        let expiry = start + .days(40)
        var watched = Watched()
        _ = watched.tell(.expiring(expiry), at: start)
        let trembling = expiry + .milliseconds(milliseconds)
        #expect(watched.tell(.expiring(trembling), at: start + .hours(1)).isEmpty)
        #expect(watched.state.known?.expiry == .at(expiry))
    }

    @Test(arguments: [Int64(-120_000), 120_000])
    func `an expiry that moves by two minutes is another`(milliseconds: Int64) {
        let expiry = start + .days(40)
        var watched = Watched()
        _ = watched.tell(.expiring(expiry), at: start)
        let moved = expiry + .milliseconds(milliseconds)
        let events = watched.tell(.expiring(moved), at: start + .hours(1))
        #expect(events.map(\.kind.name) == ["expiry_changed"])
        #expect(watched.state.known?.expiry == .at(moved))
    }

    @Test
    func `an expiry that creeps is compared with the first seen, and does not drift`() {
        let expiry = start + .days(40)
        var watched = Watched()
        var changes = 0
        for hour in 0..<200 {
            let told = expiry + .seconds(Int64(hour))
            changes += watched.tell(.expiring(told), at: start + .hours(Int64(hour))).count
        }
        // 200 s later in all: more than it may tremble by, and said once.
        #expect(changes == 1)
    }

    @Test
    func
        `a new secret's expiry is taken as it is, and is no difference where it is as good as the old`()
    {
        let expiry = start + .days(40)
        let later = expiry + .seconds(1)
        var rotated = Watched()
        _ = rotated.tell(.expiring(expiry), at: start)
        let events = rotated.tell(.expiring(later), at: start, secret: 2)
        #expect(rotated.state.known?.expiry == .at(later))
        #expect(events.map(\.summary) == ["deploy was rotated: a new secret"])
    }
}
