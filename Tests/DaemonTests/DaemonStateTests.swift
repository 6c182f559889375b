import Formats
import Foundation
import Glibc
import Monitor
import Testing

/// The daemon with a damaged state.
@Suite(.timeLimit(.minutes(2)))
struct DaemonStateTests {
    private func sqlite(_ statements: String, _ daemon: DaemonUnderTest) async throws {
        let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"
        let outcome = try await Programs.run(
            "/usr/bin/python3",
            ["-c", script, "\(daemon.state)/state.db", statements]
        )
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func `a row that cannot be read is logged and alerted, and the others go on`()
        async throws
    {
        let tokens = ["a", "b", "c"].map {
            Settings.Token(id: $0, play: "permissions = []\nexpires = \"+5d\"")
        }
        var settings = Settings()
        settings.tokens = tokens
        try await withDaemon(settings) { daemon in
            for token in tokens { _ = try await daemon.told("raised", "expiring", of: token.id) }
            #expect(try await daemon.end() == 0)
            try await sqlite("UPDATE tokens SET last_outcome = 'zz' WHERE id = 'b'", daemon)
            try await daemon.start()
            try await daemon.untilSeen("b")
            let problem = "tokens b: last_outcome is an unknown word"
            #expect(daemon.errors.contains(problem))
            let alert = try await daemon.told("raised", "store_failing", of: "-")
            #expect(alert.summary.contains(problem))
            // Nobody is notified again of what holds, not even of the token with the bad row.
            #expect(daemon.told.count { $0.type == "expiring" } == 3)
            #expect(try await daemon.token("b")["last_outcome"]?.string == "ok")

            // The row was written again by the poll, so that the next start finds nothing.
            #expect(try await daemon.end() == 0)
            try await daemon.start()
            _ = try await daemon.told("resolved", "store_failing", of: "-")
            #expect(daemon.told.count { $0.type == "expiring" } == 3)
        }
    }

    @Test func `a log that is removed while the daemon runs is an alert`() async throws {
        try await withDaemon(Settings(.init(id: "a"))) { daemon in
            try await daemon.untilSeen()
            #expect(unlink("\(daemon.state)/state.db-wal") == 0)
            try await daemon.pollNow()
            let alert = try await daemon.told("raised", "store_failing", of: "-")
            #expect(alert.summary.contains("state.db-wal was removed or replaced while"))
            #expect(try await daemon.end() == 0)
            // What was committed before is still there.
            try await daemon.start()
            #expect(try await daemon.events().contains { $0.words == "changed first_seen a" })
            #expect(!daemon.errors.contains("was removed"), "\(daemon.errors)")
        }
    }
}
