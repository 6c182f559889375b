import Alerting
import Testing

struct HistogramTests {
    @Test func `a duration counts once, in its bucket and in the sum`() {
        var histogram = Histogram()
        for duration in [Duration.milliseconds(5), .milliseconds(6), .seconds(40)] {
            histogram.note(duration)
        }
        histogram.note(.zero - .seconds(1))
        #expect(histogram.counts == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(histogram.count == 4)
        #expect(histogram.sum == .milliseconds(40_011))
    }
}
