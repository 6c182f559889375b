import Alerting
import Testing

@Suite
struct ChannelHealthTests {
    private var random = SplitMix64(state: 5)

    /// A queue with one delivery that was made at `start`.
    private func waiting() -> ChannelQueue {
        var queue = ChannelQueue()
        guard let page = queue.requestPage(at: start) else { return queue }
        queue.take([.sample(1)], of: page, at: start)
        return queue
    }

    @Test func `a channel that has waited for an hour fails, and not a moment sooner`() {
        let queue = waiting()
        let hour = start + .hours(1)
        #expect(queue.health(at: start) == .unknown)
        #expect(queue.health(at: hour - .milliseconds(1)) == .unknown)
        #expect(queue.failsAt(after: start) == hour)
        guard case .failing(let trouble) = queue.health(at: hour) else {
            Issue.record("it does not fail")
            return
        }
        #expect(trouble.waitingSince == start && !trouble.hasGivenUp)
        #expect(queue.failsAt(after: hour) == nil)
    }

    @Test mutating func `a delivery that is given up makes it fail until one succeeds`() {
        var queue = waiting()
        #expect(queue.start(at: start).count == 1)
        queue.finish(1, .giveUp(error: "404 Not Found"), at: start, using: &random)
        guard case .failing(let trouble) = queue.health(at: start) else {
            Issue.record("it does not fail")
            return
        }
        #expect(trouble.hasGivenUp && trouble.error == "404 Not Found")
        let said = trouble.finding(channel: "ops", at: start)
        #expect(said.summary == "channel ops fails: a delivery was given up: 404 Not Found")
        #expect(said.severity == .warning)
        queue.confirm(queue.unsettled())
        queue.noteMore()
        guard let page = queue.requestPage(at: start) else {
            Issue.record("it wants no more")
            return
        }
        queue.take([.sample(2)], of: page, at: start)
        #expect(queue.start(at: start).count == 1)
        queue.finish(2, .delivered, at: start, using: &random)
        #expect(queue.health(at: start) == .well)
    }

    @Test mutating func `a test that is delivered ends the trouble, and what waits goes at once`() {
        var queue = waiting()
        #expect(queue.start(at: start).count == 1)
        queue.finish(1, .giveUp(error: "404 Not Found"), at: start, using: &random)
        queue.noteTestDelivered(at: start)
        #expect(queue.health(at: start) == .well)

        queue = waiting()
        #expect(queue.start(at: start).count == 1)
        queue.finish(1, .retry(error: "503", after: .hours(1)), at: start, using: &random)
        #expect(queue.start(at: start + .minutes(1)).isEmpty)
        queue.noteTestDelivered(at: start + .minutes(1))
        #expect(queue.start(at: start + .minutes(1)).map(\.id) == [1])
    }

    @Test func `a test alone shows that a channel works`() {
        var queue = ChannelQueue()
        queue.noteTestDelivered(at: start)
        #expect(queue.health(at: start) == .well)
    }

    @Test func `a channel that nothing was sent to is neither well nor failing`() {
        #expect(ChannelQueue().health(at: start + .days(9)) == .unknown)
    }
}

extension Delivery {
    fileprivate static func sample(_ id: Int64) -> Delivery {
        Delivery(
            id: id,
            eventID: EventID(high: 1, low: UInt64(id)),
            channel: "ops",
            subject: "token:a",
            type: "expiring",
            phase: .raised,
            severity: .warning,
            summary: "a expires",
            body: "{}",
            createdAt: start,
            attempts: 0,
            nextAttemptAt: start,
            lastError: nil,
            givenUpAt: nil
        )
    }
}
