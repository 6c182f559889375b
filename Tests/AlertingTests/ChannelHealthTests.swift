import Alerting
import Testing

@Suite
struct ChannelHealthTests {
    private var random = SplitMix64(state: 5)

    /// A queue with one delivery that was made at `start`.
    private func waiting() -> ChannelQueue {
        var queue = ChannelQueue()
        guard let page = queue.requestPage(at: beginning) else { return queue }
        queue.take([pending(1, subject: "token:a")], of: page, isFull: false, at: beginning)
        return queue
    }

    @Test func `a channel that has waited for an hour fails, and not a moment sooner`() {
        let queue = waiting()
        let hour = beginning.moment + .hours(1)
        #expect(queue.health(at: beginning.moment) == .unknown)
        #expect(queue.health(at: hour - .milliseconds(1)) == .unknown)
        #expect(queue.failsAt(after: beginning.moment) == hour)
        guard case .failing(let trouble) = queue.health(at: hour) else {
            Issue.record("it does not fail")
            return
        }
        #expect(trouble.waitingSince == beginning.moment && !trouble.hasGivenUp)
        #expect(queue.failsAt(after: hour) == nil)
    }

    @Test mutating func `a delivery that is given up makes it fail until one succeeds`() {
        var queue = waiting()
        #expect(queue.start(at: beginning).count == 1)
        queue.finish(1, .giveUp(error: "404 Not Found"), at: beginning, using: &random)
        guard case .failing(let trouble) = queue.health(at: beginning.moment) else {
            Issue.record("it does not fail")
            return
        }
        #expect(trouble.hasGivenUp && trouble.error == "404 Not Found")
        let said = trouble.finding(channel: "ops", at: beginning)
        #expect(said.summary == "channel ops fails: a delivery was dropped: 404 Not Found")
        #expect(said.severity == .warning)
        queue.confirm(queue.unsettled())
        queue.noteMore()
        guard let page = queue.requestPage(at: beginning) else {
            Issue.record("it wants no more")
            return
        }
        queue.take([pending(2, subject: "token:a")], of: page, isFull: false, at: beginning)
        #expect(queue.start(at: beginning).count == 1)
        queue.finish(2, .delivered, at: beginning, using: &random)
        #expect(queue.health(at: beginning.moment) == .well)
    }

    @Test mutating func `a test that is delivered ends the trouble, and what waits goes at once`() {
        var queue = waiting()
        #expect(queue.start(at: beginning).count == 1)
        queue.finish(1, .giveUp(error: "404 Not Found"), at: beginning, using: &random)
        queue.noteTestDelivered(at: beginning)
        #expect(queue.health(at: beginning.moment) == .well)

        queue = waiting()
        #expect(queue.start(at: beginning).count == 1)
        queue.finish(1, .retry(error: "503", after: .hours(1)), at: beginning, using: &random)
        #expect(queue.start(at: beginning + .minutes(1)).isEmpty)
        queue.noteTestDelivered(at: beginning + .minutes(1))
        #expect(queue.start(at: beginning + .minutes(1)).map(\.id) == [1])
    }

    @Test func `a test alone shows that a channel works`() {
        var queue = ChannelQueue()
        queue.noteTestDelivered(at: beginning)
        #expect(queue.health(at: beginning.moment) == .well)
    }

    @Test func `a channel that nothing was sent to is neither well nor failing`() {
        #expect(ChannelQueue().health(at: beginning.moment + .days(9)) == .unknown)
    }
}
