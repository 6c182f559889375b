import Alerting
import Formats
import Glibc
import Monitor
import Sandbox
import System
import Testing

/// The daemon never reports its own polls as someone else's use of a canary.
@Suite(.timeLimit(.minutes(2)))
struct DaemonCanaryTests {
    /// Tells of the use before the one that asks.
    private let canary = Settings(
        .init(id: "a", config: "canary = true", play: "stamps_use = \"after\"")
    )

    @Test func `a canary that someone else used is critical, own polls are not`() async throws {
        let token = Settings.Token(
            id: "a",
            config: "canary = true",
            play: "stamps_use = \"never\""
        )
        try await withDaemon(Settings(token)) { daemon in
            try await daemon.untilSeen()
            try await daemon.pollNow()
            let quiet = try await daemon.token()
            #expect(quiet["alerts"]?.elements?.isEmpty == true)
            // Time passes for the provider, with a use in the middle of it: no full minute.
            daemon.sandbox.setClock(offset: .seconds(110))
            let used = SystemClock.now().instant + .seconds(40)
            let stamp = used.seconds.isMultiple(of: 60) ? used + .seconds(1) : used
            try daemon.sandbox.edit("a", json: #"{"last_used": "\#(stamp.rfc3339)"}"#)
            try await daemon.pollNow()
            _ = try await daemon.told("raised", "used_elsewhere")
            #expect(try await daemon.token()["last_used_by"]?.string == "elsewhere")
        }
    }

    /// Asks about the token a minute later by its provider's clock, and waits until that is under
    /// way: it is stamped, and not answered yet.
    private func askWithoutAnswer(_ daemon: DaemonUnderTest, held latency: String) async throws {
        daemon.sandbox.setClock(offset: .seconds(60))
        try daemon.sandbox.edit("a", json: "{\"fault\": {\"latency\": \"\(latency)\"}}")
        try await daemon.pollNow()
        try await daemon.sandbox.wait { $0.inFlight == 1 }
    }

    @Test func `a poll that a crash left unremembered is not said to be someone else's`()
        async throws
    {
        try await withDaemon(canary) { daemon in
            try await daemon.untilSeen()
            #expect(try await daemon.end() == 0)
            try await daemon.start()
            try await askWithoutAnswer(daemon, held: "60s")
            try await daemon.end(SIGKILL)
            // One that polls nothing, and ends in order, does not make it known.
            try await daemon.start()
            #expect(try await daemon.end() == 0)
            #expect(daemon.sandbox.record.total == 2)
            daemon.sandbox.setClock(offset: .seconds(110))
            try daemon.sandbox.edit("a", json: #"{"fault": "none"}"#)
            try await daemon.start()
            try await daemon.pollNow()
            let token = try await daemon.token { $0["last_used_by"]?.isNull == false }
            #expect(token["last_used_by"]?.string == "unknown")
            #expect(token["alerts"]?.elements?.isEmpty == true)
        }
    }

    @Test func `a poll whose answer was dropped since the secret's file was written anew is own`()
        async throws
    {
        try await withDaemon(canary) { daemon in
            try await daemon.untilSeen()
            try await askWithoutAnswer(daemon, held: "500ms")
            try daemon.write(DaemonUnderTest.secret("a") + "\n", to: daemon.secretFile("a"))
            daemon.sandbox.setClock(offset: .seconds(100))
            try daemon.sandbox.edit("a", json: #"{"fault": "none"}"#)
            try await daemon.sandbox.wait { $0.total == 3 }
            let token = try await daemon.token { $0["last_used_by"]?.isNull == false }
            #expect(token["last_used_by"]?.string == "self")
            #expect(token["alerts"]?.elements?.isEmpty == true)
        }
    }

    @Test func `a poll that a reload cut off is own, and is made again at once`() async throws {
        try await withDaemon(canary) { daemon in
            try await daemon.untilSeen()
            try await askWithoutAnswer(daemon, held: "60s")
            daemon.sandbox.setClock(offset: .seconds(100))
            try daemon.sandbox.edit("a", json: #"{"fault": "none"}"#)
            #expect(try await daemon.command("reload").status == 0)
            try await daemon.sandbox.wait { $0.total == 3 }
            let token = try await daemon.token { $0["last_used_by"]?.isNull == false }
            #expect(token["last_used_by"]?.string == "self")
            #expect(token["alerts"]?.elements?.isEmpty == true)
        }
    }
}
