import Alerting
import Testing

struct HeartbeatHealthTests {
    @Test func `two failed pings in a row are an alert, and it is said once`() {
        var health = HeartbeatHealth()
        #expect(health.pinged(error: "a") == nil)
        #expect(health.pinged(error: "b") == .failing(error: "b"))
        #expect(health.pinged(error: "c") == nil)
    }

    @Test func `failed pings with a good one between them are none`() {
        var health = HeartbeatHealth()
        #expect(health.pinged(error: nil) == .well)
        for _ in 0..<5 {
            #expect(health.pinged(error: "a") == nil)
            #expect(health.pinged(error: nil) == nil)
        }
    }

    @Test func `a good ping ends it, and what follows is counted from the start`() {
        var health = HeartbeatHealth()
        _ = health.pinged(error: "a")
        _ = health.pinged(error: "a")
        #expect(health.pinged(error: nil) == .well)
        #expect(health.pinged(error: "a") == nil)
        #expect(health.pinged(error: "b") == .failing(error: "b"))
    }

    @Test func `the first good ping ends what an earlier run has left`() {
        var health = HeartbeatHealth()
        #expect(health.pinged(error: "a") == nil)
        #expect(health.pinged(error: nil) == .well)
    }

    @Test func `the alert is a warning with the reason`() {
        let finding = HeartbeatHealth.finding(error: "hc.example answered 404")
        #expect(finding.condition == .heartbeatFailing && finding.severity == .warning)
        #expect(finding.summary == "heartbeat fails: hc.example answered 404")
    }
}
