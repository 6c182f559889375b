import Formats
import Foundation
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonSimulateTests {
    private func simulate(
        _ daemon: DaemonUnderTest,
        _ words: String...
    ) async throws -> RunningProgram.Outcome {
        try await Programs.run(
            Programs.built("tokenwatchd"),
            ["simulate", "--current", daemon.configuration] + words
        )
    }

    private func notifications(_ json: JSONValue, _ channel: String) -> [JSONValue] {
        let channels = json["channels"]?.elements ?? []
        return channels.first { $0["name"]?.string == channel }?["notifications"]?.elements ?? []
    }

    @Test func `simulate tells what explain foretells, and stores and asks nothing`() async throws {
        let settings = Settings(
            .init(id: "a", play: "permissions = [\"dns:list\"]\nexpires = \"+20d\""),
            .init(id: "b", play: "permissions = [\"dns:list\"]")
        )
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen("a")
            try await daemon.untilSeen("b")
            _ = try await daemon.told("raised", "expiring")
            // What a poll found is on the disk a moment later.
            try await eventually {
                !(try await simulate(daemon, "--days", "1").output.contains("No data yet"))
            }
            let polls = daemon.sandbox.record.total
            let events = try await daemon.events()
            let run = try await simulate(daemon, "--days", "400", "--json")
            #expect(run.status == 0, "\(run.errors)")
            let json = try JSONValue(parsing: Array(run.output.utf8))
            let told = notifications(json, "ops")
            #expect(told == notifications(json, "log"))
            let explained = try #require(
                try await daemon.ask("GET", "/v1/tokens/a/explain").json?["coming"]?.elements
            )
            #expect(explained.count == 12)
            for (event, notice) in zip(explained, told) {
                for key in ["at", "type", "phase", "severity", "summary"] {
                    #expect(event[key] == notice[key])
                }
                #expect(notice["token"]?.string == "a")
            }
            #expect(try await daemon.events().map(\.id) == events.map(\.id))
            #expect(daemon.sandbox.record.total == polls)

            let text = try await simulate(daemon, "--days", "20")
            #expect(text.status == 0)
            #expect(text.output.contains("log: ") && text.output.contains("ops: "))
            #expect(text.output.contains("if each poll repeats the last answer"))
            // With none in the usual place, --config names the one in use, as it does everywhere.
            let alone = try await Programs.run(
                Programs.built("tokenwatchd"),
                ["simulate", "--days", "20", "--config", daemon.configuration],
                environment: ["CONFIGURATION_DIRECTORY": daemon.folder + "/none"]
            )
            #expect(alone.status == 0, "\(alone.errors)")
            let lines = { (text: String) in text.split(separator: "\n").count }
            #expect(lines(alone.output) == lines(text.output))
            // The daemon need not run: its state is on the disk.
            try await daemon.end()
            let later = try await simulate(daemon, "--days", "400", "--json")
            #expect(later.status == 0, "\(later.errors)")
            try await daemon.start()
            #expect(try await daemon.events().map(\.id) == events.map(\.id))
        }
    }

    @Test func `an acknowledgement stops reminders in a simulation too, and its end is told`()
        async throws
    {
        var settings = Settings(.init(id: "a", config: "require = [\"servers:list\"]"))
        settings.policy = "remind = \"1d\""
        try await withDaemon(settings) { daemon in
            _ = try await daemon.told("raised", "permissions_missing")
            func phases() async throws -> [String?] {
                let run = try await simulate(daemon, "--days", "5", "--json")
                let json = try JSONValue(parsing: Array(run.output.utf8))
                return notifications(json, "ops").map { $0["phase"]?.string }
            }
            let reminded: [String?] = Array(repeating: "reminded", count: 4)
            #expect(try await phases().prefix(4) == reminded[...])
            let ack = try await daemon.command("ack", "a", "--reason", "known", "--for", "60h")
            #expect(ack.status == 0)
            _ = try await daemon.record { $0.phase == "acknowledged" }
            #expect(try await phases() == ["unacknowledged", "reminded", "reminded"])
        }
    }

    @Test func `simulate tells what a new configuration would change`() async throws {
        let token = Settings.Token(
            id: "a",
            play: "permissions = [\"dns:list\"]\nexpires = \"+20d\""
        )
        try await withDaemon(Settings(token)) { daemon in
            _ = try await daemon.told("raised", "expiring")
            let old = try String(contentsOfFile: daemon.configuration, encoding: .utf8)
            let path = daemon.folder + "/new.toml"
            try daemon.write(
                old.replacing(
                    "[policy]",
                    with: "[policy]\nwarn_before = [\"10d\"]\nrequire = [\"dns:*\"]"
                ),
                to: path
            )
            let run = try await simulate(daemon, "--days", "30", "--config", path)
            #expect(run.status == 0, "\(run.errors)")
            let lines = run.output.split(separator: "\n")
            let added = lines.filter { $0.hasPrefix("+ ") }
            let removed = lines.filter { $0.hasPrefix("- ") }
            #expect(added.contains { $0.contains("permissions_missing raised") }, "\(run.output)")
            #expect(removed.contains { $0.contains("expiring escalated") }, "\(run.output)")
            #expect(lines.contains { $0.hasPrefix("ops: ") && $0.hasSuffix(" as before") })
            let quiet =
                "[channels.ops]\nquiet = \"00:00-24:00\"\nquiet_critical = true\n"
                + "quiet_days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\"]"
            let quietPath = daemon.folder + "/quiet.toml"
            try daemon.write(old.replacing("[channels.ops]", with: quiet), to: quietPath)
            let waits = try await simulate(daemon, "--days", "30", "--config", quietPath)
            #expect(waits.output.contains(", after the quiet hours"), "\(waits)")
            let whole = try await simulate(daemon, "--days", "30", "--config", path, "--json")
            let json = try JSONValue(parsing: Array(whole.output.utf8))
            let changes = Set(notifications(json, "ops").map { $0["change"]?.string ?? "-" })
            #expect(changes == ["added", "removed", "-"])
            // Nothing of it was loaded.
            #expect(try await daemon.token()["alerts"]?.elements?.count == 1)
            let same = try await simulate(
                daemon,
                "--days",
                "30",
                "--config",
                daemon.configuration
            )
            #expect(same.output.contains("ops: 0 more, 0 fewer, "), "\(same.output)")
        }
    }

    @Test func `simulate says what it lacks`() async throws {
        try await withDaemon(starts: false) { daemon in
            let none = try await simulate(daemon, "--days", "3")
            #expect(none.status == 74)
            #expect(none.errors.contains("after the daemon has run once"), "\(none.errors)")
            // Without a number it is 30 days, and then the state is missing.
            #expect(try await simulate(daemon).status == 74)
            #expect(try await simulate(daemon, "--days", "0").status == 64)
            let bad = try await simulate(daemon, "--days", "3", "--config", "/nowhere.toml")
            #expect(bad.status == 78, "\(bad.errors)")
        }
    }
}
