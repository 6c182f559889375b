import Alerting
import Foundation
import Testing

@testable import Commands

private let event = """
    {"id":"01JD0000000000000000000000","at":"2026-11-21T06:00:00Z","type":"renamed",
    "phase":"changed","severity":"info","summary":"deploy was renamed"}
    """

private func daemon(_ more: [String: (Int, String)] = [:]) async throws -> FakeDaemon {
    let deploy = tokenJSON(
        "deploy",
        state: "critical",
        expiresIn: .days(2),
        owner: "Platform Team",
        alerts: [alertJSON("expiring", "critical", stage: "3d", "deploy expires soon")]
    )
    let web = tokenJSON("web", permissions: ["servers:list"])
    var answers: [String: (Int, String)] = [
        "GET /v1/tokens": (200, "[\(deploy),\(web)]\n"), "GET /v1/tokens/deploy": (200, deploy),
        "GET /v1/tokens/web": (200, web), "GET /v1/status": (200, "{}"),
        "GET /v1/events": (200, "[\(event)]"), "POST /v1/poll": (202, #"{"polling":2}"#),
        "POST /v1/tokens/web/poll": (202, #"{"polling":1}"#),
    ]
    answers.merge(more) { $1 }
    return try await FakeDaemon(answers)
}

@Test func `status shows the daemon's tokens and exits with the worst of the shown`() async throws {
    let daemon = try await daemon()
    let (all, printed) = await run("status", "--socket", daemon.socket)
    #expect(all == 2)
    #expect(printed.outputLines[0].hasPrefix("2 tokens: 1 critical, 1 ok"))
    #expect(printed.outputLines[2].hasPrefix("deploy"))
    #expect(printed.outputLines[3].hasPrefix("web"))
    let (one, card) = await run("status", "web", "--socket", daemon.socket)
    #expect(one == 0)
    #expect(card.outputLines[0] == "web: ok")
    await daemon.stop()
}

@Test(
    arguments: [
        (["--within", "3d"], 2, "1 of 2 tokens: 1 critical"),
        (["--within", "1d"], 0, "None of 2 tokens matches --within 1d."),
        (["--owner", "platform team"], 2, "1 of 2 tokens: 1 critical"),
        (["--owner", "PLAT*"], 2, "1 of 2 tokens: 1 critical"),
        (["--covers", "dns:list"], 2, "1 of 2 tokens: 1 critical"),
        (["--covers", "servers:*"], 1, "None of 2 tokens matches --covers servers:*."),
        (["--covers", "servers:list"], 0, "1 of 2 tokens: 1 ok"),
        (["--state", "critical"], 2, "1 of 2 tokens: 1 critical"),
        (["--state", "ok,unknown"], 0, "1 of 2 tokens: 1 ok"),
        (["--state", "unknown"], 0, "None of 2 tokens matches --state unknown."),
    ] as [([String], Int32, String)]
)
func `status can be narrowed`(options: [String], status: Int32, first: String) async throws {
    let daemon = try await daemon()
    let printed = Printed()
    let session = Session(
        console: printed.console(),
        environment: [:],
        hostname: "vps-1",
        clock: { now },
        runDaemon: { _, _ in 0 }
    )
    let words = ["status", "--socket", daemon.socket] + options
    #expect(await Program.run(words, session) == status)
    #expect(printed.outputLines.first == first)
    await daemon.stop()
}

@Test func `status lists the problems alone, and in another order`() async throws {
    let daemon = try await daemon()
    let (status, problems) = await run("status", "--problems", "--socket", daemon.socket)
    #expect(status == 2)
    #expect(problems.outputLines.count { $0.hasPrefix("deploy") } == 1)
    #expect(problems.outputLines.last == "  1 more is ok: tokenwatchd status --all")
    let (_, json) = await run("status", "--problems", "--json", "--socket", daemon.socket)
    #expect(json.output.contains(#""id":"deploy""#) && !json.output.contains(#""id":"web""#))
    let (_, sorted) = await run("status", "--sort", "owner", "--json", "--socket", daemon.socket)
    #expect(sorted.output.hasPrefix(#"[{"id":"deploy""#))
    let wrong: [([String], String)] = [
        (["--state", "critcal"], "did you mean critical?"), (["--sort", "size"], "must be one of"),
        (["--all", "--problems"], "use either --all or --problems"),
    ]
    for (words, text) in wrong {
        let printed = Printed()
        let session = Session(
            console: printed.console(),
            environment: [:],
            hostname: "vps-1",
            clock: { now },
            runDaemon: { _, _ in 0 }
        )
        #expect(await Program.run(["status"] + words, session) == 64)
        #expect(printed.errors.contains(text), "\(printed.errors)")
    }
    await daemon.stop()
}

@Test func `JSON is printed as it came`() async throws {
    let daemon = try await daemon()
    let (_, status) = await run("status", "--json", "--socket", daemon.socket)
    #expect(status.output.hasPrefix("[{\"id\":\"deploy\",\"provider\":\"vps.org\""))
    #expect(status.output.contains("\n\"account\""))
    let (_, events) = await run("events", "--json", "--socket", daemon.socket)
    #expect(events.output == "[\(event)]\n")
    let (_, poll) = await run("poll-now", "--json", "--socket", daemon.socket)
    #expect(poll.output == "{\"polling\":2}\n")
    await daemon.stop()
}

@Test func `check prints one line and exits by it`() async throws {
    let counted = #"{"tokens":{"critical":1,"warning":0,"unknown":0,"ok":1}}"#
    let daemon = try await daemon(["GET /v1/status": (200, counted)])
    let (status, printed) = await run("check", "--socket", daemon.socket)
    #expect(status == 2)
    #expect(printed.outputLines.count == 1)
    #expect(printed.output.hasPrefix("TOKENWATCHD CRITICAL - 2 tokens: 1 critical, 1 ok; "))
    let (one, _) = await run("check", "web", "--socket", daemon.socket)
    #expect(one == 0)
    await daemon.stop()
}

@Test func `a daemon that does not count its tokens is unknown, not fine`() async throws {
    let daemon = try await daemon()
    let (status, printed) = await run("check", "--socket", daemon.socket)
    #expect(status == 3)
    #expect(printed.output.hasPrefix("TOKENWATCHD UNKNOWN - the daemon does not count its tokens"))
    await daemon.stop()
}

@Test(arguments: ["status", "history", "poll-now"])
func `an unknown token exits with 3 and names the nearest`(command: String) async throws {
    let daemon = try await daemon(["GET /v1/events": (200, "[]")])
    for id in ["deplyo", "Deploy", "../x"] {
        let (status, printed) = await run(command, id, "--socket", daemon.socket)
        #expect(status == 3)
        let hint = id == "../x" ? "" : "; did you mean deploy?"
        #expect(printed.errors == "tokenwatchd: there is no token \"\(id)\"\(hint)\n")
        #expect(printed.output.isEmpty)
    }
    // What cannot be an id never becomes part of a URL.
    #expect(!daemon.requests.contains { $0.contains("..") })
    await daemon.stop()
}

@Test func `check tells an unknown token on its line`() async throws {
    let daemon = try await daemon()
    let (status, printed) = await run("check", "deplyo", "--socket", daemon.socket)
    #expect(status == 3)
    #expect(
        printed.output
            == "TOKENWATCHD UNKNOWN - there is no token \"deplyo\"; did you mean deploy?\n"
    )
    await daemon.stop()
}

@Test func `poll-now asks for all, or for each of some, and for none if one is wrong`() async throws
{
    let daemon = try await daemon()
    let (all, printed) = await run("poll-now", "--socket", daemon.socket)
    #expect(all == 0)
    #expect(printed.outputLines[0].hasPrefix("2 tokens: 1 critical, 1 ok"))
    let (one, single) = await run("poll-now", "web", "--socket", daemon.socket)
    #expect(one == 0)
    #expect(single.outputLines[0] == "web: ok")
    #expect(daemon.requests.contains("POST /v1/tokens/web/poll?wait=5m"))
    let (_, unwaited) = await run("poll-now", "--no-wait", "--socket", daemon.socket)
    #expect(unwaited.output == "Polling 2 tokens. See: tokenwatchd status\n")
    let before = daemon.requests.filter { $0.hasPrefix("POST") }.count
    let (wrong, _) = await run("poll-now", "web", "wbe", "--socket", daemon.socket)
    #expect(wrong == 3)
    #expect(daemon.requests.filter { $0.hasPrefix("POST") }.count == before)
    await daemon.stop()
}

@Test func `reload prints what changed, or every error on standard error`() async throws {
    let good = try await daemon([
        "POST /v1/reload": (200, #"{"added":["new"],"removed":[],"changed":[]}"#)
    ])
    let (loaded, printed) = await run("reload", "--socket", good.socket)
    #expect(loaded == 0)
    #expect(printed.outputLines == ["Reloaded: 1 added.", "  added    new"])
    await good.stop()
    let bad = try await daemon([
        "POST /v1/reload": (422, #"{"status":422,"errors":["a.toml:1:2: x","a.toml:3:4: y"]}"#)
    ])
    let (refused, errors) = await run("reload", "--socket", bad.socket)
    #expect(refused == 78)
    #expect(errors.errorLines == ["a.toml:1:2: x", "a.toml:3:4: y"])
    #expect(errors.output.isEmpty)
    await bad.stop()
}

@Test func `whoever may not ask is told so`() async throws {
    let daemon = try await daemon([
        "POST /v1/poll": (403, #"{"status":403,"detail":"POST is for root"}"#)
    ])
    let (status, printed) = await run("poll-now", "--socket", daemon.socket)
    #expect(status == 3)
    #expect(printed.errors == "tokenwatchd: POST is for root; run it with sudo\n")
    await daemon.stop()
}

@Test func `events tell when, how long ago and what, and history a life`() async throws {
    let daemon = try await daemon()
    let (_, events) = await run("events", "--since", "7d", "--socket", daemon.socket)
    #expect(events.output.hasPrefix("2026-11-21 06:00 UTC (2 h ago)     info      renamed "))
    #expect(events.output.hasSuffix(" deploy was renamed\n"))
    let (_, history) = await run("history", "deploy", "--socket", daemon.socket)
    #expect(
        history.outputLines == [
            "deploy: on record since 2026-11-21 06:00 UTC (2 h ago); times are UTC",
            "2026-11-21 06:00    was renamed",
            "now                 critical; expires in 2 d; last used 3 min ago, by the daemon; "
                + "owner Platform Team",
        ]
    )
    #expect(
        daemon.requests.contains("GET /v1/events?since=2026-11-14T08:00:00Z&limit=1000")
    )
    #expect(
        daemon.requests.contains("GET /v1/events?since=1970-01-01&limit=1000&token=deploy")
    )
    await daemon.stop()
}

@Test(arguments: ["status", "events", "reload", "poll-now"])
func `no daemon names the socket and the command that starts it`(command: String) async throws {
    let folder = try Folder()
    let socket = folder.path + "/none"
    let (status, printed) = await run(command, "--socket", socket)
    #expect(status == 3)
    #expect(
        printed.errors
            == "tokenwatchd: the daemon is not running: nothing listens on \(socket); start it with: "
            + "sudo systemctl enable --now tokenwatchd, or: tokenwatchd run\n"
    )
    let (check, line) = await run("check", "--socket", socket)
    #expect(check == 3)
    let absence = "TOKENWATCHD UNKNOWN - the daemon is not running: nothing listens on \(socket); "
    #expect(line.output.hasPrefix(absence))
}

@Test func `a file that is no socket is called that`() async throws {
    let folder = try Folder()
    let file = try folder.write("", to: "file")
    let (status, printed) = await run("status", "--socket", file)
    #expect(status == 3)
    #expect(printed.errors.contains("\(file) is not a socket"))
}

@Test func `the socket is the configured one`() async throws {
    let daemon = try await daemon()
    let secret = try daemon.folder.write("token-of-nobody\n", to: "secret")
    let file = try daemon.folder.write(
        "[daemon]\nsocket = \"\(daemon.socket)\"\n[tokens.a]\nsecret_file = \"\(secret)\"\n",
        to: "c.toml"
    )
    let (status, _) = await run("status", "--config", file)
    #expect(status == 2)
    await daemon.stop()
}

@Test func `following prints what happens after what is there`() async throws {
    let first = "01JD0000000000000000000000"
    let next = event.replacing(first, with: "01JD0000000000000000000001")
    let daemon = try await daemon([
        "GET /v1/events?since=\(first)&limit=1000": (200, "[\(next)]"),
        "GET /v1/events?since=01JD0000000000000000000001&limit=1000": (200, "[]"),
    ])
    let (lines, line) = AsyncStream.makeStream(of: String.self)
    let session = Session(
        console: Console(width: nil, hasColour: false) { line.yield("\($0): \($1)") },
        environment: [:],
        hostname: "vps-1",
        clock: { now },
        runDaemon: { _, _ in 0 }
    )
    let words = ["events", "--follow", "--json", "--socket", daemon.socket]
    let following = Task { await Program.run(words, session) }
    var printed: [String] = []
    for await line in lines {
        printed.append(line)
        if printed.count == 2 { break }
    }
    following.cancel()
    #expect(await following.value == 0)
    // One object a line, whatever lines it came in.
    #expect(printed[0].contains(first))
    #expect(printed[1].contains("01JD0000000000000000000001"))
    for line in printed {
        #expect(line.hasPrefix("output: {"))
        #expect(line.filter { $0 == "\n" }.count == 1)
    }
    await daemon.stop()
}
