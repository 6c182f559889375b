import Alerting
import Glibc
import Testing

struct WordingTests {
    @Test(
        arguments: [
            (-5, "0 s"), (0, "0 s"), (1, "1 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"),
            (3599, "59 min 59 s"), (3600, "1 h"), (3601, "1 h"), (3660, "1 h 1 min"),
            (86_399, "23 h 59 min"), (86_400, "1 d"), (86_401, "1 d"), (90_000, "1 d 1 h"),
            (601_200, "6 d 23 h"), (604_800, "7 d"), (31_536_000, "365 d"),
        ] as [(Int64, String)]
    )
    func `a duration is said in its two largest units`(seconds: Int64, text: String) {
        #expect(Duration.seconds(seconds).forPeople == text)
    }

    @Test(
        arguments: [
            (-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (89, "1 min"), (90, "2 min"),
            (3569, "59 min"), (3570, "1 h"), (5399, "1 h"), (5400, "2 h"), (84_599, "23 h"),
            (84_600, "1 d"), (86_400, "1 d"), (129_599, "1 d"), (129_600, "2 d"),
            (7_776_000, "90 d"),
        ] as [(Int64, String)]
    )
    func `or rounded, in its largest`(seconds: Int64, text: String) {
        #expect(Duration.seconds(seconds).roundedForPeople == text)
    }

    @Test
    func `an instant is said with its distance`() {
        #expect((start + .hours(3)).forPeople(at: start) == "2026-06-01 03:00 UTC (in 3 h)")
        #expect((start - .hours(2)).forPeople(at: start) == "2026-05-31 22:00 UTC (2 h ago)")
        #expect(start.distance(from: start) == "now")
    }

    @Test
    func `a long list is cut and counted`() {
        #expect([String]().listed() == "")
        #expect(["a", "b"].listed() == "a, b")
        #expect(["a", "b", "c"].listed(limit: 3) == "a, b, c")
        #expect(["a", "b", "c", "d"].listed(limit: 3) == "a, b, c and 1 more")
    }

    @Test func `summer time and the machine's zone change neither texts nor decisions`() throws {
        func life() -> [String] {
            // Through the hour that Berlin does not have, and the one that it has twice.
            ["2026-03-29T00:30:00Z", "2026-10-25T00:30:00Z"].flatMap { text in
                var watched = Watched()
                guard let night = Instant(text: text) else { return [text] }
                var said = watched.tell(.expiring(night + .days(7) + .hours(1)), at: night)
                for minutes in stride(from: 15, through: 180, by: 15) {
                    said += watched.pass(to: night + .minutes(Int64(minutes)))
                }
                return said.map { "\($0.at.rfc3339) \($0.line) \($0.summary)" }
            }
        }
        let before = life()
        setenv("TZ", "Europe/Berlin", 1)
        tzset()
        defer {
            unsetenv("TZ")
            tzset()
        }
        #expect(life() == before)
        #expect(before.count == 4, "two nights: raised, and an hour later a stage further")
    }
}

@Test func `names sort as people count`() {
    let names = ["a", "bench-1", "bench-01", "bench-2", "bench-10", "bench-10a", "bench-x", "c"]
    // Two spellings of a number are in the order of their text.
    let sorted = ["a", "bench-01", "bench-1", "bench-2", "bench-10", "bench-10a", "bench-x", "c"]
    #expect(names.reversed().map(NaturalOrder.init).sorted().map(\.text) == sorted)
    #expect(!(NaturalOrder("b7") < NaturalOrder("b7")))
    let long = String(repeating: "9", count: 40)
    #expect(NaturalOrder("a\(long)") < NaturalOrder("a1\(long)"))
}
