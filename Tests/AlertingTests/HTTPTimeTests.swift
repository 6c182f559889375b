import Alerting
import Testing

struct HTTPTimeTests {
    private let now = Instant(seconds: 1_795_248_000)  // 2026-11-21T08:00:00Z

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ]) func `the three forms of an HTTP date are one instant`(text: String) {
        #expect(Instant(httpDate: text, now: now) == Instant(seconds: 784_111_777))
    }

    @Test func `a year of two digits is at most fifty years ahead`() {
        #expect(
            Instant(httpDate: "Saturday, 21-Nov-76 00:00:00 GMT", now: now)
                == Instant(text: "2076-11-21")
        )
        #expect(
            Instant(httpDate: "Monday, 21-Nov-77 00:00:00 GMT", now: now)
                == Instant(text: "1977-11-21")
        )
    }

    @Test(arguments: [
        "", "2026-11-21T08:00:00Z", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 anF 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
    ]) func `other text is no HTTP date`(text: String) {
        #expect(Instant(httpDate: text, now: now) == nil)
    }

    @Test(arguments: [
        ("120", Duration.seconds(120)), (" 0 ", .zero), ("86400", .seconds(86400)),
        ("86401", .seconds(86400)), ("99999999999999999999", .seconds(86400)),
        ("Sat, 21 Nov 2026 08:01:00 GMT", .seconds(60)),
        ("Sat, 21 Nov 2026 07:00:00 GMT", .zero),
        ("Sat, 21 Nov 2099 07:00:00 GMT", .seconds(86400)),
    ]) func `a wait is seconds or a date, and at most a day`(text: String, wait: Duration) {
        #expect(RetryAfter.wait(text, now: now) == wait)
    }

    @Test(arguments: ["", "soon", "-1", "1.5s", "+3"])
    func `what is no wait is not taken for one`(text: String) {
        #expect(RetryAfter.wait(text, now: now) == nil)
    }
}
