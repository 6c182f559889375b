import Testing

@testable import Alerting

struct CivilTimeTests {
    static let known: [(seconds: Int64, text: String)] = [
        (-62_167_219_200, "0000-01-01T00:00:00Z"),
        (-2_203_891_201, "1900-02-28T23:59:59Z"),
        (-2_203_891_200, "1900-03-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:01Z"),
        (68_169_599, "1972-02-28T23:59:59Z"),
        (68_169_600, "1972-02-29T00:00:00Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_799, "2000-02-29T23:59:59Z"),
        (951_868_800, "2000-03-01T00:00:00Z"),
        (2_147_483_648, "2038-01-19T03:14:08Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ]

    @Test(arguments: known)
    func `an instant is written and read as the calendar has it`(
        seconds: Int64,
        text: String
    ) {
        #expect(Instant(seconds: seconds).rfc3339 == text)
        #expect(Instant(text: text) == Instant(seconds: seconds))
        #expect(CivilTime(Instant(seconds: seconds)).instant == Instant(seconds: seconds))
    }

    @Test(arguments: [
        (Instant(seconds: 0), "1970-01-01 00:00 UTC"),
        (Instant(milliseconds: 253_402_300_799_999), "9999-12-31 23:59 UTC"),
        (Instant(milliseconds: .max), "9999-12-31 23:59 UTC"),
        (Instant(milliseconds: .min), "0000-01-01 00:00 UTC"),
    ])
    func `people read an instant to the minute`(instant: Instant, text: String) {
        #expect(instant.forPeople == text)
    }

    @Test(
        arguments: [
            (Duration.zero, 0), (.milliseconds(1), 1), (.milliseconds(-1), -1),
            (.nanoseconds(1_999_999), 1), (.nanoseconds(-1_999_999), -1),
            (.days(3650), 315_360_000_000), (.milliseconds(Int64.max), .max),
            (.milliseconds(Int64.min), .min), (.seconds(Int64.max), .max),
            (.seconds(Int64.min), .min),
        ] as [(Duration, Int64)]
    )
    func `a duration has whole milliseconds, rounded toward zero`(
        duration: Duration,
        milliseconds: Int64
    ) {
        #expect(duration.milliseconds == milliseconds)
    }

    @Test
    func `every day from 1970 to 2420 follows the day before`() {
        var year: Int64 = 1970
        var month = 1
        var day = 1
        for number in 0..<Int64(164_359) {
            let time = CivilTime(Instant(seconds: number * 86400))
            guard time.year == year, time.month == month, time.day == day else {
                Issue.record("day \(number) is \(time), not \(year)-\(month)-\(day)")
                return
            }
            let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
            let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect((year, month, day) == (2420, 1, 1))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `any instant of the years 0000 to 9999 survives the calendar`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        for _ in 0..<5000 {
            let seconds = Int64.random(in: -62_167_219_200...253_402_300_799, using: &random)
            let instant = Instant(seconds: seconds)
            guard CivilTime(instant).instant == instant,
                Instant(text: instant.rfc3339) == instant
            else {
                Issue.record("seed \(seed): \(seconds) is read as \(instant.rfc3339)")
                return
            }
        }
    }

    @Test(arguments: [
        (2023, 2, 28, true), (2023, 2, 29, false), (2024, 2, 29, true), (2024, 2, 30, false),
        (1900, 2, 29, false), (2000, 2, 29, true), (2026, 4, 30, true), (2026, 4, 31, false),
        (2026, 12, 31, true), (2026, 12, 32, false), (2026, 0, 1, false), (2026, 13, 1, false),
        (2026, 1, 0, false), (-1, 12, 31, false), (0, 1, 1, true), (9999, 12, 31, true),
        (10000, 1, 1, false),
    ])
    func `only dates that exist are instants`(year: Int64, month: Int, day: Int, exists: Bool) {
        let time = CivilTime(year: year, month: month, day: day, hour: 0, minute: 0, second: 0)
        #expect((time.instant != nil) == exists)
    }

    @Test
    func `a leap second is the first instant of the next minute`() {
        #expect(Instant(text: "2016-12-31T23:59:60Z")?.rfc3339 == "2017-01-01T00:00:00Z")
        #expect(Instant(text: "2016-12-31T23:59:61Z") == nil)
    }

    @Test(
        arguments: [
            (-1001, -2), (-1000, -1), (-999, -1), (-1, -1), (0, 0), (999, 0), (1000, 1),
        ] as [(Int64, Int64)]
    )
    func `seconds are rounded down`(milliseconds: Int64, seconds: Int64) {
        #expect(Instant(milliseconds: milliseconds).seconds == seconds)
    }

    @Test
    func `instants that are too far away stay on their side of now`() {
        let last = Instant(milliseconds: .max)
        let first = Instant(milliseconds: .min)
        #expect(Instant(seconds: .max) == last)
        #expect(Instant(seconds: .min) == first)
        #expect(last + .days(1) == last)
        #expect(first - .days(1) == first)
        #expect(last - first == .milliseconds(Int64.max))
        #expect(first - last == .milliseconds(Int64.min))
        #expect(last.rfc3339 == "9999-12-31T23:59:59Z")
        #expect(first.rfc3339 == "0000-01-01T00:00:00Z")
        #expect(first.seconds == -9_223_372_036_854_776)
        let now = Now(instant: start, moment: Moment(milliseconds: 5))
        #expect(now.instant(of: .never) == last)
        #expect(now.moment(of: last) > now.moment)
        #expect(now.moment(of: first) == now.moment)
    }
}
