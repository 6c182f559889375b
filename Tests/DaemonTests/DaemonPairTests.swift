import Alerting
import Foundation
import Monitor
import Sandbox
import Testing

/// Two daemons with one configuration, and one Alertmanager: what docs/high-availability.md describes.
@Suite(.timeLimit(.minutes(2)))
struct DaemonPairTests {
    // Programs written in Go read the kernel's clock past any library.
    @Test(.enabled(if: !ShiftedClock.isOn, "Alertmanager cannot have the shifted clock"))
    func `two daemons of one name are one set of alerts, and one of them suffices`() async throws {
        let manager = try Alertmanager()
        let tokens = ["a", "b"].map { Settings.Token(id: $0, play: "expires = \"+1d\"") }
        var settings = Settings(tokens[0], tokens[1])
        settings.channels = """
            [channels.am]
            type = "webhook"
            url = "http://127.0.0.1:\(manager.port)"
            format = "alertmanager"

            """
        let both = settings
        try await withDaemon(both, starts: false) { first in
            try await manager.start(beside: first)
            try await first.start()
            let alone = try await manager.alerts { $0.count == 2 }
            // The second has a state of its own, and polls for itself.
            let second = try SecondDaemon(of: first)
            try await second.start(beside: first)
            try await first.sandbox.wait { $0.total >= 4 }
            #expect(try await second.command("reload").status == 0)
            let together = try await manager.alerts { _ in true }
            #expect(Set(together.map(\.labels)) == Set(alone.map(\.labels)))
            #expect(Set(together.compactMap { $0.labels["instance"] }) == ["test-1"])

            // A change that both see is one alert; it shows the event of the daemon that sent last.
            try first.sandbox.edit("b", json: "{\"permissions\": [\"dns:list\"]}")
            _ = try await first.command("poll-now", "b")
            let early = try await manager.alerts { !permissionChanges($0).isEmpty }
            let sent = permissionChanges(early)[0].annotations["event_id"]
            _ = try await second.command("poll-now", "b")
            let late = try await manager.alerts {
                permissionChanges($0).contains { $0.annotations["event_id"] != sent }
            }
            #expect(permissionChanges(late).map(\.labels) == permissionChanges(early).map(\.labels))

            // The first ends; what the second sees from now on is enough.
            #expect(try await first.end() == 0)
            #expect(try await second.command("reload").status == 0)
            let kept = try await manager.alerts { _ in true }
            #expect(expiring(kept).count == 2)
            try first.sandbox.edit("b", json: "{\"expires\": \"+90d\"}")
            _ = try await second.command("poll-now")
            let left = try await manager.alerts { expiring($0).count == 1 }
            #expect(expiring(left)[0].labels["token"] == "a")
        }
    }

    private func expiring(_ shown: [Alertmanager.Shown]) -> [Alertmanager.Shown] {
        shown.filter { $0.labels["alertname"] == "TokenExpiring" }
    }

    private func permissionChanges(_ shown: [Alertmanager.Shown]) -> [Alertmanager.Shown] {
        shown.filter { $0.labels["alertname"] == "TokenPermissionsChanged" }
    }
}

/// A second daemon of the same configuration, with a state and a socket of its own.
private struct SecondDaemon {
    private let configuration: String

    init(of first: DaemonUnderTest) throws {
        configuration = "\(first.folder)/second.toml"
        let text = try String(contentsOfFile: first.configuration, encoding: .utf8)
            .replacing(first.state, with: first.state + "-2")
            .replacing(first.socket, with: "\(first.folder)/run/second.sock")
        try first.write(text, to: configuration)
    }

    func start(beside first: DaemonUnderTest) async throws {
        let program = try RunningProgram(
            Programs.built("tokenwatchd"),
            ["run", "--config", configuration]
        )
        first.adopt(program)
        try await program.errors.first { $0.contains(" watches ") }
    }

    func command(_ words: String...) async throws -> RunningProgram.Outcome {
        try await Programs.run(
            Programs.built("tokenwatchd"),
            words + ["--config", configuration]
        )
    }
}
