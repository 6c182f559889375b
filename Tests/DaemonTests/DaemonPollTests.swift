import Alerting
import Formats
import Foundation
import Monitor
import Sandbox
import Testing

/// `tokenwatchd poll` next to a daemon that watches the same tokens.
@Suite(.timeLimit(.minutes(2)))
struct DaemonPollTests {
    private func canary(_ id: String) -> Settings.Token {
        Settings.Token(id: id, config: "canary = true", play: "stamps_use = \"after\"")
    }

    @Test func `a poll of the command is no use elsewhere, another's is`() async throws {
        let plain = Settings.Token(id: "c", play: "stamps_use = \"after\"")
        try await withDaemon(Settings(canary("a"), canary("b"), plain)) { daemon in
            for id in ["a", "b", "c"] { try await daemon.untilSeen(id) }
            // By the provider's clock a while after the daemon's poll, and a while before its next.
            daemon.sandbox.setClock(offset: .seconds(50))
            let poll = try await daemon.offline("poll", "a", "c", "--counts-as-use")
            #expect(poll.status == 0, "\(poll.output) \(poll.errors)")
            #expect(poll.errors.isEmpty)
            #expect(try await daemon.sandbox.poll(DaemonUnderTest.secret("b")).status == 200)
            daemon.sandbox.setClock(offset: .seconds(100))
            try await daemon.pollNow()
            let raised = try await daemon.told("raised", "used_elsewhere", of: "b")
            #expect(raised.severity == "critical")
            for id in ["a", "c"] {
                let token = try await daemon.token(id) { $0["last_used_at"]?.isNull == false }
                #expect(token["last_used_by"]?.string == "self", "\(id)")
                #expect(token["alerts"]?.elements?.isEmpty == true, "\(id)")
            }
            #expect(!daemon.told.contains { $0.type == "used_elsewhere" && $0.token != "b" })
        }
    }

    @Test func `a command that dies in the middle of its poll has told of it before`() async throws
    {
        try await withDaemon(Settings(canary("a"))) { daemon in
            try await daemon.untilSeen()
            daemon.sandbox.setClock(offset: .seconds(50))
            try daemon.sandbox.edit("a", json: "{\"fault\": {\"latency_ms\": 60000}}")
            let seen = daemon.sandbox.record.total
            let poll = try RunningProgram(
                Programs.built("tokenwatchd"),
                ["poll", "a", "--counts-as-use", "--config", daemon.configuration]
            )
            try await daemon.sandbox.wait { $0.total == seen + 1 }
            poll.signal(SIGKILL)
            _ = await poll.exitStatus()
            try daemon.sandbox.edit("a", json: "{\"fault\": \"none\"}")
            daemon.sandbox.setClock(offset: .seconds(100))
            try await daemon.pollNow()
            let token = try await daemon.token { $0["last_used_at"]?.isNull == false }
            #expect(token["last_used_by"]?.string == "self")
            #expect(token["alerts"]?.elements?.isEmpty == true)
        }
    }

    @Test func `a canary is not polled by the way`() async throws {
        try await withDaemon(Settings(canary("a"), .init(id: "b"))) { daemon in
            for id in ["a", "b"] { try await daemon.untilSeen(id) }
            let asked = daemon.sandbox.record.requests(of: "a")
            let poll = try await daemon.offline("poll")
            #expect(poll.status == 3)
            #expect(poll.output.contains("not polled"), "\(poll.output)")
            #expect(poll.output.contains("--counts-as-use"), "\(poll.output)")
            #expect(daemon.sandbox.record.requests(of: "a") == asked)
            #expect(daemon.sandbox.record.requests(of: "b") == 2)
            let json = try await daemon.offline("poll", "a", "--json")
            #expect(json.status == 3)
            let answer = try JSONValue(parsing: Array(json.output.utf8))
            #expect(answer[0]?["state"]?.string == "unknown")
            #expect(answer[0]?["last_outcome"]?.isNull == true)
            #expect(answer[0]?["last_error"]?.string?.contains("canary") == true)
        }
    }

    @Test func `without a daemon a canary is polled with a warning, another token without`()
        async throws
    {
        let tokens = Settings(canary("a"), .init(id: "b"))
        try await withDaemon(tokens, starts: false) { daemon in
            let canary = try await daemon.offline("poll", "--counts-as-use")
            #expect(canary.status == 0, "\(canary.output)")
            #expect(
                canary.errors == "tokenwatchd: the daemon is not running; when it starts, it will "
                    + "take this for use elsewhere of a"
            )
            let other = try await daemon.offline("poll", "b")
            #expect(other.status == 0 && other.errors.isEmpty)
        }
    }
}
