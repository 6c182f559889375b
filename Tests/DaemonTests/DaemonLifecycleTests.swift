import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonLifecycleTests {
    @Test func `whoever follows the events gets each as a line when it is committed`()
        async throws
    {
        try await withDaemon(Settings(Settings.Token(id: "a"))) { daemon in
            try await daemon.untilSeen()
            let follower = try RunningProgram(
                "/usr/bin/curl",
                [
                    "-sN", "--unix-socket", daemon.socket,
                    "http://t/v1/events?follow=1&since=2020-01-01",
                ]
            )
            daemon.adopt(follower)
            try await follower.output.first { $0.contains("first_seen") }
            try daemon.sandbox.edit("a", json: #"{"name": "another"}"#)
            try await daemon.pollNow()
            let line = try await follower.output.first { $0.contains("renamed") }
            let event = try JSONValue(parsing: Array(line.utf8))
            #expect(event["token"]?["id"]?.string == "a")
        }
    }

    @Test func `an alert is acknowledged and taken back, which is recorded and not delivered`()
        async throws
    {
        let token = Settings.Token(id: "a", config: "require = [\"billing:*\"]")
        try await withDaemon(Settings(token)) { daemon in
            _ = try await daemon.told("raised", "permissions_missing")
            let told = daemon.told.count
            let ack = try await daemon.command(
                "ack",
                "a",
                "permissions_missing",
                "--reason",
                "known",
                "--by",
                "ann",
                "--for",
                "2d"
            )
            #expect(ack.status == 0, "\(ack.errors)")
            let alert = try await daemon.token()["alerts"]?[0]
            #expect(alert?["acknowledged"]?["by"]?.string == "ann")
            #expect(alert?["acknowledged"]?["reason"]?.string == "known")
            #expect(alert?["next_reminder_at"]?.isNull == true)
            #expect(alert?["severity"]?.string == "critical")
            #expect(try await daemon.command("status").status == 2, "the state is unaffected")
            #expect(try await daemon.end() == 0)
            try await daemon.start()
            let kept = try await daemon.token()["alerts"]?[0]?["acknowledged"]
            #expect(kept?["by"]?.string == "ann", "it outlasts a restart")
            #expect(try await daemon.command("unack", "a").status == 0)
            #expect(try await daemon.command("unack", "a").status == 1)
            #expect(try await daemon.command("ack", "a", "expired", "--reason", "x").status == 1)
            let record = try await daemon.command("events")
            #expect(record.output.contains("acknowledged"))
            #expect(daemon.told.count == told)
        }
    }

    @Test func `a refusal ends with the daemon, which starts with a sound configuration`()
        async throws
    {
        try await withDaemon(Settings(Settings.Token(id: "a"))) { daemon in
            let good = try String(contentsOfFile: daemon.configuration, encoding: .utf8)
            try daemon.write("[daemon\n", to: daemon.configuration)
            #expect(try await daemon.command("reload").status == 78)
            let raised = try await daemon.told("raised", "config_rejected", of: "-")
            #expect(try await daemon.end() == 0)
            try daemon.write(good, to: daemon.configuration)
            try await daemon.start()
            let resolved = try await daemon.told("resolved", "config_rejected", of: "-")
            #expect(resolved.alertID == raised.id)
            #expect(try await daemon.overview()["daemon_alerts"]?.elements?.isEmpty == true)
        }
    }

    @Test func `a test event goes to every channel, and says what they answered`() async throws {
        try await withDaemon(Settings(Settings.Token(id: "a"))) { daemon in
            let test = try await daemon.command("test-notify")
            #expect(test.status == 0, "\(test.output)\(test.errors)")
            #expect(daemon.told.contains { $0.type == "test" })
            #expect(try await daemon.command("test-notify", "nosuch").status == 1)
        }
    }
}
