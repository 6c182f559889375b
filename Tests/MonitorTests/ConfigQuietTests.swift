import Alerting
import Testing

@testable import Monitor

@Suite struct ConfigQuietTests {
    private func timing(_ lines: String) throws -> ChannelTiming {
        try configuration(someToken + "[channels.a]\n" + lines).channels[0].timing
    }

    @Test(arguments: [
        ("22:00-07:00", 1320, 420), ("00:00-24:00", 0, 1440), ("22:30-00:00", 1350, 1440),
        ("09:00-17:00", 540, 1020),
    ])
    func `quiet hours are taken`(text: String, begin: Int, end: Int) throws {
        let timing = try timing(
            "type = \"syslog\"\nquiet = \"\(text)\"\nquiet_days = [\"sat\", \"mon\"]"
        )
        #expect(
            timing.quiet == QuietHours(begin: begin, end: end, days: [.saturday, .monday])
        )
        #expect(timing.groupWait == nil)
    }

    @Test func `they are those of all days, and critical passes, unless something else is said`()
        throws
    {
        let usual = try timing("type = \"syslog\"\nquiet = \"22:00-07:00\"").quiet
        #expect(usual?.days.count == 7 && usual?.holdsCritical == false)
        let whole = try timing(
            "type = \"syslog\"\nquiet = \"22:00-07:00\"\nquiet_critical = true"
        )
        #expect(whole.quiet?.holdsCritical == true)
    }

    private static let waits: [(String, Duration?)] = [
        ("format = \"slack\"\n", .seconds(10)),
        ("format = \"ntfy\"\ngroup_wait = \"1m\"\n", .minutes(1)),
        ("format = \"slack\"\ngroup_wait = \"0s\"\n", nil), ("format = \"json\"\n", nil),
        ("format = \"json\"\ngroup_wait = \"0s\"\n", nil),
        ("format = \"alertmanager\"\n", nil),
    ]

    @Test(arguments: waits)
    func `what people read comes in groups after ten seconds, and can be set otherwise`(
        lines: String,
        wait: Duration?
    ) throws {
        let webhook = "type = \"webhook\"\nurl = \"https://hooks.example/x\"\n"
        #expect(try timing(webhook + lines).groupWait == wait)
    }
}
