import Alerting
@testable import Formats
import Foundation
import Monitor
import Testing

@testable import Commands

/// Screens at 80 columns, kept as files in `Tests/Fixtures/screens`, as the documentation shows them.
///
/// `TOKENWATCHD_RECORD=1` before the tests writes them from scratch.
struct GoldenScreenTests {
    private static let folder =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path()
        + "Fixtures/screens"

    private func expect(_ lines: [String], as name: String) throws {
        let path = "\(Self.folder)/\(name).txt"
        let text = lines.joined(separator: "\n") + "\n"
        for line in lines { #expect(DisplayWidth.of(line) <= 80, "\(line)") }
        if ProcessInfo.processInfo.environment["TOKENWATCHD_RECORD"]?.isEmpty == false {
            try text.write(toFile: path, atomically: false, encoding: .utf8)
        }
        #expect(text == (try? String(contentsOfFile: path, encoding: .utf8)), "\(text)")
    }

    /// A token whose last poll failed.
    private func failing(_ id: String, _ state: String, _ outcome: String, _ error: String) throws
        -> TokenReport
    {
        try token(
            tokenJSON(id, state: state, expiresIn: nil)
                .replacing("\"last_outcome\":\"ok\"", with: "\"last_outcome\":\"\(outcome)\"")
                .replacing("\"last_error\":null", with: "\"last_error\":\"\(error)\"")
                .replacing("08:43:00Z", with: "08:00:06Z")
                .replacing("\"expiry\":\"never\"", with: "\"expiry\":\"not_seen\"")
        )
    }

    private func crowd() throws -> [TokenReport] {
        let acked = #"{"by":"ann","reason":"ordered","until":"2026-12-01T08:00:00Z"}"#
        let rejected = try token(
            tokenJSON(
                "mail-prod-19",
                state: "critical",
                expiresIn: nil,
                alerts: [alertJSON("rejected", "critical", "mail-prod-19 is rejected by x")]
            )
            .replacing("\"last_outcome\":\"ok\"", with: "\"last_outcome\":\"rejected\"")
            .replacing("\"last_error\":null", with: "\"last_error\":\"401 Unauthorized\"")
            .replacing("\"expiry\":\"never\"", with: "\"expiry\":\"not_seen\"")
        )
        let critical = try token(
            tokenJSON(
                "backup-k8s-17",
                state: "critical",
                expiresIn: .seconds(27 * 3600),
                alerts: [alertJSON("expiring", "critical", stage: "3d", acknowledged: acked, "x")]
            )
        )
        let warning = try token(
            tokenJSON(
                "mail-us-east-2-9",
                state: "warning",
                expiresIn: .days(6),
                alerts: [
                    alertJSON("expiring", "warning", stage: "7d", "x"),
                    alertJSON(
                        "permissions_missing",
                        "warning",
                        "mail-us-east-2-9 lacks domains:read, domains:verify"
                    ),
                ]
            )
        )
        let silent = try failing(
            "git",
            "unknown",
            "unreachable",
            "connection refused by gitlab.corp:443"
        )
        let well = try (0..<36).map { number in
            try token(tokenJSON("web-\(number)", owner: "platform team"))
        }
        return [rejected, critical, warning, silent] + well
    }

    private func overview(_ json: String = #"{"next_poll_at":"2026-11-21T08:00:03Z"}"#) throws
        -> Overview
    {
        Overview(try JSONValue(parsing: Array(json.utf8)))
    }

    private func status(
        _ tokens: [TokenReport],
        _ overview: Overview,
        isUnicode: Bool = true
    ) -> [String] {
        StatusScreen(
            tokens: tokens.sorted(by: TokenReport.isListed),
            watched: tokens.count,
            overview: overview,
            listing: .fitting,
            now: now,
            width: 80,
            height: 24,
            hasColour: false,
            isUnicode: isUnicode
        ).lines
    }

    @Test func `status`() throws {
        try expect(status(crowd(), overview()), as: "status")
        try expect(status(crowd(), overview(), isUnicode: false), as: "status-ascii")
        try expect(status(Array(crowd().suffix(5)), overview()), as: "status-ok")
        try expect(status([], overview()), as: "status-none")
    }

    @Test func `status with trouble of hosts and of the daemon, and a wrong clock`() throws {
        let alert = #"""
            {"condition":"host_unreachable","severity":"critical","since":"2026-11-21T06:00:00Z",
            "stage":null,"acknowledged":null,"next_reminder_at":null,
            "summary":"gitlab.corp: 12 of 14 tokens are unreachable since 2026-11-21 06:00 UTC (2 h ago)"}
            """#
        let json = #"""
            {"next_poll_at":"2026-11-21T08:00:03Z","host_alerts":[\#(alert)],"daemon_alerts":[],
            "clock":{"now":"2026-11-21T08:00:00Z","believed":"hosts",
            "problem":"This machine's clock is wrong, 3 h behind; times are by the clock of api.github.com."},
            "config":{"last_error":null},"deliveries":{"waiting":3,"given_up":1}}
            """#
        try expect(status(Array(crowd().prefix(3)), overview(json)), as: "status-trouble")
    }

    @Test(arguments: ["README.md", "docs/commands.md"])
    func `the documentation shows the screen as it is`(page: String) throws {
        let root = URL(filePath: Self.folder).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path()
        let text = try String(contentsOfFile: root + page, encoding: .utf8)
        let shown = status(try crowd(), try overview()).prefix { !$0.hasPrefix("  Hidden") }
        #expect(text.contains("```\n" + shown.joined(separator: "\n") + "\n```\n"))
    }

    @Test func `status of one token`() throws {
        let token = try #require(try crowd().first { $0.id == "backup-k8s-17" })
        try expect(
            TokenScreen(token, now: now, width: 80, hasColour: false).lines,
            as: "status-token"
        )
    }

    @Test func `acks, events and check`() throws {
        let tokens = try crowd()
        try expect(
            AcknowledgementsScreen(tokens: tokens, now: now, width: 80, hasColour: false).lines,
            as: "acks"
        )
        let json = """
            {"id":"01JD0000000000000000000000","at":"2026-11-21T06:00:00Z","type":"expiring",
            "phase":"raised","severity":"warning",
            "summary":"deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)"}
            """
        let event = try EventReport(try JSONValue(parsing: Array(json.utf8)))
        try expect(EventLines(now: now, width: 80, hasColour: false).lines(event), as: "events")
    }
}
