import Alerting
import CSQLite
import FaultyFiles
import Foundation
import Testing

@testable import Monitor
@testable import Store

/// Every call by which SQLite uses a disk, failing at every position of a scripted run.
///
/// `make test` takes some positions of each, `make soak` all of them.
@Suite(.serialized)
struct StoreEveryFaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let calls: Int
        let status: Int32
        var halves = false
        /// Whether SQLite waits 5 s for it to end.
        var isWaitedFor = false

        func plan(from first: Int64, count: Int64) -> faulty_plan {
            faulty_plan(
                calls: UInt32(calls),
                first: first,
                count: count,
                status: status,
                halves: halves ? 1 : 0
            )
        }
    }

    /// Faults with the result codes of https://www.sqlite.org/rescode.html.
    static let faults = [
        Fault(testDescription: "disk full", calls: FAULTY_WRITE, status: SQLITE_FULL),
        Fault(
            testDescription: "disk full within a write",
            calls: FAULTY_WRITE,
            status: SQLITE_FULL,
            halves: true
        ),
        Fault(testDescription: "EIO of a write", calls: FAULTY_WRITE, status: ioError(3)),
        Fault(
            testDescription: "short write",
            calls: FAULTY_WRITE,
            status: ioError(3),
            halves: true
        ),
        Fault(testDescription: "EIO of a read", calls: FAULTY_READ, status: ioError(1)),
        Fault(testDescription: "failed fsync", calls: FAULTY_SYNC, status: ioError(4)),
        Fault(testDescription: "failed truncation", calls: FAULTY_TRUNCATE, status: ioError(6)),
        Fault(testDescription: "failed fstat", calls: FAULTY_SIZE, status: ioError(7)),
        Fault(testDescription: "failed lock", calls: FAULTY_LOCK, status: ioError(15)),
        Fault(
            testDescription: "locked by another",
            calls: FAULTY_LOCK,
            status: SQLITE_BUSY,
            isWaitedFor: true
        ),
        Fault(testDescription: "no index of the log", calls: FAULTY_INDEX, status: ioError(21)),
        Fault(testDescription: "no open files left", calls: FAULTY_OPEN, status: SQLITE_CANTOPEN),
        Fault(testDescription: "failed unlink", calls: FAULTY_DELETE, status: ioError(10)),
    ]

    private static func ioError(_ number: Int32) -> Int32 { SQLITE_IOERR | number << 8 }

    private static let isLong =
        ProcessInfo.processInfo.environment["TOKENWATCH_EVERY_FAULT"] != nil

    /// How many calls of a kind a run without faults makes.
    private func calls(_ kinds: Int) async throws -> Int64 {
        faulty_files_install()
        let state = try TemporaryState(isInMemory: true)
        let nothing = faulty_plan(
            calls: UInt32(kinds),
            first: .max,
            count: 0,
            status: SQLITE_OK,
            halves: 0
        )
        faulty_files_arm(state.path, nothing)
        var script = StoreScript(state)
        let store = try await script.open()
        try await script.run(store)
        try await store.close()
        let count = faulty_files_disarm()
        #expect(script.errors.isEmpty)
        #expect(try await StoreScript.steps(in: state) == StoreScript.steps)
        return count
    }

    /// Every position, or some of them that differ between the faults.
    private func positions(_ count: Int64, some: Int64) -> [Int64] {
        let stride = Self.isLong ? 1 : max(1, count / some)
        return Array(
            Swift.stride(from: 1 + Int64.random(in: 0..<stride), through: count, by: Int(stride))
        )
    }

    private func remedy(_ fault: Fault) -> String {
        StoreFailure(path: "", purpose: "", message: "", code: fault.status).remedy
    }

    @Test(arguments: faults)
    func `after any fault the same process goes on, and nothing is lost or doubled`(
        fault: Fault
    ) async throws {
        var failures = 0
        for position in positions(try await calls(fault.calls), some: 4) {
            // A blip, and a fault that stays until someone mends it.
            for count in fault.isWaitedFor ? [1] : [1, Int64.max] {
                let state = try TemporaryState(isInMemory: true)
                faulty_files_arm(state.path, fault.plan(from: position, count: count))
                var script = StoreScript(state) { _ = faulty_files_disarm() }
                let comment: Comment = "\(fault.testDescription) at \(position), \(count) times"
                do {
                    let store = try await script.open()
                    try await script.run(store)
                    try? await store.close()
                } catch {
                    Issue.record("\(comment): \(error)")
                }
                _ = faulty_files_disarm()
                #expect(try await StoreScript.steps(in: state) == StoreScript.steps, comment)
                failures += script.errors.count
                for error in script.errors {
                    guard case .failed = error else {
                        Issue.record("\(comment): \(error)")
                        continue
                    }
                    #expect("\(error)".contains(state.path), comment)
                    #expect("\(error)".hasSuffix(remedy(fault)), "\(comment): \(error)")
                }
            }
        }
        // Of the others some positions do no harm.
        if [FAULTY_WRITE, FAULTY_SYNC].contains(fault.calls) {
            #expect(failures > 0)
        }
    }

    @Test(arguments: faults.filter { !$0.isWaitedFor })
    func `a crash at any fault keeps what was written, and the next start goes on`(
        fault: Fault
    ) async throws {
        for position in positions(try await calls(fault.calls), some: 4) {
            let state = try TemporaryState(isInMemory: true)
            faulty_files_arm(state.path, fault.plan(from: position, count: .max))
            let written = try await crash(state)
            _ = faulty_files_disarm()
            try await expectRecovery(state, written, "\(fault.testDescription) at \(position)")
        }
    }

    @Test func `a loss of power at any call keeps what was written`() async throws {
        let changes = FAULTY_WRITE | FAULTY_TRUNCATE | FAULTY_SYNC | FAULTY_DELETE
        let power = Fault(testDescription: "no power", calls: changes, status: SQLITE_IOERR)
        for position in positions(try await calls(changes), some: 20) {
            // All of what was not synchronized is lost, or some sectors of it.
            for seed in [0, UInt64(position), UInt64(position) << 32] {
                let state = try TemporaryState(isInMemory: true)
                faulty_files_arm(state.path, power.plan(from: position, count: .max))
                let written = try await crash(state)
                faulty_files_lose_power(seed)
                try? FileManager.default.removeItem(atPath: state.database + "-shm")
                try await expectRecovery(state, written, "call \(position), seed \(seed)")
            }
        }
    }

    @Test func `a failed fsync that drops its pages loses nothing that was written after it`()
        async throws
    {
        let fault = Fault(testDescription: "fsync", calls: FAULTY_SYNC, status: Self.ioError(4))
        for position in positions(try await calls(FAULTY_SYNC), some: 6) {
            let state = try TemporaryState(isInMemory: true)
            faulty_files_arm(state.path, fault.plan(from: position, count: 1))
            var script = StoreScript(state)
            let store = try await script.open()
            try await script.run(store)
            await store.abandon()
            faulty_files_lose_power(0)
            try? FileManager.default.removeItem(atPath: state.database + "-shm")
            try await expectRecovery(state, script.acknowledged, "fsync \(position)")
        }
    }

    /// Runs until the first fault, and ends as a process does that is killed.
    ///
    /// - Returns: how many steps the store said were done.
    private func crash(_ state: TemporaryState) async throws -> Int {
        var script = StoreScript(state)
        var open: Store?
        do {
            let store = try Store(
                directory: StateDirectory(path: state.path),
                instance: "vps-1",
                now: noon
            )
            open = store
            _ = try await store.load()
            try await store.execute("PRAGMA wal_autocheckpoint = 12")
            try await script.runUntilFault(store)
        } catch is StoreError {
            // What the crash is about.
        }
        await open?.abandon()
        return script.acknowledged
    }

    private func expectRecovery(
        _ state: TemporaryState,
        _ written: Int,
        _ comment: Comment
    ) async throws {
        do {
            let found = try await StoreScript.steps(in: state)
            // The step under way may be there as well.
            #expect((written...written + 1).contains(found), comment)
            var script = StoreScript(state, from: found)
            let store = try await script.open()
            try await script.run(store)
            try await store.close()
            #expect(script.errors.isEmpty, comment)
            #expect(try await StoreScript.steps(in: state) == StoreScript.steps, comment)
        } catch {
            Issue.record("\(comment): \(error)")
        }
    }
}
