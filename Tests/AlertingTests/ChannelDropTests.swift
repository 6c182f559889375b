import Alerting
import Testing

struct ChannelDropTests {
    @Test func `rows that cannot be read count as dropped until the channel delivers again`() {
        var bench = QueueBench([pending(1)])
        bench.queue.noteDropped(2, error: "2 rows cannot be read", at: beginning)
        #expect(bench.queue.counts.givenUp == 2 && bench.queue.hasGivenUp)
        #expect(bench.queue.lastError == "2 rows cannot be read")
        #expect(bench.start(at: beginning) == [1])
        bench.finish(1, .delivered, at: beginning)
        #expect(bench.queue.counts.givenUp == 2 && !bench.queue.hasGivenUp)
    }

    @Test func `a delivered test ends the trouble as well`() {
        var bench = QueueBench()
        bench.queue.noteDropped(1, error: "a row cannot be read", at: beginning)
        bench.queue.noteTestDelivered(at: beginning)
        #expect(!bench.queue.hasGivenUp)
    }
}
