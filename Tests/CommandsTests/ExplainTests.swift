import Alerting
import Formats
import Monitor
import Testing

@testable import Commands

struct ExplainTests {
    static let json = """
        {"id":"deploy","at":"2026-11-21T08:00:00Z","state":"warning","conditions":[
        {"condition":"expiring","holds":true,"severity":"warning","asked":true,
         "rule":"warn_before = 30d, 14d, 7d, 3d, 1d; critical_before = 3d",
         "found":"6 d 23 h left: at or under 7d","changes_at":"2026-11-25T07:00:00Z","details":{},
         "alert":{"condition":"expiring","severity":"warning","since":"2026-11-20T08:00:00Z",
          "stage":"7d","acknowledged":null,"next_reminder_at":"2026-11-27T08:00:00Z",
          "summary":"deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)"}},
        {"condition":"permissions_excess","holds":true,"severity":"warning","asked":true,
         "rule":"allow = dns:*","found":"it has dns:*, evil:\\u001b[31m; in excess: evil",
         "changes_at":null,"details":{},
         "alert":{"condition":"permissions_excess","severity":"warning",
          "since":"2026-11-20T08:00:00Z","stage":null,
          "acknowledged":{"by":"jo","reason":"until the migration is over",
           "until":"2026-11-30T08:00:00Z"},
          "next_reminder_at":null,"summary":"deploy has more permissions than allowed: evil"}},
        {"condition":"unreachable","holds":false,"severity":null,"asked":true,
         "rule":"unreachable_after = 2 h, and at least 2 polls; critical after 1 d",
         "found":"no verdict for 1 h, in 2 polls","changes_at":"2026-11-21T09:00:00Z",
         "details":{},"alert":null},
        {"condition":"unused","holds":false,"severity":null,"asked":false,
         "rule":"unused_after is not set","found":"-","changes_at":null,"details":{},"alert":null}],
        "stages":[{"stage":"7d","severity":"warning","begins_at":"2026-11-21T07:00:00Z",
          "reached":true},
         {"stage":"3d","severity":"critical","begins_at":"2026-11-25T07:00:00Z","reached":false}],
        "coming":[{"at":"2026-11-25T07:00:00Z","type":"expiring","phase":"escalated",
          "severity":"critical","summary":"deploy expires 2026-11-28 07:00 UTC (in 3 d)",
          "channels":["log","operators-of-the-platform","page"]},
         {"at":"2026-11-26T07:00:00Z","type":"expiring","phase":"reminded","severity":"critical",
          "summary":"deploy expires 2026-11-28 07:00 UTC (in 2 d)","channels":[]}],
        "poll":{"last_at":"2026-11-21T07:57:00Z","last_outcome":"unreachable",
         "last_error":"connection refused","failures":2,"next_at":"2026-11-21T08:02:00Z",
         "reason":"backoff","because":"the last poll failed, 2 times in a row"}}
        """

    @Test func `the screen tells why, how far off, what comes and when, at 80 columns`() throws {
        let report = try ExplainReport(JSONValue(parsing: Array(Self.json.utf8)))
        let screen = ExplainScreen(report: report, canvas: Canvas(now: now, width: 80))
        #expect(
            screen.lines
                == """
                deploy: warning

                Active conditions
                  expiring            warning since 2026-11-20 08:00 UTC (1 d ago)
                                      deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)
                                      6 d 23 h left: at or under 7d
                                      rule: warn_before = 30d, 14d, 7d, 3d, 1d; critical_before
                                      = 3d
                                      escalates 2026-11-25 07:00 UTC (in 3 d 23 h)
                  permissions_excess  warning since 2026-11-20 08:00 UTC (1 d ago)
                                      deploy has more permissions than allowed: evil
                                      it has dns:*, evil:\\u{1b}[31m; in excess: evil
                                      rule: allow = dns:*
                                      acknowledged by jo until 2026-11-30 08:00 UTC (in 9 d):
                                      until the migration is over

                Not active
                  unreachable  no verdict for 1 h, in 2 polls; begins 2026-11-21 09:00 UTC (in 1
                               h)
                               rule: unreachable_after = 2 h, and at least 2 polls; critical
                               after 1 d

                Not configured
                  unused

                Expiry stages
                  7d  warning, reached 2026-11-21 07:00 UTC (1 h ago)
                  3d  critical, begins 2026-11-25 07:00 UTC (in 3 d 23 h)

                Next notifications, if nothing changes
                  2026-11-25 07:00 UTC (in 3 d 23 h): critical, expiring escalated, to log,
                      operators-of-the-platform, page
                      deploy expires 2026-11-28 07:00 UTC (in 3 d)
                  2026-11-26 07:00 UTC (in 4 d 23 h): critical, expiring reminded, recorded only

                Polls
                  last  2026-11-21 07:57 UTC (3 min ago): unreachable; connection refused
                  next  2026-11-21 08:02 UTC (in 2 min): the last poll failed, 2 times in a row
                """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        )
        for line in screen.lines { #expect(DisplayWidth.of(line) <= 80, "\(line)") }
    }

    @Test func `a token with nothing wrong says so`() throws {
        let json = """
            {"id":"a","state":"ok","conditions":[],"stages":[],"coming":[],
             "poll":{"last_at":null,"next_at":"2026-11-21T08:00:00Z","because":"it is due"},
             "cannot_see":["It does not report when a token expires: state it with expires."]}
            """
        let report = try ExplainReport(JSONValue(parsing: Array(json.utf8)))
        let lines = ExplainScreen(report: report, canvas: Canvas(now: now, width: 80)).lines
        #expect(lines.contains("No active conditions."))
        #expect(lines.contains("  none"))
        #expect(lines.contains("  last  none yet"))
        #expect(lines.contains("  next  now: it is due"))
        #expect(
            lines.suffix(3) == [
                "", "Not reported by the provider",
                "  It does not report when a token expires: state it with expires.",
            ]
        )
    }

    @Test func `the command asks for one token, and names the one that was meant`() async throws {
        let daemon = try await FakeDaemon([
            "GET /v1/tokens/deploy/explain": (200, Self.json),
            "GET /v1/tokens": (200, "[\(tokenJSON("deploy"))]"),
        ])
        let shown = await run("explain", "deploy", "--socket", daemon.socket)
        #expect(shown.status == 0)
        #expect(shown.printed.outputLines.first == "deploy: warning")
        let json = await run("explain", "deploy", "--json", "--socket", daemon.socket)
        #expect(json.printed.output == Self.json + "\n")
        let unknown = await run("explain", "deply", "--socket", daemon.socket)
        #expect(unknown.status == 3)
        #expect(unknown.printed.errors.contains("did you mean deploy?"))
        let none = await run("explain", "--socket", daemon.socket)
        #expect(none.status == 64)
        await daemon.stop()
    }
}
