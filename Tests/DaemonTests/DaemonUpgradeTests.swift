import Alerting
import Formats
import Foundation
import Glibc
import Monitor
import System
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

    private func version(of daemon: DaemonUnderTest) async throws -> String {
        let script =
            "import sqlite3, sys; "
            + "print(sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version').fetchone()[0])"
        let outcome = try await Programs.run(
            "/usr/bin/python3",
            ["-c", script, "\(daemon.state)/state.db"]
        )
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
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
            let version = try await version(of: daemon)
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
            try await sqlite("PRAGMA user_version = \(version)", daemon)
            try await daemon.start()
            try await daemon.untilSeen()
            #expect(try await daemon.events().contains { $0.id == raised.id })
            #expect(daemon.told.count { $0.type == "expiring" } == 1)
        }
    }

    @Test func `a state that an earlier version left is gone on with`() async throws {
        let settings = Settings(.init(id: "expiring", play: "expires = \"+6d\""))
        try await withDaemon(settings, starts: false) { daemon in
            mkdir(daemon.state, 0o700)
            try await sqlite(KeptState.text(version: 1, until: SystemClock.now().instant), daemon)
            try await daemon.start()
            let forgotten = try await daemon.events()
            #expect(forgotten.contains { $0.words == "raised rejected revoked" })
            #expect(!daemon.errors.contains("error"), "\(daemon.errors)")
            let alert = try await daemon.token("expiring")["alerts"]?[0]
            #expect(alert?["acknowledged"]?["by"]?.string == "ann")
        }
    }

    /// 2041-02-28 and two days later: after the end of 32 bits, and across the end of a month.
    @Test(arguments: [2_245_622_400, 2_245_795_200])
    func `a kept state is moved to any time with all its dates`(seconds: Int64) throws {
        let recorded = try KeptState.text(version: 1)
        let shift = .seconds(seconds - (try KeptState.recorded(recorded)).seconds - 1) as Duration
        let moved = try KeptState.text(version: 1, until: Instant(seconds: seconds))
        #expect(try KeptState.recorded(moved) == KeptState.recorded(recorded) + shift)
        // The acknowledgement, in its column and in the event's body.
        let until = Instant(milliseconds: 1_797_867_091_228)
        #expect(recorded.contains("\(until.milliseconds)"))
        #expect(moved.contains("\((until + shift).milliseconds)"))
        #expect(recorded.contains("\"until\":\"\(until.rfc3339)\""))
        #expect(moved.contains("\"until\":\"\((until + shift).rfc3339)\""))
        #expect(recorded.ranges(of: "1795275091").count > 20)
        #expect(!moved.contains("1795275091") && !moved.contains("T15:31:31Z"))
    }
}
