import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// Channels that are added or changed, in a running daemon and across restarts.
@Suite(.timeLimit(.minutes(2)))
struct DaemonNewChannelTests {
    private static let expiring = Settings(Settings.Token(id: "a", play: "expires = \"+1d\""))

    private func settings(_ daemon: DaemonUnderTest, _ hooks: [String: String]) -> Settings {
        var settings = Self.expiring
        settings.channels = hooks.sorted { $0.key < $1.key }.map { name, hook in
            """
            [channels.\(name)]
            type = "webhook"
            url = "\(daemon.sandbox.baseURL)/hooks/\(hook)"

            """
        }
        .joined()
        return settings
    }

    /// What a hook took of the token's alert, in words; the trouble of the other channel comes too.
    private func words(_ daemon: DaemonUnderTest, _ hook: String) -> [String] {
        daemon.sandbox.received(hook).compactMap { Told($0)?.words }
            .filter { $0.contains("expiring") }
    }

    /// Waits until everything was sent, and what was sent is written.
    private func settle(_ daemon: DaemonUnderTest, _ hook: String, _ expected: [String])
        async throws
    {
        try await daemon.sandbox.wait { record in
            record.received(hook).count { Told($0)?.type == "expiring" } >= expected.count
        }
        try await daemon.untilWaiting(0)
        #expect(words(daemon, hook) == expected)
    }

    @Test func `a channel that gave up is notified at its new address, and then of the end`()
        async throws
    {
        try await withDaemon(Self.expiring, starts: false) { daemon in
            var gone = Fault()
            gone.status = 404
            daemon.sandbox.setHook("old", fault: gone)
            try daemon.configure(settings(daemon, ["ops": "old"]))
            try await daemon.start()
            try await daemon.sandbox.wait { !$0.received("old").isEmpty }
            try await eventually {
                try await daemon.overview()["deliveries"]?["given_up"]?.integer == 1
            }

            try daemon.configure(settings(daemon, ["ops": "new", "more": "more"]))
            let reload = try await daemon.command("reload")
            #expect(reload.output.contains("channels: 1 added, 1 changed"), "\(reload.output)")
            let open = ["reminded expiring a"]
            try await settle(daemon, "new", open)
            try await settle(daemon, "more", open)
            let first = try #require(
                daemon.sandbox.received("new").compactMap { Told($0) }
                    .first { $0.type == "expiring" }
            )
            #expect(first.severity == "critical")
            let raised = try await daemon.events()
                .first { $0.words == "raised expiring a" }
            #expect(first.alertID == raised?.id)

            // Neither a reload, nor a restart, nor a crash repeats it.
            #expect(try await daemon.command("reload").status == 0)
            for signal in [SIGTERM, SIGKILL] {
                try await daemon.end(signal)
                try await daemon.start()
            }
            try daemon.sandbox.edit("a", json: "{\"expires\": \"+90d\"}")
            try await daemon.pollNow()
            let all = open + ["resolved expiring a"]
            for hook in ["new", "more"] {
                try await daemon.sandbox.wait { record in
                    record.received(hook).compactMap { Told($0)?.words }.contains(all[1])
                }
                #expect(words(daemon, hook) == all)
            }
        }
    }

    @Test func `an address that changed while the daemon was stopped is recognised, and not kept`()
        async throws
    {
        try await withDaemon(Self.expiring, starts: false) { daemon in
            try daemon.configure(settings(daemon, ["ops": "before-s3cret"]))
            try await daemon.start()
            try await settle(daemon, "before-s3cret", ["raised expiring a"])
            #expect(try await daemon.end() == 0)
            try daemon.configure(settings(daemon, ["ops": "after-s3cret"]))
            try await daemon.start()
            try await settle(daemon, "after-s3cret", ["reminded expiring a"])
            #expect(try await daemon.end() == 0)
            try await daemon.start()
            try daemon.sandbox.edit("a", json: "{\"expires\": \"+90d\"}")
            try await daemon.pollNow()
            try await daemon.sandbox.wait { record in
                record.received("after-s3cret").compactMap { Told($0)?.words }
                    .contains("resolved expiring a")
            }
            #expect(
                words(daemon, "after-s3cret")
                    == ["reminded expiring a", "resolved expiring a"]
            )
            #expect(words(daemon, "before-s3cret") == ["raised expiring a"])
            #expect(try await daemon.end() == 0)
            let state = try Data(contentsOf: URL(filePath: "\(daemon.state)/state.db"))
            #expect(state.range(of: Data("before-s3cret".utf8)) == nil)
            #expect(state.range(of: Data("after-s3cret".utf8)) == nil)
        }
    }
}
