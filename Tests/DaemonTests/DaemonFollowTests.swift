import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// `events --follow`, which outlives the daemon that it follows.
@Suite(.timeLimit(.minutes(2)))
struct DaemonFollowTests {
    /// Starts a follower, which ends with the test.
    private func follow(_ daemon: DaemonUnderTest, _ words: String...) throws -> RunningProgram {
        let program = try RunningProgram(
            Programs.built("tokenwatchd"),
            ["events", "--follow", "--socket", daemon.socket] + words
        )
        daemon.adopt(program)
        return program
    }

    private func rename(_ daemon: DaemonUnderTest, _ name: String) async throws {
        try daemon.sandbox.edit("a", json: "{\"name\": \"\(name)\"}")
        try await daemon.pollNow("a")
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func `whoever follows misses nothing and hears nothing twice over restarts`(_ signal: Int32)
        async throws
    {
        try await withDaemon { daemon in
            try await daemon.untilSeen()
            let follower = try follow(daemon, "--json", "--since", "1d")
            try await follower.output.first { $0.contains("first_seen") }
            for round in 1...2 {
                try await rename(daemon, "before-\(round)")
                _ = try await follower.output.first { $0.contains("before-\(round)\\\"") }
                // This one may be told while nobody is there to hear.
                try await rename(daemon, "at-\(round)")
                _ = try await daemon.record { $0.summary.contains("at-\(round)") }
                #expect(try await daemon.end(signal) == (signal == SIGTERM ? 0 : -signal))
                try await follower.errors.first(after: (round - 1) * 2) {
                    $0.contains("the daemon is not running: nothing listens on \(daemon.socket)")
                }
                try daemon.sandbox.edit("a", json: "{\"name\": \"away-\(round)\"}")
                try await daemon.start()
                try await daemon.pollNow()
                _ = try await follower.output.first { $0.contains("away-\(round)\\\"") }
                try await follower.errors.first(after: (round - 1) * 2) {
                    $0.contains("the daemon is back")
                }
            }
            let recorded = try await daemon.events()
            let heard = try follower.output.all.map { line in
                Told(json: try JSONValue(parsing: Array(line.utf8)))
            }
            #expect(heard.map(\.id) == recorded.map(\.id))
            #expect(heard.map(\.json) == recorded.map(\.json))
            #expect(follower.errors.all.count == 4, "\(follower.errors.all)")
            follower.signal(SIGTERM)
            #expect(await follower.exitStatus() == -SIGTERM)
        }
    }

    @Test func `whoever follows a new record hears its first event, as lines`() async throws {
        try await withDaemon { daemon in
            try await daemon.untilSeen()
            let follower = try follow(daemon)
            try await follower.output.first { $0.contains("a is now watched") }
            try await rename(daemon, "new")
            let line = try await follower.output.first { $0.contains("renamed") }
            #expect(line.contains(" UTC (") && line.contains("info"), "\(line)")
            follower.signal(SIGKILL)
        }
    }

    @Test func `whoever follows a daemon that does not run is told so and does not wait`()
        async throws
    {
        try await withDaemon(starts: false) { daemon in
            let run = try await daemon.command("events", "--follow")
            #expect(run.status == 3)
            #expect(run.errors.contains("nothing listens on"), "\(run.errors)")
        }
    }
}

extension DaemonUnderTest {
    /// An event of the record, once it is there.
    func record(_ isWanted: (Told) -> Bool) async throws -> Told {
        try await eventually { try await events().first(where: isWanted) }
    }
}
