import Alerting
import Testing

/// What providers send with a refusal of too many requests.
@Suite struct RequestedPauseTests {
    private let now = Instant(seconds: 1_800_000_000)

    private func pause(_ status: Int, _ headers: [String: String]) -> Duration? {
        RequestedPause.of(status: status, headers: { headers[$0] }, now: now)
    }

    private func quota(_ reset: String, _ more: [String: String] = [:]) -> [String: String] {
        ["x-ratelimit-remaining": "0", "x-ratelimit-reset": reset].merging(more) { $1 }
    }

    @Test(arguments: [403, 429]) func `a quota that is used up is waited for until its reset`(
        status: Int
    ) {
        #expect(pause(status, quota("1800001234")) == .seconds(1234))
        #expect(pause(status, quota("1800001234.567")) == .seconds(1234))
        #expect(pause(status, quota("60")) == .seconds(60))
        let plain = ["ratelimit-remaining": "0", "ratelimit-reset": "1800000010"]
        #expect(pause(status, plain) == .seconds(10))
        #expect(RequestedPause.isQuotaUsedUp(status: status) { plain[$0] })
    }

    @Test(
        arguments: [
            ("1800086399", 86399), ("1800086400", 86400), ("1800086401", 86400),
            ("999999999999", 86400), ("999999999", 86400), ("1799999999", 0), ("1000000000", 0),
        ] as [(String, Int64)]
    ) func `no reset is waited for longer than a day`(
        reset: String,
        seconds: Int64
    ) {
        #expect(pause(429, quota(reset)) == .seconds(seconds))
    }

    @Test func `the reset is an instant of the provider's clock`() {
        // Its clock is an hour ahead.
        let date = ["Date": "Fri, 15 Jan 2027 09:00:00 GMT"]
        #expect(pause(403, quota("1800003660", date)) == .seconds(60))
    }

    @Test func `Retry-After goes first`() {
        #expect(pause(429, quota("1800001234", ["Retry-After": "7"])) == .seconds(7))
        #expect(pause(503, ["Retry-After": "7"]) == .seconds(7))
    }

    @Test func `what is no used-up quota asks for no pause`() {
        #expect(pause(403, ["x-ratelimit-remaining": "1", "x-ratelimit-reset": "60"]) == nil)
        #expect(pause(200, quota("60")) == nil)
        #expect(pause(401, quota("60")) == nil)
        for reset in ["", "soon", "-1", "1e9", "0x10", "1234567890123"] {
            #expect(pause(429, quota(reset)) == nil, "\(reset)")
        }
    }
}
