import Alerting
import Testing

struct NearestNameTests {
    @Test(arguments: [
        ("tokne", "token"), ("Token", "token"), ("tokn", "token"), ("toxxn", nil),
        ("chanells", "channels"), ("chxxyls", nil),
    ])
    func `a name that differs from a known one in at most a third of its letters is recognised`(
        written: String,
        meant: String?
    ) {
        #expect(NearestName.of(written, among: ["policy", "token", "channels"]) == meant)
    }
}
