import Alerting
import Foundation
import Testing

@testable import Monitor
@testable import Store

/// Batch `number` of a chain in which every part of the store says the same number.
private func link(_ number: Int, after last: TokenState?) throws -> (Batch, TokenState) {
    var state = steadyState(polls: number)
    state.failures = number
    state.lastError = String(repeating: "x", count: number % 50 * 20)
    state.alerts = [
        Alert(
            condition: .expiring,
            id: eventID(1),
            severity: .warning,
            since: noon,
            reminders: number
        )
    ]
    let writes = try (0..<10).map {
        TokenWrite(id: try token("t\($0)"), from: last, to: state, startsSpan: true)
    }
    let batch = Batch(
        at: noon,
        states: writes,
        subjectAlerts: [.holds(.daemon, state.alerts[0])],
        events: [try event(number, channels: ["mail", "chat"])]
    )
    return (batch, state)
}

/// The number that every part of the store says; fails where they differ.
private func number(in state: TemporaryState) async throws -> (Int, TokenState?) {
    let store = try state.open()
    #expect(store.setAside == nil)
    let stored = try await store.load()
    let number = stored.tokens.values.first?.failures ?? 0
    #expect(stored.tokens.count == (number == 0 ? 0 : 10))
    #expect(stored.tokens.values.allSatisfy { $0.failures == number })
    #expect(stored.tokens.values.allSatisfy { $0.alerts.map(\.reminders) == [number] })
    #expect((stored.subjectAlerts[.daemon]?.first?.reminders ?? 0) == number)
    #expect(stored.lastEventID == (number == 0 ? nil : eventID(number)))
    let counts = try await store.deliveryCounts()
    #expect(counts.map(\.waiting) == (number == 0 ? [] : [number, number]))
    #expect(try state.integer("SELECT count(*) FROM events") == Int64(number))
    #expect(try state.integer("SELECT count(*) FROM spans") == Int64(number * 10))
    try await store.close()
    #expect(try state.text("PRAGMA integrity_check(1)") == "ok")
    return (number, stored.tokens.values.first)
}

@Suite(.serialized)
struct StoreAtomicityTests {
    @Test func `after a loss of power at any write, a batch is there whole or not at all`()
        async throws
    {
        let state = try TemporaryState()
        let store = try state.open()
        try await store.execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0")
        var last: TokenState?
        for number in 1...5 {
            let (batch, next) = try link(number, after: last)
            try await store.commit(batch)
            last = next
        }
        let database = try state.bytes("state.db")
        let log = try state.bytes("state.db-wal")
        // https://www.sqlite.org/fileformat.html#the_write_ahead_log
        let frames = (log.count - 32) / (24 + 4096)
        #expect(frames > 20)
        var reached = 0
        for cut in 0...(frames * 2) {
            let copy = try TemporaryState()
            try FileManager.default.createDirectory(
                atPath: copy.path,
                withIntermediateDirectories: false
            )
            try database.write(to: URL(fileURLWithPath: copy.database))
            let length = 32 + cut * (24 + 4096) / 2
            try log.prefix(length).write(to: URL(fileURLWithPath: copy.database + "-wal"))
            let (number, _) = try await number(in: copy)
            #expect(number == reached || number == reached + 1, "cut at \(length)")
            reached = number
        }
        #expect(reached == 5)
    }

    @Test(arguments: ["tokens", "alerts", "spans", "events", "deliveries"])
    func `where any statement fails nothing is written, and the next batch is`(
        table: String
    ) async throws {
        let state = try TemporaryState()
        let store = try state.open()
        let (first, last) = try link(1, after: nil)
        try await store.commit(first)
        let (second, _) = try link(2, after: last)
        for verb in ["INSERT", "UPDATE", "DELETE"] {
            try state.sqlite(
                """
                CREATE TRIGGER stop_\(verb) BEFORE \(verb) ON \(table)
                BEGIN SELECT RAISE(ABORT, 'stopped'); END
                """
            )
        }
        await #expect(throws: StoreError.self) { try await store.commit(second) }
        for verb in ["INSERT", "UPDATE", "DELETE"] {
            try state.sqlite("DROP TRIGGER stop_\(verb)")
        }
        #expect(try await store.load().tokens.values.allSatisfy { $0.failures == 1 })
        #expect(try state.integer("SELECT count(*) FROM events") == 1)
        #expect(try state.integer("SELECT count(*) FROM deliveries") == 2)
        try await store.commit(second)
        try await store.close()
        #expect(try await number(in: state).0 == 2)
    }

    @Test func `a full disk fails a commit whole, says so, and a later one succeeds`()
        async throws
    {
        let state = try TemporaryState()
        let store = try state.open()
        var last: TokenState?
        var done = 0
        try await store.execute("PRAGMA max_page_count = 60")
        while done < 1000 {
            let (batch, next) = try link(done + 1, after: last)
            do {
                try await store.commit(batch)
            } catch StoreError.failed(let failure) {
                #expect(failure.primaryCode == 13)
                #expect(StoreError.failed(failure).description.contains("free space"))
                break
            }
            last = next
            done += 1
        }
        #expect(done > 1 && done < 1000)
        #expect(try await store.load().tokens.values.allSatisfy { $0.failures == done })
        try await store.execute("PRAGMA max_page_count = 100000")
        let (batch, _) = try link(done + 1, after: last)
        try await store.commit(batch)
        try await store.close()
        #expect(try await number(in: state).0 == done + 1)
    }

    @Test func `a new token whose commit failed is new again in the next`() async throws {
        let state = try TemporaryState()
        let store = try state.open()
        let write = TokenWrite(
            id: try token("deploy"),
            from: nil,
            to: steadyState(),
            startsSpan: true
        )
        let twice = [try event(1), try event(1)]
        await #expect(throws: StoreError.self) {
            try await store.commit(Batch(at: noon, states: [write], events: twice))
        }
        try await store.commit(Batch(at: noon, states: [write]))
        #expect(try await store.load().tokens[write.id] == write.state)
    }

    @Test func `kill -9 at any moment loses no committed batch and leaves none in part`()
        async throws
    {
        let state = try TemporaryState()
        var random = SplitMix64(state: 20_261_121)
        var reached = 0
        for _ in 0..<12 {
            let path = state.path
            let delay = UInt32.random(in: 0...40_000, using: &random)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, delay = delay as UInt32] in
                try await writeUntilKilled(path, microseconds: delay)
            }
            let said = (try? String(contentsOfFile: path + ".said", encoding: .utf8)) ?? ""
            let acknowledged = Int(said.split(separator: "\n").last ?? "0") ?? 0
            let (number, _) = try await number(in: state)
            // The last batch of a round may have been committed and not yet noted.
            let least = max(acknowledged, reached)
            #expect(number == least || number == least + 1)
            reached = number
        }
        try? FileManager.default.removeItem(atPath: state.path + ".said")
        #expect(reached > 0)
    }
}

/// Commits one batch after another, noting each, until its own death.
private func writeUntilKilled(_ path: String, microseconds: UInt32) async throws {
    let store = try Store(
        directory: StateDirectory(path: path),
        instance: "vps-1",
        now: noon
    )
    let stored = try await store.load()
    var last = stored.tokens.values.first
    var number = last?.failures ?? 0
    let said = open(path + ".said", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    Thread.detachNewThread {
        usleep(microseconds)
        kill(getpid(), SIGKILL)
    }
    while true {
        number += 1
        let (batch, next) = try link(number, after: last)
        try await store.commit(batch)
        let line = Array("\(number)\n".utf8)
        _ = write(said, line, line.count)
        last = next
    }
}
