import Alerting
import Testing

struct RateLimitsTests {
    private static let now = Moment(milliseconds: 1_000_000)

    private func note(
        _ limits: inout RateLimits,
        _ id: String,
        of host: String = "one.example",
        for wait: Duration,
        at now: Moment
    ) throws -> Moment? {
        limits.note(try #require(TokenID(id)), of: host, until: now + wait, at: now)
    }

    @Test func `a token that is asked to wait holds no other, however often it is`() throws {
        var limits = RateLimits()
        for second in 0..<5 {
            let now = Self.now + .seconds(Int64(second))
            #expect(try note(&limits, "a", for: .days(1), at: now) == nil)
        }
        #expect(try note(&limits, "b", of: "two.example", for: .days(1), at: Self.now) == nil)
    }

    @Test(
        arguments: [
            (59_999, true), (60_000, true), (60_001, false),
        ] as [(Int64, Bool)]
    )
    func `a second token within a minute holds the host`(after: Int64, holds: Bool) throws {
        var limits = RateLimits()
        #expect(try note(&limits, "a", for: .hours(2), at: Self.now) == nil)
        let later = Self.now + .milliseconds(after)
        let end = try note(&limits, "b", for: .hours(5), at: later)
        #expect(end == (holds ? Self.now + .hours(2) : nil), "as long as both wait")
    }

    @Test func `a wait that is over holds nothing`() throws {
        var limits = RateLimits()
        _ = try note(&limits, "a", for: .seconds(5), at: Self.now)
        #expect(try note(&limits, "b", for: .hours(1), at: Self.now + .seconds(5)) == nil)
        limits.keep(hosts: [])
        #expect(try note(&limits, "a", for: .hours(1), at: Self.now + .seconds(6)) == nil)
    }

    @Test func `without a time the wait is a minute, or the interval where that is shorter`() {
        #expect(RateLimits.wait(interval: .hours(1)) == .minutes(1))
        #expect(RateLimits.wait(interval: .seconds(2)) == .seconds(2))
    }
}
