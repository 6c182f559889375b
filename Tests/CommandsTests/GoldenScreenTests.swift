import Alerting
import Formats
import Foundation
import Monitor
import Store
import Testing

@testable import Commands

/// The screens of one token and of many, as the documentation shows them.
struct GoldenScreenTests {
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
            canvas: Canvas(now: now, width: 80, height: 24, isUnicode: isUnicode)
        ).lines
    }

    @Test func `status`() throws {
        try expectScreen(status(crowd(), overview()), as: "status")
        try expectScreen(status(crowd(), overview(), isUnicode: false), as: "status-ascii")
        try expectScreen(status(Array(crowd().suffix(5)), overview()), as: "status-ok")
        try expectScreen(status([], overview()), as: "status-none")
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
            "problem":"This machine's clock is wrong, 3 h behind; times use the clock of api.github.com."},
            "config":{"last_error":null},"deliveries":{"waiting":3,"given_up":1}}
            """#
        try expectScreen(status(Array(crowd().prefix(3)), overview(json)), as: "status-trouble")
    }

    @Test(arguments: ["README.md", "docs/commands.md"])
    func `the documentation shows the screen as it is`(page: String) throws {
        let root = URL(filePath: goldenFolder).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path()
        let text = try String(contentsOfFile: root + page, encoding: .utf8)
        let shown = status(try crowd(), try overview()).prefix { !$0.hasPrefix("  Hidden") }
        #expect(text.contains("```\n" + shown.joined(separator: "\n") + "\n```\n"))
    }

    @Test func `status of one token`() throws {
        let token = try #require(try crowd().first { $0.id == "backup-k8s-17" })
        try expectScreen(
            TokenScreen(token, Canvas(now: now, width: 80)).lines,
            as: "status-token"
        )
    }

    @Test func `acks, events and check`() throws {
        let tokens = try crowd()
        try expectScreen(
            AcknowledgementsScreen(tokens: tokens).lines(on: Canvas(now: now, width: 80)),
            as: "acks"
        )
        let json = """
            {"id":"01JD0000000000000000000000","at":"2026-11-21T06:00:00Z","type":"expiring",
            "phase":"raised","severity":"warning",
            "summary":"deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)"}
            """
        let event = try EventReport(try JSONValue(parsing: Array(json.utf8)))
        try expectScreen(
            EventLines(canvas: Canvas(now: now, width: 80)).lines(event),
            as: "events"
        )
    }

    @Test func `explain`() throws {
        let report = try ExplainReport(JSONValue(parsing: Array(ExplainTests.json.utf8)))
        try expectScreen(
            ExplainScreen(report: report, canvas: Canvas(now: now, width: 80)).lines,
            as: "explain"
        )
    }

    @Test func `check in trouble, and without it`() throws {
        // One line for programs: 80 columns are not its bound.
        let lines = try [Array(crowd().prefix(5)), Array(crowd().suffix(2))].map {
            CheckLine($0, at: now).text
        }
        try expectScreen(lines.flatMap { TextWrap.lines($0, width: 80) }, as: "check")
    }

    @Test func `history`() throws {
        func event(_ day: Int, _ type: String, _ phase: String, _ summary: String, _ more: String)
            throws -> JSONValue
        {
            let json = """
                {"id":"01JD\(String(repeating: "0", count: 20))\(day)","at":"2026-11-\(day)T06:00:00Z",
                "type":"\(type)","phase":"\(phase)","severity":"warning","summary":"\(summary)",
                "token":{"id":"deploy","owner":"\(day < 13 ? "web" : "platform team")"},"details":\(more)}
                """
            return try JSONValue(parsing: Array(json.utf8))
        }
        let events = try [
            event(10, "first_seen", "changed", "deploy is now watched", "{}"),
            event(
                12,
                "permissions_changed",
                "changed",
                "deploy: permissions widened",
                #"{"direction":"widened","added":["dns:*"],"removed":["dns:list"]}"#
            ),
            event(
                14,
                "expiring",
                "raised",
                "deploy expires 2026-11-28 07:00 UTC (in 14 d 1 h)",
                "{}"
            ),
            event(
                18,
                "expiring",
                "resolved",
                "deploy renewed: 90 days left (was 10)",
                #"{"lasted_seconds":345600,"mended":"renewed: 90 days left (was 10)"}"#
            ),
            event(
                19,
                "rotated",
                "changed",
                "deploy has a new secret",
                #"{"covers_old":"no","added":[],"removed":["servers:create"]}"#
            ),
        ]
        let outage = try JSONValue(
            parsing: Array(
                #"""
                {"from":"2026-11-16T06:00:00Z","until":"2026-11-16T08:30:00Z","outcome":"unreachable",
                "error":"connection refused by admin.vps.org:443","permissions":null,"expiry":"not_seen"}
                """#.utf8
            )
        )
        let token = try token(tokenJSON("deploy", owner: "platform team"))
        let screen = LifeScreen(
            id: try #require(TokenID("deploy")),
            life: try TokenLife(
                try #require(TokenID("deploy")),
                events: events,
                spans: [try #require(SpanReport(outage))],
                token: token,
                now: now
            ),
            token: token,
            canvas: Canvas(now: now, width: 80)
        )
        try expectScreen(screen.lines, as: "history")
    }

    @Test func `simulate, alone and compared`() async throws {
        let folder = try Folder()
        let secret = try folder.write("golden-secret\n", to: "secret")
        func configuration(_ name: String, _ policy: String) throws -> String {
            try folder.write(
                """
                [daemon]
                state_dir = "\(folder.path)/state"
                [policy]
                \(policy)
                [channels.log]
                type = "syslog"
                [channels.ops]
                type = "command"
                argv = ["/bin/true"]
                min_severity = "critical"
                [tokens.deploy]
                provider = "hetzner"
                secret_file = "\(secret)"
                expires = "2026-11-27"

                """,
                to: name
            )
        }
        let current = try configuration("current.toml", "warn_before = [\"7d\"]")
        let new = try configuration("new.toml", "warn_before = [\"2d\"]")
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/state",
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        let store = try Store(
            directory: StateDirectory(path: "\(folder.path)/state"),
            instance: "vps-1",
            now: now
        )
        try await store.close()
        let alone = await run("simulate", "--days=10", "--current", current, width: 80)
        #expect(alone.status == 0, "\(alone.printed.errors)")
        try expectScreen(
            Array(
                alone.printed.output.split(separator: "\n", omittingEmptySubsequences: false).map(
                    String.init
                ).dropLast()
            ),
            as: "simulate"
        )
        let compared = await run(
            "simulate",
            "--days=10",
            "--current",
            current,
            "--config",
            new,
            width: 80
        )
        try expectScreen(
            Array(
                compared.printed.output.split(separator: "\n", omittingEmptySubsequences: false)
                    .map(String.init).dropLast()
            ),
            as: "simulate-compared"
        )
    }
}
