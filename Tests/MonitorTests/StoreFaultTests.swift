import Alerting
import CSQLite
import FaultyFiles
import Foundation
import Testing

@testable import Monitor
@testable import Store

/// Reads of a sound state that fail, one after the other and for good.
@Suite(.serialized)
struct StoreFaultTests {
    /// What SQLite's own layer makes of EIO, of any other errno of read(2), and of no memory.
    enum Fault: Int32, CaseIterable {
        case inputOutput
        case read
        case noMemory

        var status: Int32 {
            switch self {
            // SQLITE_IOERR_CORRUPTFS and SQLITE_IOERR_READ: https://www.sqlite.org/rescode.html
            case .inputOutput: SQLITE_IOERR | 33 << 8
            case .read: SQLITE_IOERR | 1 << 8
            case .noMemory: SQLITE_IOERR | 12 << 8
            }
        }
    }

    /// A state with tokens, alerts and deliveries, some of it in the log, and closed by a crash.
    private func crashedState() async throws -> TemporaryState {
        let written = try TemporaryState(isInMemory: true)
        let store = try written.open()
        var alerting = steadyState()
        alerting.alerts = [
            Alert(condition: .expiring, id: eventID(1), severity: .warning, since: noon)
        ]
        for first in stride(from: 0, to: 200, by: 100) {
            let numbers = first..<first + 100
            let writes = try numbers.map { number in
                TokenWrite(
                    id: try token("t\(number)"),
                    from: nil,
                    to: number == 7 ? alerting : steadyState(),
                    startsSpan: true
                )
            }
            let events = try numbers.map { try event($0 + 1, token: "t\($0)") }
            try await store.commit(Batch(at: noon, states: writes, events: events))
        }
        let state = try TemporaryState(isInMemory: true)
        try FileManager.default.createDirectory(
            atPath: state.path,
            withIntermediateDirectories: false
        )
        try copy(written, to: state)
        return state
    }

    private func copy(_ state: TemporaryState, to other: TemporaryState) throws {
        for name in try other.names() {
            try FileManager.default.removeItem(atPath: other.path + "/" + name)
        }
        for name in ["state.db", "state.db-wal"] {
            try state.bytes(name).write(to: URL(fileURLWithPath: other.path + "/" + name))
        }
    }

    /// Starts as the daemon does.
    private func start(_ state: TemporaryState) async throws -> OpenStore {
        try await Store.open(
            StateDirectory(path: state.path),
            instance: "vps-1",
            now: noon,
            say: { _ in }
        )
    }

    private func expectSound(_ opened: OpenStore, _ state: TemporaryState) async throws {
        let stored = opened.state
        #expect(stored.tokens.count == 200)
        #expect(stored.tokens[try token("t7")]?.alerts.count == 1)
        #expect(try state.integer("SELECT count(*) FROM deliveries") == 200)
        #expect(try !state.names().contains { $0.contains("damaged") })
        try await opened.store.close()
    }

    @Test(arguments: Fault.allCases)
    func `no single failed read at a start sets a sound database aside`(
        fault: Fault
    ) async throws {
        faulty_files_install()
        let whole = try await crashedState()
        let state = try TemporaryState(isInMemory: true)
        try FileManager.default.createDirectory(
            atPath: state.path,
            withIntermediateDirectories: false
        )
        var refusals = 0
        var position: Int64 = 0
        var reads: Int64 = 0
        // Until a start has too few reads for the fault to happen.
        repeat {
            position += 1
            try copy(whole, to: state)
            faulty_files_arm(state.path, .reads(from: position, fault.status))
            do {
                let opened = try await start(state)
                reads = faulty_files_disarm()
                try await expectSound(opened, state)
            } catch let error as StoreError {
                reads = faulty_files_disarm()
                refusals += 1
                // The daemon ends with status 74, and its state is as it was.
                guard case .failed = error else {
                    Issue.record("read \(position): \(error)")
                    continue
                }
                try await expectSound(start(state), state)
            }
        } while reads >= position
        // As many as a database of this size has pages, at least; most of them do no harm.
        #expect(position > 30, "\(position) reads, \(refusals) refusals")
    }

    @Test(arguments: Fault.allCases, [1, 2, 5, 20])
    func `reads that go on failing are an error of the disk, not damage`(
        fault: Fault,
        first: Int
    ) async throws {
        faulty_files_install()
        let state = try await crashedState()
        faulty_files_arm(state.path, .reads(from: Int64(first), count: .max, fault.status))
        let error = await #expect(throws: StoreError.self) { try await start(state) }
        let reads = faulty_files_disarm()
        #expect(reads >= first)
        guard case .failed? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try await expectSound(start(state), state)
    }

    @Test func `damage that stays is set aside although reads fail meanwhile`() async throws {
        faulty_files_install()
        let state = try await crashedState()
        // Its log is written into the database at an orderly end.
        try await start(state).store.close()
        var bytes = try state.bytes("state.db")
        for index in 8192..<bytes.count { bytes[index] = 0xee }
        try bytes.write(to: URL(fileURLWithPath: state.database))
        faulty_files_arm(state.path, .reads(from: 3, Fault.inputOutput.status))
        // Whether this start sets it aside or ends depends on which read that is.
        if let opened = try? await start(state) { try await opened.store.close() }
        _ = faulty_files_disarm()
        #expect(try await start(state).state.tokens.isEmpty)
        #expect(try state.names().contains { $0.contains("damaged") })
    }

    @Test func `damage beyond what a start checks is found when the state is read`() async throws {
        let state = try await crashedState()
        let store = try state.open()
        // More than 16 MiB, so that a start checks no pages.
        try await store.execute(
            """
            CREATE TABLE filling AS SELECT randomblob(20 << 20) AS bytes;
            PRAGMA wal_checkpoint(TRUNCATE);
            """
        )
        let root = try #require(
            try state.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'tokens'")
        )
        try await store.close()
        var bytes = try state.bytes("state.db")
        let page = (Int(root) - 1) * 4096
        for index in page..<page + 200 { bytes[index] = 0xee }
        try bytes.write(to: URL(fileURLWithPath: state.database))
        #expect(try await start(state).state.tokens.isEmpty)
        #expect(try state.names().contains { $0.contains("damaged") })
    }
}
