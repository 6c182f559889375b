import Alerting
import Foundation
import Monitor
import Testing

@testable import Commands

/// Each command's output at 80 columns, then its errors and its exit status.
///
/// Tables fit 80 columns; the terminal wraps sentences and errors.
@Suite(.timeLimit(.minutes(1)))
struct GoldenCommandTests {
    private let until = #"{"until":"2026-12-21T08:00:00Z"}"#

    /// A daemon that watches `deploy`, and that answers `more`.
    private func daemon(_ more: [String: (Int, String)] = [:]) async throws -> FakeDaemon {
        let deploy = tokenJSON(
            "deploy",
            state: "critical",
            expiresIn: .days(2),
            owner: "platform team",
            alerts: [alertJSON("expiring", "critical", stage: "3d", "deploy expires soon")]
        )
        let answers: [String: (Int, String)] = [
            "GET /v1/tokens": (200, "[\(deploy)]"), "GET /v1/tokens/deploy": (200, deploy),
            "GET /v1/status": (200, "{}"),
        ]
        return try await FakeDaemon(answers.merging(more) { $1 })
    }

    /// Runs command lines, and shows each as a person types it, with its output and exit status.
    private func screen(
        _ commands: [[String]],
        hiding paths: KeyValuePairs<String, String> = [:]
    ) async -> [String] {
        var text = ""
        for words in commands {
            let printed = Printed()
            let session = Session(
                console: printed.console(width: 80),
                environment: ["SUDO_USER": "ann"],
                hostname: "vps-1",
                clock: { now },
                runDaemon: { _, _ in 71 }
            )
            let status = await Program.run(words, session)
            let typed = words.map { $0.contains(" ") ? "\"\($0)\"" : $0 }.joined(separator: " ")
            text += "$ tokenwatchd \(typed)\n\(printed.output)\(printed.errors)[\(status)]\n\n"
        }
        for (path, name) in paths { text = text.replacing(path, with: name) }
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(2)
            .map(String.init)
    }

    @Test func `help and version`() async throws {
        try expectScreen(
            await screen([["help"], ["help", "can"], ["version"], ["hlep"], ["status", "--al"]]),
            as: "help"
        )
    }

    @Test func `ack and unack`() async throws {
        let daemon = try await daemon([
            "POST /v1/tokens/deploy/ack": (200, until),
            "DELETE /v1/tokens/deploy/ack": (200, "{}"),
        ])
        let socket = ["--socket", daemon.socket]
        try expectScreen(
            await screen(
                [
                    ["ack", "deploy", "--reason", "renewal is ordered"] + socket,
                    ["ack", "deploy", "expiring", "--reason", "known", "--for", "1y"] + socket,
                    ["ack", "deplyo", "--reason", "known"] + socket,
                    ["unack", "deploy", "expiring"] + socket,
                ],
                hiding: [" --socket \(daemon.socket)": ""]
            ),
            as: "ack",
            isBounded: false
        )
        await daemon.stop()
    }

    @Test func `mute, mutes and unmute`() async throws {
        let mutes = #"""
            [{"token":"deploy","host":null,"owner":null,"provider":null,"by":"ann",
            "until":"2026-11-21T10:00:00Z","reason":"rotation at 14:00"},
            {"token":null,"host":"admin.vps.org","owner":null,"provider":null,"by":"jo",
            "until":"2026-11-22T08:00:00Z","reason":"the provider moves to another building"},
            {"token":null,"host":null,"owner":"platform*","provider":null,"by":"ann",
            "until":"2026-12-21T08:00:00Z","reason":"game day"}]
            """#
        let none = #"{"status":404,"detail":"no token has the provider gitlba"}"#
        let daemon = try await daemon([
            "GET /v1/mutes": (200, mutes), "POST /v1/mutes": (200, "[\(until)]"),
            "DELETE /v1/mutes": (200, "[]"),
        ])
        let strict = try await self.daemon([
            "GET /v1/mutes": (200, "[]"), "POST /v1/mutes": (404, none),
        ])
        let socket = ["--socket", daemon.socket]
        let other = ["--socket", strict.socket]
        try expectScreen(
            await screen(
                [
                    ["mute", "deploy", "--for", "30d", "--reason", "rotation at 14:00"] + socket,
                    ["mute", "--owner", "platform*", "--for", "30d", "--reason", "game day"]
                        + socket,
                    ["mutes"] + socket, ["unmute", "--host", "admin.vps.org"] + socket,
                    ["mutes"] + other,
                    ["mute", "--provider", "gitlba", "--for", "1d", "--reason", "x"] + other,
                    ["mute", "--for", "1d", "--reason", "x"] + other,
                ],
                hiding: [" --socket \(daemon.socket)": "", " --socket \(strict.socket)": ""]
            ),
            as: "mutes",
            isBounded: false
        )
        await daemon.stop()
        await strict.stop()
    }

    @Test func `can`() async throws {
        let path = "GET /v1/tokens/deploy/can?permission="
        let daemon = try await daemon([
            path + "dns%3Alist": (200, #"{"covered":true,"missing":[],"reason":null}"#),
            path + "servers%3Acreate&permission=dns%3Alist": (
                200, #"{"covered":false,"missing":["servers:create"],"reason":null}"#
            ),
            path + "billing%3A%2A": (200, #"{"covered":null,"missing":[],"reason":"not_told"}"#),
        ])
        let socket = ["--socket", daemon.socket]
        try expectScreen(
            await screen(
                [
                    ["can", "deploy", "dns:list"] + socket,
                    ["can", "deploy", "servers:create", "dns:list"] + socket,
                    ["can", "deploy", "billing:*"] + socket,
                ],
                hiding: [" --socket \(daemon.socket)": ""]
            ),
            as: "can"
        )
        await daemon.stop()
    }

    @Test func `poll-now, test-notify and reload`() async throws {
        let changes = #"""
            {"added":["ci","registry"],"removed":["old"],"changed":[],
            "channels":{"added":["team"],"removed":[],"changed":["ops"]},"notes":[]}
            """#
        let tests = #"""
            [{"channel":"log","delivered":true,"error":null},
            {"channel":"team","delivered":false,
            "error":"hooks.slack.com answered 404 no_service; check the URL"}]
            """#
        let daemon = try await daemon([
            "POST /v1/tokens/deploy/poll": (202, #"{"polling":1}"#),
            "POST /v1/test-notify": (200, tests), "POST /v1/reload": (200, changes),
        ])
        let other = try await self.daemon([
            "POST /v1/reload": (
                422, #"{"errors":["conf.d/ci.toml:2:1: tokens.ci.intervall is not a key"]}"#
            ),
            "POST /v1/test-notify": (
                403, #"{"detail":"permission denied: only root and the daemon's user may do this"}"#
            ),
        ])
        let sockets = [daemon, other].map { ["--socket", $0.socket] }
        try expectScreen(
            await screen(
                [
                    ["poll-now", "deploy"] + sockets[0],
                    ["poll-now", "deploy", "--no-wait"] + sockets[0],
                    ["poll-now", "deplyo"] + sockets[0], ["test-notify"] + sockets[0],
                    ["test-notify"] + sockets[1], ["reload"] + sockets[0], ["reload"] + sockets[1],
                ],
                hiding: [" --socket \(daemon.socket)": "", " --socket \(other.socket)": ""]
            ),
            as: "requests",
            isBounded: false
        )
        await daemon.stop()
        await other.stop()
    }

    @Test func `without a daemon`() async throws {
        let folder = try Folder()
        let socket = ["--socket", "\(folder.path)/status.sock"]
        try expectScreen(
            await screen(
                [["status"] + socket, ["check"] + socket, ["events"] + socket],
                hiding: [
                    " --socket \(folder.path)/status.sock": "", folder.path: "/run/tokenwatchd",
                ]
            ),
            as: "no-daemon",
            isBounded: false
        )
    }

    @Test func `formats and render`() async throws {
        try expectScreen(await screen([["formats"], ["formats", "slak"]]), as: "formats")
        try expectScreen(
            await screen([
                ["formats", "ntfy"], ["render", "ntfy"], ["render", "ntfy", "--resolved"],
            ]),
            as: "render",
            isBounded: false
        )
    }

    /// Some of them, so that a new profile leaves the file as it is.
    @Test func `providers`() async throws {
        let names = ["vps.org", "github", "gitlab-group", "jwt", "cloudflare-account-tokens"]
        let shown = try names.map { try #require(BuiltinProviders.named($0)) }
        try expectScreen(ProviderLines.table(shown, width: 80), as: "providers")
    }

    @Test func `check-config`() async throws {
        let folder = try Folder()
        try folder.write("golden-secret\n", to: "secret")
        let good = try folder.write(
            """
            [channels.log]
            type = "stderr"
            [tokens.deploy]
            secret_file = "\(folder.path)/secret"

            """,
            to: "good.toml"
        )
        let none = try folder.write("[polling]\n", to: "none.toml")
        let bad = try folder.write(
            """
            [polling]
            intervall = "1h"
            timeout = "60"
            [channels.team]
            type = "slack"
            [tokens.deploy]
            secret_file = "secret"
            warn_before = ["30d"]
            provider = "githup"

            """,
            to: "bad.toml"
        )
        try expectScreen(
            await screen(
                [good, none, bad].map { ["check-config", "--config", $0] },
                hiding: [folder.path: "/etc/tokenwatchd"]
            ),
            as: "check-config",
            isBounded: false
        )
    }

    @Test func `poll of a saved answer`() async throws {
        let folder = try Folder()
        let answer = """
            HTTP/2 %s \r
            content-type: application/json\r
            \r
            """
        let live = """
            {"account":{"email":"john@example.com"},"token":{"name":"Production Deploy Key",
            "permissions":["dns:*","servers:list"],"created_at":"2026-01-01T00:00:00Z",
            "last_used_at":"2026-11-21T07:00:00Z","expires_at":"2026-11-28T07:00:00Z",
            "is_expired":false}}
            """
        let toml = await run("providers", "vps.org").printed.output
        try folder.write(toml, to: "profile.toml")
        try folder.write(answer.replacing("%s", with: "200") + "\n" + live, to: "live")
        try folder.write(answer.replacing("%s", with: "401") + "\n{}", to: "wrong")
        try expectScreen(
            await screen(
                ["live", "wrong"].map {
                    [
                        "poll", "--profile", "\(folder.path)/profile.toml", "--answer",
                        "\(folder.path)/\($0)",
                    ]
                },
                hiding: ["\(folder.path)/": ""]
            ),
            as: "poll"
        )
    }

    @Test func `rotate's comparison`() throws {
        func side(_ permissions: String, _ expiresIn: Int64) throws -> RotationSide {
            let report = try token(
                tokenJSON(
                    "deploy",
                    expiresIn: .days(expiresIn),
                    permissions: permissions.split(separator: " ").map(String.init)
                )
            )
            return try #require(RotationSide(report, at: now))
        }
        let comparison = RotationScreen(
            old: try side("dns:* servers:create servers:list", 6),
            new: try side("dns:* servers:list", 3),
            syntax: .resourceAction
        )
        try expectScreen(comparison.lines(width: 80), as: "rotate")
    }
}
