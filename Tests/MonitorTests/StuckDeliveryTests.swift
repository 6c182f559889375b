import Alerting
import Testing

@testable import Monitor

struct StuckDeliveryTests {
    private static let began = Moment(milliseconds: 1_000_000_000)
    private static let start = Now(instant: notifyStart, moment: began)

    /// A channel with a delivery made at `notifyStart`.
    private func report(failing error: String? = nil) throws -> ChannelReport {
        var queue = ChannelQueue()
        let page = queue.requestPage(at: Self.start)
        queue.take([makeDelivery(1)], of: try #require(page), isFull: false, at: Self.start)
        if let error {
            let started = queue.start(at: Self.start)
            #expect(started.map(\.id) == [1])
            var random = SplitMix64(state: 1)
            queue.finish(
                1,
                .retry(error: error, after: nil),
                at: Self.start,
                using: &random
            )
        }
        return ChannelReport(name: "ops", queue: queue, at: Self.start)
    }

    @Test func `a delivery that has waited for an hour is stuck`() throws {
        let reports = [try report()]
        let hour = Duration.hours(1)
        func stuck(_ wait: Duration) -> [String] {
            reports.stuck(at: Self.began + wait, outboxProblem: nil)
        }
        #expect(stuck(hour - .milliseconds(1)).isEmpty)
        #expect(stuck(hour) == ["a delivery to channels.ops has waited for 1 h"])
        #expect(stuck(hour + .milliseconds(1)).count == 1)
        #expect(stuck(.zero - hour).isEmpty)
    }

    @Test func `why it waits is said`() throws {
        let reports = [try report(failing: "hooks.example answered 503")]
        #expect(
            reports.stuck(at: Self.began + .hours(2), outboxProblem: nil) == [
                "a delivery to channels.ops has waited for 2 h: hooks.example answered 503"
            ]
        )
    }

    @Test func `an outbox that cannot be used is a reason at once`() {
        let reports = [ChannelReport(name: "ops", queue: ChannelQueue(), at: Self.start)]
        #expect(reports.stuck(at: Self.began, outboxProblem: nil).isEmpty)
        #expect(
            reports.stuck(at: Self.began, outboxProblem: "disk I/O error") == [
                "deliveries cannot be read or written: disk I/O error"
            ]
        )
    }
}
