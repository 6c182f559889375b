import Alerting
import CSQLite
import FaultyFiles
import Foundation
import Synchronization
import Testing

@testable import Monitor
@testable import Store

/// Reads that succeed with wrong bytes: a page of zeroes, or one whose second half is garbage.
@Suite(.serialized)
struct StoreTornReadTests {
    enum Tear: Int32, CaseIterable {
        case zeroes
        case garbage

        func plan(_ first: Int64) -> faulty_plan {
            faulty_plan(
                calls: UInt32(FAULTY_READ),
                first: first,
                count: 1,
                status: SQLITE_OK,
                halves: rawValue
            )
        }
    }

    private static let tokens = 60

    private func batch(polls: Int) throws -> Batch {
        Batch(
            at: noon,
            states: try (0..<Self.tokens).map { number in
                TokenWrite(
                    id: try token("t\(number)"),
                    from: polls > 1 ? steadyState(polls: polls - 1) : nil,
                    to: steadyState(polls: polls),
                    startsSpan: polls == 1
                )
            },
            events: try (0..<Self.tokens).map { number in
                try event(polls * Self.tokens + number, token: "t\(number)")
            }
        )
    }

    /// Starts as the daemon does.
    private func start(_ state: TemporaryState, _ remarks: Remarks) async throws -> OpenStore {
        try await Store.open(
            StateDirectory(path: state.path),
            instance: "vps-1",
            now: noon,
            say: { remarks.add($0) }
        )
    }

    private func isWhole(_ stored: StoredState, polls: Int) -> Bool {
        stored.tokens.count == Self.tokens && stored.unreadable.isEmpty
            && stored.tokens.values.allSatisfy { $0 == steadyState(polls: polls) }
    }

    @Test(arguments: Tear.allCases)
    func `a page that is read wrong once costs one try of a commit, and no restart`(
        tear: Tear
    ) async throws {
        faulty_files_install()
        var position: Int64 = 0
        var reads: Int64 = 0
        var errors = 0
        repeat {
            position += 1
            let comment: Comment = "\(tear) at read \(position)"
            let state = try TemporaryState(isInMemory: true)
            let store = try state.open()
            try await store.commit(batch(polls: 1))
            // All of it is in the database, and no page in memory.
            try await store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            try await store.execute("PRAGMA shrink_memory")
            faulty_files_arm(state.path, tear.plan(position))
            do {
                try await store.commit(batch(polls: 2))
                reads = faulty_files_disarm()
            } catch let error as StoreError {
                reads = faulty_files_disarm()
                errors += 1
                guard case .damaged = error else {
                    Issue.record("\(comment): \(error)")
                    continue
                }
                #expect("\(error)".contains("restart tokenwatchd"))
                try await store.commit(batch(polls: 2))
            }
            try? await store.close()
            // A wrong page that was changed and written shows at the next start.
            let remarks = Remarks()
            let opened = try await start(state, remarks)
            #expect(isWhole(opened.state, polls: 2) || !remarks.list.isEmpty, comment)
            try await opened.store.close()
        } while reads >= position
        #expect(errors > 5, "\(errors) errors in \(position) reads")
    }

    @Test func `no page of zeroes at a start sets a sound database aside`() async throws {
        faulty_files_install()
        let state = try TemporaryState(isInMemory: true)
        let store = try state.open()
        try await store.commit(batch(polls: 1))
        try await store.close()
        var position: Int64 = 0
        var reads: Int64 = 0
        repeat {
            position += 1
            faulty_files_arm(state.path, Tear.zeroes.plan(position))
            do {
                let opened = try await start(state, Remarks())
                reads = faulty_files_disarm()
                #expect(isWhole(opened.state, polls: 1), "read \(position)")
                try await opened.store.close()
            } catch is StoreError {
                reads = faulty_files_disarm()
                // systemd starts it again.
                let opened = try await start(state, Remarks())
                #expect(isWhole(opened.state, polls: 1), "read \(position)")
                try await opened.store.close()
            }
            #expect(try !state.names().contains { $0.contains("damaged") }, "read \(position)")
        } while reads >= position
        #expect(position > 10)
    }
}

/// What a start says about the state.
private final class Remarks: Sendable {
    private let said = Mutex<[String]>([])

    var list: [String] { said.withLock { $0 } }

    func add(_ remark: StoreRemark) {
        said.withLock { $0.append("\(remark)") }
    }
}
