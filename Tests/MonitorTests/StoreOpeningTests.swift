import Alerting
import Foundation
import Testing

@testable import Monitor
@testable import Store

/// A state with some tokens and events, closed.
private func filledState(tokens: Int = 200) async throws -> TemporaryState {
    let state = try TemporaryState()
    let store = try state.open()
    let writes = try (0..<tokens).map {
        TokenWrite(id: try token("t\($0)"), from: nil, to: steadyState(), startsSpan: true)
    }
    let events = try (1...tokens).map { try event($0) }
    try await store.commit(Batch(at: noon, states: writes, events: events))
    try await store.close()
    return state
}

@Suite(.serialized)
struct StoreOpeningTests {
    @Test func `the directory is 0700 and every file in it 0600, whatever the umask and before`()
        async throws
    {
        let state = try TemporaryState()
        try FileManager.default.createDirectory(
            atPath: state.path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o755]
        )
        var store = try state.open()
        try await store.commit(Batch(at: noon, events: [try event(1)]))
        #expect(try state.mode("") == 0o700)
        #expect(try state.names() == ["lock", "state.db", "state.db-shm", "state.db-wal"])
        for name in try state.names() { #expect(try state.mode(name) == 0o600, "\(name)") }
        try await store.close()
        chmod(state.database, 0o644)
        store = try state.open()
        try await store.commit(Batch(at: noon, events: [try event(2)]))
        for name in try state.names() { #expect(try state.mode(name) == 0o600, "\(name)") }
    }

    @Test
    func `a second daemon is refused with the first one's pid, before the database is touched`()
        async throws
    {
        let state = try TemporaryState()
        let first = try StateDirectory(path: state.path + "/")
        let refusal = StoreError.inUse(path: state.path, pid: getpid())
        #expect(throws: refusal) { try StateDirectory(path: state.path) }
        #expect(
            refusal.description
                == "\(state.path) is in use by tokenwatchd (pid \(getpid())); "
                + "stop that daemon, or set another daemon.state_dir"
        )
        #expect(try state.names() == ["lock"])
        first.release()
        _ = try StateDirectory(path: state.path)
    }

    @Test func `the death of a daemon, however it dies, frees the directory`() async throws {
        let state = try TemporaryState()
        let path = state.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let held = try StateDirectory(path: path)
            withExtendedLifetime(held) { _ = kill(getpid(), SIGKILL) }
        }
        #expect(try state.names() == ["lock"])
        _ = try state.open()
    }

    @Test func `a directory that cannot be used is an error that says what would do`() throws {
        let state = try TemporaryState()
        let error = #expect(throws: StoreError.self) {
            try StateDirectory(path: state.path + "/missing/state")
        }
        #expect(error?.description.hasSuffix("create its parent directory") == true)
        try Data().write(to: URL(fileURLWithPath: state.path))
        let other = #expect(throws: StoreError.self) { try StateDirectory(path: state.path) }
        #expect(other?.description.contains("is not a directory; move it away") == true)
    }

    @Test(.enabled(if: getuid() == 0, "only root can become another user"))
    func `a directory of another user is refused with its remedy`() async throws {
        let state = try TemporaryState()
        let path = state.path
        _ = try StateDirectory(path: path)
        chmod(path, 0o755)
        await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
            setuid(65534)
            do {
                _ = try StateDirectory(path: path)
            } catch let error as StoreError {
                exit(error.description.contains("chmod 0700") ? 7 : 1)
            }
        }
        chmod(path, 0o700)
        await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
            setuid(65534)
            do {
                _ = try StateDirectory(path: path)
            } catch let error as StoreError {
                let remedy = "must be a directory of the user that runs tokenwatchd"
                exit(error.description.contains(remedy) ? 7 : 1)
            }
        }
    }

    @Test(.enabled(if: getuid() == 0, "only root can become another user"))
    func `a read-only directory is refused with its remedy`() async throws {
        let state = try TemporaryState()
        let path = state.path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        chown(path, 65534, 65534)
        chmod(path, 0o500)
        await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
            setuid(65534)
            do {
                _ = try StateDirectory(path: path)
            } catch let error as StoreError {
                exit(error.description.contains("is not writable") ? 7 : 1)
            }
        }
    }

    @Test func `a database of a newer version is refused and not touched`() async throws {
        let state = try await filledState()
        try state.sqlite("PRAGMA user_version = 7")
        let names = try state.names()
        let before = try state.bytes("state.db")
        let known = Schema.present.version
        let refusal = StoreError.newerSchema(path: state.database, found: 7, known: known)
        #expect(throws: refusal) { try state.open() }
        #expect(
            refusal.description.hasPrefix(
                "\(state.database) was written by a newer tokenwatchd"
                    + " (schema 7, this one knows \(Schema.present.version));"
            )
        )
        #expect(try state.names() == names)
        #expect(try state.bytes("state.db") == before)
    }

    @Test func `a newer version that is in the log only is refused, and the log stays`()
        async throws
    {
        let state = try await filledState()
        let copy = try TemporaryState()
        try FileManager.default.createDirectory(
            atPath: copy.path,
            withIntermediateDirectories: false
        )
        // A copy made while the writer lives is what its death would leave.
        let writer = try Connection(path: state.database, mode: .readWrite)
        try writer.execute("PRAGMA user_version = 7", for: "testing")
        for name in ["state.db", "state.db-wal"] {
            try state.bytes(name).write(to: URL(fileURLWithPath: copy.path + "/" + name))
        }
        let database = try copy.bytes("state.db")
        let log = try copy.bytes("state.db-wal")
        #expect(!log.isEmpty)
        let known = Schema.present.version
        let refusal = StoreError.newerSchema(path: copy.database, found: 7, known: known)
        #expect(throws: refusal) { try copy.open() }
        #expect(try copy.bytes("state.db") == database)
        #expect(try copy.bytes("state.db-wal") == log)
    }

    @Test func `a database of another program is refused and not touched`() throws {
        let state = try TemporaryState()
        _ = try StateDirectory(path: state.path)
        try Data().write(to: URL(fileURLWithPath: state.database))
        try state.sqlite("CREATE TABLE songs (name TEXT)")
        chmod(state.database, 0o600)
        let before = try state.bytes("state.db")
        let error = #expect(throws: StoreError.self) { try state.open() }
        #expect(error?.description.contains("is a database of another program") == true)
        #expect(try state.bytes("state.db") == before)
    }

    @Test func `an older database is copied, then migrated`() async throws {
        let state = try await filledState()
        let schema = Schema(
            steps: Schema.present.steps + ["ALTER TABLE tokens ADD COLUMN mood TEXT"]
        )
        let directory = try StateDirectory(path: state.path)
        let store = try Store(directory: directory, instance: "x", now: noon, schema: schema)
        #expect(try await store.load().tokens.count == 200)
        #expect(try state.integer("PRAGMA user_version") == Int64(schema.version))
        #expect(try state.integer("SELECT count(mood) FROM tokens") == 0)
        let name = "state.db.before-v\(schema.version)"
        #expect(try state.mode(name) == 0o600)
        let copy = try Connection(path: "\(state.path)/\(name)", mode: .readOnly)
        let version = try copy.integer("PRAGMA user_version", for: "testing")
        #expect(version == Int64(Schema.present.version))
        #expect(try copy.integer("SELECT count(*) FROM tokens", for: "testing") == 200)
    }

    @Test func `a migration that fails leaves the older database as it was`() async throws {
        let state = try await filledState()
        let schema = Schema(
            steps: Schema.present.steps + ["DELETE FROM deliveries; DROP TABLE no_such_table"]
        )
        #expect(throws: StoreError.self) {
            let directory = try StateDirectory(path: state.path)
            _ = try Store(directory: directory, instance: "x", now: noon, schema: schema)
        }
        let store = try state.open()
        #expect(store.setAside == nil)
        #expect(try await store.load().tokens.count == 200)
        #expect(try await store.deliveryCounts().map(\.waiting) == [200])
    }

    enum Damage: CaseIterable {
        case garbage
        case header
        case truncated
        case shortened
        case flippedPages
        case zeroedPages
    }

    @Test(arguments: Damage.allCases)
    func `a damaged database is set aside by name and a fresh one begun`(
        damage: Damage
    ) async throws {
        let state = try await filledState()
        var bytes = try state.bytes("state.db")
        switch damage {
        case .garbage:
            bytes = Data("this is not a database, and long enough to have a header".utf8)
            bytes += Data(repeating: 0x5a, count: 8192)
        case .header:
            for index in 0..<100 { bytes[index] ^= 0xff }
        case .truncated:
            bytes = bytes.prefix(bytes.count / 2)
        case .shortened:
            bytes = bytes.prefix(5000)
        case .flippedPages:
            for index in 8192..<bytes.count where index % 4096 < 200 { bytes[index] ^= 0xff }
        case .zeroedPages:
            for index in 8192..<bytes.count { bytes[index] = 0 }
        }
        try bytes.write(to: URL(fileURLWithPath: state.database))
        let store = try state.open()
        let aside = state.database + ".damaged-20261121T120000Z"
        #expect(store.setAside == aside)
        #expect(try Data(contentsOf: URL(fileURLWithPath: aside)) == bytes)
        let stored = try await store.load()
        #expect(stored.tokens.isEmpty)
        #expect(stored.digestKey.count == 32)
        try await store.commit(Batch(at: noon, events: [try event(1)]))
        try await store.close()
        #expect(try state.text("PRAGMA integrity_check(1)") == "ok")
    }

    /// A state that lives in its log: the database itself has no table yet.
    private func youngState() async throws -> TemporaryState {
        let state = try TemporaryState()
        let store = try state.open()
        try await store.commit(Batch(at: noon, events: [try event(1)]))
        await store.abandon()
        try #require(try state.bytes("state.db").count <= 4096)
        return state
    }

    @Test func `a log with all of the state that cannot be read is set aside with its database`()
        async throws
    {
        for isWhole in [true, false] {
            let state = try await youngState()
            var log = try state.bytes("state.db-wal")
            if isWhole {
                for index in log.indices { log[index] = UInt8(truncatingIfNeeded: index &* 7) }
            } else {
                // The first page only: SQLite takes the log to end before it.
                for index in 100..<2000 { log[index] ^= 0xff }
            }
            try log.write(to: URL(fileURLWithPath: state.database + "-wal"))
            let store = try state.open()
            let aside = state.database + ".damaged-20261121T120000Z"
            #expect(store.setAside == aside)
            #expect(try Data(contentsOf: URL(fileURLWithPath: aside + "-wal")) == log)
            #expect(try await store.load().tokens.isEmpty)
        }
    }

    @Test func `a start that was cut off within its transaction is begun again`() async throws {
        let state = try TemporaryState()
        await (try state.open()).abandon()
        let path = state.database + "-wal"
        let log = try state.bytes("state.db-wal")
        // Half a page, half a header, no page, a page of zeros.
        for length in [log.count - 2048, log.count - 4108, log.count - 4096, log.count] {
            var torn = Array(log.prefix(length))
            if length == log.count { for index in (length - 4096)..<length { torn[index] = 0 } }
            try Data(torn).write(to: URL(fileURLWithPath: path))
            let store = try state.open()
            #expect(store.setAside == nil, "\(length)")
            await store.abandon()
        }
    }

    @Test func `a state that lost its log is begun again, and says so`() async throws {
        for isEmptied in [false, true] {
            let state = try await youngState()
            unlink(state.database + "-wal")
            if isEmptied { try Data().write(to: URL(fileURLWithPath: state.database + "-wal")) }
            let store = try state.open()
            #expect(store.wasEmpty && store.setAside == nil)
        }
        let new = try TemporaryState()
        #expect(try !new.open().wasEmpty)
        let kept = try await youngState()
        #expect(try !kept.open().wasEmpty)
    }

    @Test func `a second damaged database within a second does not replace the first`()
        async throws
    {
        let state = try await filledState(tokens: 1)
        for _ in 0..<2 {
            try Data(repeating: 1, count: 9000).write(to: URL(fileURLWithPath: state.database))
            _ = try state.open()
        }
        let damaged = try state.names().filter { $0.contains("damaged") }
        #expect(
            damaged == [
                "state.db.damaged-20261121T120000Z", "state.db.damaged-20261121T120000Z-2",
            ]
        )
    }

    @Test func `a store that is opened again and still damaged begins from scratch in place`()
        async throws
    {
        let state = try await filledState()
        let store = try state.open()
        let reader = try StoreReader(directory: state.path)
        #expect(try await reader.deliveryCounts().map(\.waiting) == [200])
        #expect(try await store.reopen(now: noon) == nil)
        #expect(try await store.load().tokens.count == 200)
        var bytes = try state.bytes("state.db")
        for index in 8192..<bytes.count { bytes[index] = 0xee }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: state.database))
        try file.write(contentsOf: bytes)
        try file.close()
        let aside = try await store.reopen(now: noon)
        #expect(aside?.hasPrefix(state.database + ".damaged-") == true)
        #expect(try await store.load().tokens.isEmpty)
        #expect(try await reader.deliveryCounts().isEmpty)
        let write = TokenWrite(
            id: try token("t1"),
            from: steadyState(),
            to: steadyState(),
            startsSpan: false
        )
        try await store.commit(Batch(at: noon, states: [write]))
        #expect(try await store.load().tokens[write.id] == steadyState())
    }

    @Test func `pages that go bad while it runs are damage, not another error`() async throws {
        let state = try await filledState(tokens: 2000)
        let store = try state.open()
        var bytes = try state.bytes("state.db")
        for index in 8192..<bytes.count { bytes[index] = 0xee }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: state.database))
        try file.write(contentsOf: bytes)
        try file.close()
        await #expect {
            _ = try await store.load()
        } throws: { error in
            if case StoreError.damaged = error { true } else { false }
        }
    }

    @Test func `a copy is whole, 0600, and never replaces a file`() async throws {
        let state = try await filledState()
        let store = try state.open()
        let copy = state.path + "/copy.db"
        _ = try StateCopy.write(of: state.path, to: copy)
        #expect(try state.mode("copy.db") == 0o600)
        let before = try state.bytes("copy.db")
        let error = #expect(throws: StoreError.self) {
            try StateCopy.write(of: state.path, to: copy)
        }
        #expect(error?.description == "\(copy) exists already; name a file that does not")
        #expect(try state.bytes("copy.db") == before)
        let moved = try TemporaryState()
        _ = try StateDirectory(path: moved.path)
        try before.write(to: URL(fileURLWithPath: moved.database))
        #expect(try await moved.open().load().tokens == store.load().tokens)
        // Of a daemon that has stopped, too.
        try await store.close()
        _ = try StateCopy.write(of: state.path, to: state.path + "/other.db")
        let other = try Connection(path: state.path + "/other.db", mode: .readOnly)
        #expect(try other.integer("SELECT count(*) FROM tokens", for: "testing") == 200)
        #expect(try state.mode("other.db") == 0o600)
    }

    @Test func `a closed store has no log and answers that it is closed`() async throws {
        let state = try await filledState()
        #expect(try state.names() == ["lock", "state.db"])
        let store = try state.open()
        try await store.close()
        await #expect(throws: StoreError.closed(path: state.database)) {
            try await store.load()
        }
        // The next daemon need not wait for the last reference to this one's store.
        try await state.open().close()
    }
}
