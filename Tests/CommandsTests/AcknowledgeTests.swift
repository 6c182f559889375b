import Alerting
import Foundation
import Testing

@testable import Commands

private let known =
    #"{"by":"john","reason":"renewal is ordered","until":"2026-12-21T08:00:00Z"}"#

private func alerting(_ id: String, acknowledged: String? = nil) -> String {
    tokenJSON(
        id,
        state: "critical",
        expiresIn: .days(2),
        alerts: [
            alertJSON("expiring", "critical", stage: "3d", acknowledged: acknowledged, "it expires")
        ]
    )
}

private func daemon(
    acknowledged: String? = nil,
    _ more: [String: (Int, String)] = [:]
) async throws -> FakeDaemon {
    let until = #"{"until":"2026-12-21T08:00:00Z"}"#
    var answers: [String: (Int, String)] = [
        "GET /v1/tokens": (200, "[\(alerting("deploy", acknowledged: acknowledged))]"),
        "GET /v1/status": (200, "{}"), "POST /v1/tokens/deploy/ack": (200, until),
        "POST /v1/tokens/expiring/ack": (200, until), "DELETE /v1/tokens/deploy/ack": (200, "{}"),
    ]
    answers.merge(more) { $1 }
    return try await FakeDaemon(answers)
}

/// The last body as its members; null is "null".
private func members(_ daemon: FakeDaemon) throws -> [String: String] {
    let body = try #require(daemon.bodies.last)
    let json = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
    return (json ?? [:]).mapValues { $0 as? String ?? "null" }
}

@Test func `ack says what is acknowledged, until when and how to take it back`() async throws {
    let daemon = try await daemon()
    let (status, printed) = await run(
        "ack",
        "deploy",
        "expiring",
        "--reason",
        "it's \"ordered\"",
        "--for",
        "30d",
        "--by",
        "ann",
        "--socket",
        daemon.socket
    )
    #expect(status == 0)
    #expect(
        printed.outputLines == [
            "deploy: expiring is acknowledged until 2026-12-21 08:00 UTC (in 30 d) by ann.",
            "No reminders until then, unless the severity rises. To remove it: "
                + "tokenwatchd unack deploy expiring",
        ]
    )
    #expect(
        try members(daemon) == [
            "condition": "expiring", "reason": "it's \"ordered\"", "for": "30d", "by": "ann",
        ]
    )
    await daemon.stop()
}

@Test func `ack without a condition means every alert, and leaves the length to the daemon`()
    async throws
{
    let daemon = try await daemon()
    let (status, printed) = await run(
        "ack",
        "deploy",
        "--reason",
        "known",
        "--socket",
        daemon.socket
    )
    #expect(status == 0)
    #expect(printed.output.hasPrefix("deploy: every alert is acknowledged until 2026-12-21 "))
    #expect(
        try members(daemon)
            == ["condition": "null", "reason": "known", "for": "null", "by": "null"]
    )
    await daemon.stop()
}

@Test(
    arguments: [
        ([:], nil, "null"), (["USER": "eve"], nil, "null"), (["USER": "root"], "john", "john"),
        (["SUDO_USER": "", "USER": "root"], "john", "john"),
        (["SUDO_USER": "ann", "USER": "root"], "john", "ann"),
    ] as [([String: String], String?, String)]
)
func `who acknowledges is the caller of sudo, else of the login, else of the socket`(
    environment: [String: String],
    login: String?,
    name: String
) async throws {
    let daemon = try await daemon()
    for command in [["ack", "deploy", "--reason=x"], ["unack", "deploy"]] {
        let printed = Printed()
        let session = Session(
            console: printed.console(),
            environment: environment,
            hostname: "vps-1",
            clock: { now },
            loginName: { login },
            runDaemon: { _, _ in 0 }
        )
        #expect(await Program.run(command + ["--socket", daemon.socket], session) == 0)
        #expect(try members(daemon)["by"] == name)
    }
    await daemon.stop()
}

@Test func `a token may be called as a condition is`() async throws {
    let daemon = try await daemon()
    let (status, _) = await run(
        "ack",
        "expiring",
        "expiring",
        "--reason",
        "x",
        "--socket",
        daemon.socket
    )
    #expect(status == 0)
    #expect(daemon.requests.first == "POST /v1/tokens/expiring/ack")
    #expect(try members(daemon)["condition"] == "expiring")
    await daemon.stop()
}

@Test func `unack says that reminders resume`() async throws {
    let daemon = try await daemon()
    let (status, printed) = await run("unack", "deploy", "expiring", "--socket", daemon.socket)
    #expect(status == 0)
    #expect(printed.output == "deploy: acknowledgement of expiring removed; reminders resume.\n")
    #expect(daemon.requests.first == "DELETE /v1/tokens/deploy/ack")
    #expect(try members(daemon) == ["condition": "expiring", "by": "null"])
    await daemon.stop()
}

@Test(arguments: [["ack", "--reason=x"], ["unack"]])
func `nothing to acknowledge exits with 1 and says what the daemon says`(
    command: [String]
) async throws {
    let answer = (409, #"{"status":409,"detail":"deploy has no alert"}"#)
    let daemon = try await daemon([
        "POST /v1/tokens/deploy/ack": answer, "DELETE /v1/tokens/deploy/ack": answer,
    ])
    let printed = Printed()
    let session = Session(
        console: printed.console(),
        environment: [:],
        hostname: "vps-1",
        clock: { now },
        runDaemon: { _, _ in 0 }
    )
    #expect(await Program.run(command + ["deploy", "--socket", daemon.socket], session) == 1)
    #expect(
        printed.errors
            == "tokenwatchd: deploy has no alert; see: tokenwatchd status deploy\n"
    )
    #expect(printed.output.isEmpty)
    await daemon.stop()
}

@Test func `an acknowledgement of an unknown token names the nearest`() async throws {
    let daemon = try await daemon()
    for id in ["deplyo", "../x"] {
        let (status, printed) = await run(
            "ack",
            id,
            "--reason",
            "x",
            "--socket",
            daemon.socket
        )
        #expect(status == 3)
        let hint = id == "../x" ? "" : "; did you mean deploy?"
        #expect(printed.errors == "tokenwatchd: there is no token \"\(id)\"\(hint)\n")
    }
    #expect(!daemon.requests.contains { $0.contains("..") })
    await daemon.stop()
}

@Test func `what the daemon does not take is told with its words and exits with 64`() async throws {
    let daemon = try await daemon([
        "POST /v1/tokens/deploy/ack": (
            400, #"{"status":400,"detail":"for must be a duration such as \"2d\", at most 90d"}"#
        )
    ])
    let (status, printed) = await run(
        "ack",
        "deploy",
        "--reason",
        "x",
        "--for",
        "2d",
        "--socket",
        daemon.socket
    )
    #expect(status == 64)
    #expect(
        printed.errorLines == [
            "tokenwatchd ack: for must be a duration such as \"2d\", at most 90d",
            "see tokenwatchd ack --help",
        ]
    )
    await daemon.stop()
}

@Test func `whoever may not acknowledge or test is told who may`() async throws {
    let refusal = (
        403,
        #"{"status":403,"detail":"permission denied: only root and the daemon's user may do this"}"#
    )
    let daemon = try await daemon([
        "POST /v1/tokens/deploy/ack": refusal, "POST /v1/test-notify": refusal,
    ])
    let line =
        "tokenwatchd: permission denied: only root and the daemon's user may do this; run it with sudo\n"
    let (ack, first) = await run("ack", "deploy", "--reason=x", "--socket", daemon.socket)
    #expect(ack == 3)
    #expect(first.errors == line)
    let (test, second) = await run("test-notify", "--socket", daemon.socket)
    #expect(test == 3)
    #expect(second.errors == line)
    await daemon.stop()
}

@Test func `acks shows who knows of what until when, what ends first first`() async throws {
    let later = alerting("a", acknowledged: known)
    let sooner = alerting(
        "b",
        acknowledged: #"{"by":"x\u001b[2J","reason":"soon","until":"2026-11-22T08:00:00Z"}"#
    )
    let daemon = try await daemon([
        "GET /v1/tokens": (200, "[\(later),\(sooner),\(alerting("c"))]")
    ])
    let (status, printed) = await run("acks", "--socket", daemon.socket)
    #expect(status == 0)
    let cells = printed.outputLines.map { line in
        line.components(separatedBy: "  ").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }.joined(separator: "|")
    }
    #expect(
        cells == [
            "TOKEN|CONDITION|SEVERITY|BY|UNTIL|REASON",
            "b|expiring|critical|x\\u{1b}[2J|2026-11-22 08:00 UTC (in 1 d)|soon",
            "a|expiring|critical|john|2026-12-21 08:00 UTC (in 30 d)|renewal is ordered",
        ]
    )
    let (_, json) = await run("acks", "--json", "--socket", daemon.socket)
    let list = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: String]]
    #expect(
        list?.last == [
            "token": "a", "condition": "expiring", "severity": "critical", "by": "john",
            "until": "2026-12-21T08:00:00Z", "reason": "renewal is ordered",
        ]
    )
    #expect(list?.first?["by"] == "x\u{1b}[2J")
    await daemon.stop()
}

@Test(
    arguments: [
        ([], "Nothing is acknowledged, and no token has an alert."),
        (["a"], "Nothing is acknowledged. One alert is active; see: tokenwatchd status"),
        (["a", "b"], "Nothing is acknowledged. 2 alerts are active; see: tokenwatchd status"),
    ] as [([String], String)]
)
func `that nothing is acknowledged is said`(ids: [String], line: String) async throws {
    let tokens = ids.map { alerting($0) } + [tokenJSON("fine")]
    let daemon = try await daemon([
        "GET /v1/tokens": (200, "[\(tokens.joined(separator: ","))]")
    ])
    let (status, printed) = await run("acks", "--socket", daemon.socket)
    #expect(status == 0)
    #expect(printed.output == line + "\n")
    let (_, json) = await run("acks", "--json", "--socket", daemon.socket)
    #expect(json.output == "[]\n")
    await daemon.stop()
}

@Test(arguments: [80, 120, 200])
func `the table of acks fits its terminal`(width: Int) throws {
    let long =
        #"{"by":"john","reason":"\#(String(repeating: "long ", count: 60))","#
        + #""until":"2026-12-21T08:00:00Z"}"#
    let screen = AcknowledgementsScreen(
        tokens: [
            try token(alerting("a-token-with-a-name-of-some-length", acknowledged: long))
        ]
    )
    let lines = screen.lines(on: Canvas(now: now, width: width))
    #expect(lines.count == 2)
    for line in lines { #expect(DisplayWidth.of(line) <= width, "\(line)") }
    #expect(lines[1].contains("in 30 d"))
}

@Test func `status shows an acknowledged alert as such, and counts it as before`() async throws {
    let deploy = alerting("deploy", acknowledged: known)
    let daemon = try await daemon([
        "GET /v1/tokens": (200, "[\(deploy)]"), "GET /v1/tokens/deploy": (200, deploy),
    ])
    let (all, table) = await run("status", "--socket", daemon.socket)
    #expect(all == 2)
    #expect(table.outputLines[2].hasSuffix(", acked by john"))
    let (one, card) = await run("status", "deploy", "--socket", daemon.socket)
    #expect(one == 2)
    #expect(
        card.outputLines[1].hasSuffix(
            "; acknowledged by john until 2026-12-21 08:00 UTC (in 30 d): renewal is ordered"
        )
    )
    await daemon.stop()
}

@Test func `test-notify says what each receiver answered, and exits with 0 if all took it`()
    async throws
{
    let good = try await daemon([
        "POST /v1/test-notify": (
            200,
            #"[{"channel":"log","delivered":true,"error":null},"#
                + #"{"channel":"ops-team","delivered":true,"error":null}]"#
        )
    ])
    let (all, printed) = await run("test-notify", "--socket", good.socket)
    #expect(all == 0)
    #expect(printed.outputLines == ["log       delivered", "ops-team  delivered"])
    #expect(good.bodies == [#"{"channels":[]}"#])
    await good.stop()
    let bad = try await daemon([
        "POST /v1/test-notify": (
            200,
            #"[{"channel":"log","delivered":true,"error":null},"#
                + #"{"channel":"osp","delivered":false,"error":"there is no channel osp"}]"#
        )
    ])
    let (some, failed) = await run("test-notify", "log", "osp", "--socket", bad.socket)
    #expect(some == 1)
    #expect(failed.outputLines == ["log  delivered", "osp  failed: there is no channel osp"])
    #expect(bad.bodies == [#"{"channels":["log","osp"]}"#])
    await bad.stop()
}

@Test(arguments: ["acks", "test-notify"])
func `whoever asks without a daemon is told how to start it`(command: String) async throws {
    let folder = try Folder()
    let (status, printed) = await run(command, "--socket", folder.path + "/none")
    #expect(status == 3)
    #expect(printed.errors.contains("the daemon is not running: nothing listens on"))
    let (ack, line) = await run(
        "ack",
        "deploy",
        "--reason",
        "x",
        "--socket",
        folder.path + "/none"
    )
    #expect(ack == 3)
    #expect(line.errors.contains("the daemon is not running: nothing listens on"))
}
