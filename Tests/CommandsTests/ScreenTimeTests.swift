import Alerting
import Foundation
import Testing

@testable import Commands

/// While the local clock is wrong, every screen of the daemon's answers begins with that.
@Suite(.timeLimit(.minutes(1)))
struct ScreenTimeTests {
    private let problem = "This machine's clock is wrong, 1 h behind; times use the clock of h."

    /// A daemon that says so; its time is an hour after the local one.
    private func daemon() async throws -> FakeDaemon {
        let status = #"""
            {"clock":{"now":"2026-11-21T09:00:00Z","problem":"\#(problem)"},
            "tokens":{"critical":0,"warning":0,"unknown":0,"ok":1}}
            """#
        let until = #"{"until":"2026-11-21T10:00:00Z","by":"ann","reason":"x"}"#
        let mute =
            #"{"token":"deploy","host":null,"owner":null,"provider":null,"by":"ann","reason":"x","#
            + #""until":"2026-11-21T10:00:00Z"}"#
        let deploy = tokenJSON(
            "deploy",
            state: "critical",
            expiresIn: .days(2),
            alerts: [alertJSON("expiring", "critical", acknowledged: until, "it expires")]
        )
        return try await FakeDaemon([
            "GET /v1/status": (200, status), "GET /v1/tokens": (200, "[\(deploy)]"),
            "GET /v1/tokens/deploy": (200, deploy), "GET /v1/events": (200, "[]"),
            "GET /v1/mutes": (200, "[\(mute)]"), "POST /v1/mutes": (200, "[\(mute)]"),
            "DELETE /v1/mutes": (200, "[]"), "POST /v1/tokens/deploy/ack": (200, until),
            "DELETE /v1/tokens/deploy/ack": (200, "{}"), "POST /v1/reload": (200, "{}"),
            "POST /v1/test-notify": (200, #"[{"channel":"log","delivered":true,"error":null}]"#),
            "GET /v1/tokens/deploy/can": (200, #"{"covered":true}"#),
            "POST /v1/poll": (202, #"{"polling":0,"held":0}"#),
        ])
    }

    @Test func `a wrong clock leads every screen, and no JSON`() async throws {
        let daemon = try await daemon()
        let commands: [[String]] = [
            ["status"], ["status", "deploy"], ["events"], ["acks"], ["mutes"],
            ["can", "deploy", "dns:list"], ["ack", "deploy", "--reason", "x"], ["unack", "deploy"],
            ["mute", "deploy", "--for", "1h", "--reason", "x"], ["unmute", "deploy"], ["reload"],
            ["test-notify"], ["poll-now", "--no-wait"],
        ]
        for words in commands {
            let (_, printed) = await run(words + ["--socket", daemon.socket])
            #expect(printed.outputLines.first == problem, "\(words): \(printed.output)")
            let (_, json) = await run(words + ["--json", "--socket", daemon.socket])
            // The overview of `status --json` is another one.
            #expect(!json.output.contains(problem), "\(words): \(json.output)")
        }
        // Distances are counted from the daemon's time.
        let (_, muted) = await run([
            "mute", "deploy", "--for", "1h", "--reason", "x", "--socket", daemon.socket,
        ])
        #expect(muted.output.contains("until 2026-11-21 10:00 UTC (in 1 h)"), "\(muted.output)")
        await daemon.stop()
    }

    @Test func `without tokens, a choice and a poll say that none is configured`() async throws {
        let daemon = try await FakeDaemon([
            "GET /v1/status": (
                200, #"{"tokens":{"critical":0,"warning":0,"unknown":0,"ok":0}}"#
            ),
            "GET /v1/tokens": (200, "[]"), "POST /v1/poll": (202, #"{"polling":0,"held":0}"#),
        ])
        for words in [["status"], ["status", "--state", "ok"], ["poll-now"]] {
            let (status, printed) = await run(words + ["--socket", daemon.socket])
            #expect(status == 0)
            #expect(printed.outputLines == [StatusScreen.noTokens], "\(words)")
        }
        await daemon.stop()
    }
}
