import Testing

@testable import Alerting

/// Central European time: an hour ahead of UTC, two from the last Sunday of March to that of October.
let berlin = LocalTime { instant in
    func lastSunday(_ month: Int) -> Instant {
        let year = CivilTime(instant).year
        let end = CivilTime(year: year, month: month, day: 31, hour: 1, minute: 0, second: 0)
            .instant
        guard let end else { return instant }
        // 1970-01-01 was a Thursday.
        let weekday = (end.seconds / 86400 + 4) % 7
        return end - .days(weekday)
    }
    return lastSunday(3) <= instant && instant < lastSunday(10) ? 7200 : 3600
}

func utc(_ text: String) -> Instant {
    guard let instant = Instant(text: text) else { fatalError("no instant: \(text)") }
    return instant
}

struct QuietHoursTests {
    private static func hours(
        _ begin: Int,
        _ end: Int,
        days: [QuietHours.Day] = QuietHours.Day.allCases
    ) throws -> QuietHours {
        try #require(QuietHours(begin: begin * 60, end: end * 60, days: Set(days)))
    }

    @Test func `hours over midnight hold from the first to the last of their minutes`() throws {
        let quiet = try Self.hours(22, 7)
        let expected: [(String, Bool)] = [
            ("2026-06-01T21:59:59Z", false), ("2026-06-01T22:00:00Z", true),
            ("2026-06-02T00:00:00Z", true), ("2026-06-02T06:59:59Z", true),
            ("2026-06-02T07:00:00Z", false),
        ]
        for (text, isQuiet) in expected {
            #expect(quiet.contain(utc(text), in: .utc) == isQuiet, "\(text)")
        }
        #expect(
            quiet.end(after: utc("2026-06-01T22:00:17Z"), in: .utc) == utc("2026-06-02T07:00:00Z")
        )
        #expect(
            quiet.end(after: utc("2026-06-02T06:59:59Z"), in: .utc) == utc("2026-06-02T07:00:00Z")
        )
        #expect(quiet.end(after: utc("2026-06-02T07:00:00Z"), in: .utc) == nil)
    }

    @Test func `they hold in the zone of the process`() throws {
        let quiet = try Self.hours(22, 7)
        #expect(!quiet.contain(utc("2026-07-01T19:59:59Z"), in: berlin))
        #expect(quiet.contain(utc("2026-07-01T20:00:00Z"), in: berlin))
        #expect(
            quiet.end(after: utc("2026-07-01T20:00:00Z"), in: berlin) == utc("2026-07-02T05:00:00Z")
        )
    }

    @Test func `days are those on which the hours begin`() throws {
        // 2026-06-05 is a Friday.
        let quiet = try Self.hours(22, 7, days: [.friday])
        #expect(!quiet.contain(utc("2026-06-05T06:00:00Z"), in: .utc))
        #expect(quiet.contain(utc("2026-06-05T22:00:00Z"), in: .utc))
        #expect(quiet.contain(utc("2026-06-06T06:00:00Z"), in: .utc))
        #expect(!quiet.contain(utc("2026-06-06T22:00:00Z"), in: .utc))
    }

    @Test func `whole days that follow on one another end together`() throws {
        let weekend = try #require(QuietHours(begin: 0, end: 1440, days: [.saturday, .sunday]))
        #expect(
            weekend.end(after: utc("2026-06-06T00:00:00Z"), in: .utc) == utc("2026-06-08T00:00:00Z")
        )
        #expect(weekend.end(after: utc("2026-06-05T23:59:59Z"), in: .utc) == nil)
    }

    @Test(arguments: [
        // At 02:00 the clock is put forward to 03:00, or at 03:00 back to 02:00.
        ("2026-03-28T21:00:00Z", "2026-03-29T05:00:00Z"),
        ("2026-10-24T20:00:00Z", "2026-10-25T06:00:00Z"),
        ("2026-10-25T00:30:00Z", "2026-10-25T06:00:00Z"),
    ])
    func `a night in which the clock is put forward or back ends at seven`(from: String, to: String)
        throws
    {
        let quiet = try Self.hours(22, 7)
        #expect(quiet.end(after: utc(from), in: berlin) == utc(to))
    }

    @Test func `an end that the clock leaves out is when it is put forward`() throws {
        let quiet = try #require(QuietHours(begin: 22 * 60, end: 150))
        #expect(
            quiet.end(after: utc("2026-03-28T22:00:00Z"), in: berlin) == utc("2026-03-29T01:00:00Z")
        )
    }

    @Test func `hours that never end, or are none, do not exist`() {
        #expect(QuietHours(begin: 0, end: 1440) == nil)
        #expect(QuietHours(begin: 60, end: 60) == nil)
        #expect(QuietHours(begin: 60, end: 120, days: []) == nil)
        #expect(QuietHours(begin: 0, end: 1440, days: [.monday]) != nil)
    }

    @Test func `in a year of minutes the end is the first minute that is not quiet`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(state: seed)
        for _ in 0..<40 {
            let begin = Int.random(in: 0...1439, using: &random)
            let end = Int.random(in: 1...1440, using: &random)
            let days = QuietHours.Day.allCases.filter { _ in Bool.random(using: &random) }
            guard let quiet = QuietHours(begin: begin, end: end, days: Set(days)) else { continue }
            var instant =
                utc("2026-01-01T00:00:00Z") + .minutes(.random(in: 0...525_600, using: &random))
            guard let found = quiet.end(after: instant, in: berlin) else {
                #expect(!quiet.contain(instant, in: berlin), "seed \(seed)")
                continue
            }
            while quiet.contain(instant, in: berlin) { instant = instant + .minutes(1) }
            #expect(found == instant, "seed \(seed): \(quiet)")
        }
    }

    @Test func `an alert is held if it began in the current quiet hours, not before`()
        throws
    {
        let quiet = try Self.hours(22, 7)
        let now = utc("2026-06-02T03:00:00Z")
        for (since, isHeld) in [
            ("2026-06-02T02:00:00Z", true), ("2026-06-01T22:00:00Z", true),
            ("2026-06-01T21:59:59Z", false), ("2026-06-01T03:00:00Z", false),
        ] {
            let holds = quiet.holds(.warning, since: utc(since), at: now, in: .utc)
            #expect(holds == isHeld, "\(since)")
        }
        #expect(!quiet.holds(.critical, since: now, at: now, in: .utc))
        let noon = utc("2026-06-02T12:00:00Z")
        #expect(!quiet.holds(.warning, since: noon, at: noon, in: .utc))
    }
}
