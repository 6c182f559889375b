import Foundation
import Glibc
import Monitor
import Testing

/// Versions that follow each other on one state.
@Suite(.timeLimit(.minutes(2)))
struct DaemonUpgradeTests {
    private func sqlite(_ statements: String, _ daemon: DaemonUnderTest) async throws {
        let database = "\(daemon.state)/state.db"
        let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"
        let outcome = try await Programs.run(
            "/usr/bin/python3",
            ["-c", script, database, statements]
        )
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    private func content(of daemon: DaemonUnderTest) throws -> [String: Data] {
        let files = FileManager.default
        var content: [String: Data] = [:]
        for name in try files.contentsOfDirectory(atPath: daemon.state) where name != "lock" {
            content[name] = files.contents(atPath: "\(daemon.state)/\(name)")
        }
        return content
    }

    @Test func `an older program refuses the state of a newer one in a line, and changes nothing`()
        async throws
    {
        try await withDaemon(Settings(.init(id: "a", play: "expires = \"+10d\""))) { daemon in
            let raised = try await daemon.told("raised", "expiring")
            #expect(try await daemon.end() == 0)
            try await sqlite("PRAGMA user_version = 99", daemon)
            let before = try content(of: daemon)
            let older = try daemon.launch()
            #expect(await older.exitStatus() == 74)
            let errors = try await older.ended().errors.split(separator: "\n")
            #expect(errors.count == 1, "\(errors)")
            #expect(errors.first?.contains("was written by a newer tokenwatchd") == true)
            #expect(errors.first?.contains("install that version again") == true)
            #expect(try content(of: daemon) == before)
            #expect(access(daemon.socket, F_OK) != 0)

            // The newer one again: nothing is lost, and nothing is said twice.
            try await sqlite("PRAGMA user_version = 1", daemon)
            try await daemon.start()
            try await daemon.untilSeen()
            #expect(try await daemon.events().contains { $0.id == raised.id })
            #expect(daemon.told.count { $0.type == "expiring" } == 1)
        }
    }

    @Test func `a state that an earlier version left is gone on with`() async throws {
        let settings = Settings(.init(id: "expiring", play: "expires = \"+6d\""))
        try await withDaemon(settings, starts: false) { daemon in
            let kept = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appending(path: "../Fixtures/state/1.sql")
            mkdir(daemon.state, 0o700)
            try await sqlite(String(contentsOf: kept, encoding: .utf8), daemon)
            try await daemon.start()
            let forgotten = try await daemon.events()
            #expect(forgotten.contains { $0.words == "raised rejected revoked" })
            #expect(!daemon.errors.contains("error"), "\(daemon.errors)")
            let alert = try await daemon.token("expiring")["alerts"]?[0]
            #expect(alert?["acknowledged"]?["by"]?.string == "ann")
        }
    }
}
