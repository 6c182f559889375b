import Formats
import Foundation
import Monitor
import Sandbox
import Testing

/// `check` as monitoring systems run it.
@Suite(.timeLimit(.minutes(2)))
struct DaemonPluginTests {
    /// What Icinga's own parser makes of one figure; nil where it refuses it.
    private func parsed(_ figure: String) async throws -> JSONValue? {
        let run = try await Programs.run(
            "/usr/sbin/icinga2",
            ["console", "--eval", "parse_performance_data(\"\(figure)\")"]
        )
        return try? JSONValue(parsing: Array(run.output.utf8))
    }

    @Test func `Icinga reads every figure of a check, an expired token's below zero`()
        async throws
    {
        let settings = Settings(
            .init(id: "fine"),
            .init(id: "soon", play: "expires = \"+5d\""),
            .init(id: "b-c_d", config: "expires = \"2020-01-31\""),
            .init(id: "endless", play: "expires = \"never\"")
        )
        try await withDaemon(settings) { daemon in
            for token in ["fine", "soon", "b-c_d", "endless"] {
                try await daemon.untilSeen(token)
            }
            let check = try await daemon.command("check")
            #expect(check.status == 2)
            let parts = check.output.split(separator: " | ")
            try #require(parts.count == 2, "\(check.output)")
            let figures = parts[1].split(separator: " ").map(String.init)
            var seconds: [String: Int64] = [:]
            for figure in figures {
                let value = try #require(try await parsed(figure), "\(figure)")
                #expect(value["unit"]?.string == "seconds")
                #expect(value["counter"]?.bool == false)
                let label = try #require(value["label"]?.string)
                seconds[label] = value["value"]?.integer
            }
            #expect(Set(seconds.keys) == ["fine", "soon", "b-c_d"])
            #expect((431_000...432_000).contains(seconds["soon"] ?? 0))
            #expect(seconds["b-c_d"] ?? 0 < -100_000_000)
            // The parser does refuse what is no figure.
            #expect(try await parsed("'fine'=xs;;;;") == nil)
        }
    }

    /// A plugin that runs another and gives each of its statuses another meaning.
    private func negated(_ daemon: DaemonUnderTest, _ token: String) async throws
        -> RunningProgram.Outcome
    {
        try await Programs.run(
            "/usr/lib/nagios/plugins/negate",
            [
                "-o", "UNKNOWN", "-w", "OK", "-c", "WARNING", "-u", "CRITICAL",
                try Programs.built("tokenwatchd"), "check", token, "--socket", daemon.socket,
            ]
        )
    }

    @Test func `a plugin that runs plugins understands every status`() async throws {
        let settings = Settings(
            .init(id: "fine"),
            .init(id: "soon", play: "expires = \"+5d\""),
            .init(id: "gone", play: "revoked = true")
        )
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen("fine")
            _ = try await daemon.told("raised", "expiring", of: "soon")
            _ = try await daemon.told("raised", "rejected", of: "gone")
            for (token, status, word) in [
                ("fine", 3, "OK"), ("soon", 0, "WARNING"), ("gone", 1, "CRITICAL"),
                ("nobody", 2, "UNKNOWN"),
            ] as [(String, Int32, String)] {
                let run = try await negated(daemon, token)
                #expect(run.status == status, "\(token): \(run.output)")
                #expect(run.output.hasPrefix("TOKENWATCHD \(word) - "), "\(run.output)")
            }
        }
    }
}
