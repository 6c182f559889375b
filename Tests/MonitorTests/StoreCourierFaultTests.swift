import Alerting
import CSQLite
import FaultyFiles
import Testing

@testable import Monitor
@testable import Store

/// The courier with a real store whose disk fails.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct StoreCourierFaultTests {
    private let clock = HandClock()

    /// Delivers twelve notifications while a fault begins at a call.
    ///
    /// - Returns: how many calls of the kind there were.
    private func deliver(_ plan: faulty_plan, isMendedAfter seconds: Int) async throws -> Int64 {
        faulty_files_install()
        let state = try TemporaryState(isInMemory: true)
        let store = try state.open()
        for number in 1...6 {
            try await store.commit(
                Batch(at: noon, events: [try event(number, channels: ["mail", "chat"])])
            )
        }
        let channels = ["mail", "chat"].map { ScriptedChannel($0) { _, _ in .delivered } }
        let courier = Courier(
            outbox: store,
            instance: "vps-1",
            channels: channels.map { ChannelSetup(channel: $0, revision: 1) },
            seed: 1,
            clock: { [clock] in clock.now }
        )
        faulty_files_arm(state.path, plan)
        let run = Task { await courier.run() }
        var isMended = false
        var calls: Int64 = 0
        var passed = 0
        while try !isMended || state.integer("SELECT count(*) FROM deliveries") != 0 {
            // Its waits are by this clock; what it does in one of them takes some of this task's turns.
            clock.advance(.seconds(1))
            courier.wake()
            passed += 1
            try await Task.sleep(for: .milliseconds(1))
            if passed == seconds {
                isMended = true
                calls = faulty_files_disarm()
            }
        }
        await courier.stop()
        await run.value
        for channel in channels {
            let attempts = channel.attempts
            #expect(attempts.count == 6, "\(channel.name): \(attempts)")
            #expect(Set(attempts).count == 6, "\(channel.name): \(attempts)")
        }
        try await store.close()
        return calls
    }

    @Test(
        arguments: [
            (FAULTY_WRITE, SQLITE_FULL), (FAULTY_SYNC, SQLITE_IOERR | 4 << 8),
            (FAULTY_READ, SQLITE_IOERR | 1 << 8), (FAULTY_LOCK, SQLITE_IOERR | 15 << 8),
        ]
    )
    func `what was delivered is not sent again, whichever call of its disk fails`(
        calls: Int,
        status: Int32
    ) async throws {
        func plan(_ first: Int64, _ count: Int64) -> faulty_plan {
            faulty_plan(
                calls: UInt32(calls),
                first: first,
                count: count,
                status: status,
                halves: 0
            )
        }
        let whole = try await deliver(plan(.max, 0), isMendedAfter: 20)
        for first in Set([1, 2, 3, whole / 2, whole]).sorted() where first > 0 {
            _ = try await deliver(plan(first, 1), isMendedAfter: 20)
            _ = try await deliver(plan(first, .max), isMendedAfter: 20)
        }
    }
}
