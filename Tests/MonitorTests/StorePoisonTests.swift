import Alerting
import Synchronization
import Testing

@testable import Formats
@testable import Monitor
@testable import Store

/// A column of a pending delivery or its event, and a damaged value for it.
struct PoisonedCell: CustomTestStringConvertible, Sendable {
    let table: String
    let column: String
    let value: String

    var testDescription: String { "\(table).\(column) = \(value)" }

    static let all: [PoisonedCell] = {
        let texts = ["'zz'", "''", "char(0, 10, 27)", "'{}'"]
        let numbers = ["-9223372036854775808", "9223372036854775807", "-1", "0"]
        let columns: [(String, [String], [String])] = [
            (
                "deliveries", ["event_id", "channel", "subject", "last_error"],
                ["created_at", "attempts", "next_attempt_at", "given_up_at", "wait_ms", "place"]
            ),
            (
                "events",
                ["id", "subject", "type", "phase", "severity", "summary", "alert_id", "body"],
                ["at"]
            ),
        ]
        return columns.flatMap { table, textColumns, numberColumns in
            textColumns.flatMap { column in
                texts.map { PoisonedCell(table: table, column: column, value: $0) }
            }
                + numberColumns.flatMap { column in
                    numbers.map { PoisonedCell(table: table, column: column, value: $0) }
                }
        }
    }()

    /// Of the second event.
    var sql: String {
        let key = table == "events" ? "id" : "event_id"
        return "UPDATE \(table) SET \(column) = \(value) WHERE \(key) = '\(eventID(2))'"
    }
}

/// One damaged row says so, and nothing else suffers from it.
@Suite(.timeLimit(.minutes(1)))
struct StorePoisonTests {
    private let state: TemporaryState

    init() throws {
        state = try TemporaryState()
    }

    private func fill(_ store: Store) async throws {
        try await store.commit(
            Batch(
                at: noon,
                events: [
                    try event(1, token: "a"), try event(2, token: "b", alert: 2),
                    try event(3, token: "c", severity: .critical), try event(4, token: "b"),
                ]
            )
        )
    }

    /// Runs a courier until the four are delivered or dropped; what arrived, and what was said.
    private func deliver(from store: Store) async throws -> (arrived: [EventID], said: [String]) {
        let arrived = Mutex<[EventID]>([])
        let said = Mutex<[String]>([])
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let channel = ScriptedChannel("mail") { delivery, _ in
            arrived.withLock { $0.append(delivery.eventID) }
            return .delivered
        }
        let courier = Courier(
            outbox: WatchedOutbox(store: store) { end.yield() },
            instance: "vps-1",
            channels: [ChannelSetup(channel: channel, revision: 1)],
            seed: 1,
            clock: { Now(instant: noon + .seconds(1), moment: Moment(milliseconds: 1000)) },
            log: { line in said.withLock { $0.append(line) } }
        )
        let run = Task { await courier.run() }
        courier.wake()
        for await _ in ends {
            let counts = try await store.deliveryCounts()
            if counts.allSatisfy({ $0.waiting == 0 }) { break }
        }
        await courier.stop()
        await run.value
        return (arrived.withLock { $0 }, said.withLock { $0 })
    }

    private func check(_ poison: PoisonedCell, _ store: Store) async throws {
        let reader = try StoreReader(directory: state.path)
        let before = try await reader.waitingDeliveries(limit: 10)
        #expect(before.count + (try await reader.givenUpDeliveries(limit: 10)).count == 4)
        let (arrived, said) = try await deliver(from: store)
        #expect(Set(arrived).isSuperset(of: [eventID(1), eventID(3), eventID(4)]), "\(arrived)")
        // What is not delivered is dropped where everyone can see it.
        let dropped = try await reader.givenUpDeliveries(limit: 10)
        #expect(dropped.count == 4 - arrived.count)
        if poison.column != "given_up_at" {
            #expect(dropped.allSatisfy { $0.lastError?.isEmpty == false })
        }
        for one in dropped where one.lastError?.hasPrefix("cannot be read") == true {
            #expect(said.count == 1 && said[0].contains("is dropped"), "\(said)")
            #expect(try await store.deliveryCounts().map(\.givenUp).reduce(0, +) == 1)
        }
        for delivery in before + dropped { try checkJSON { delivery.write(into: &$0) } }
        let lines = try await reader.events(
            since: nil,
            token: nil,
            changesOnly: false,
            limit: 10
        )
        for line in lines {
            let json = try JSONValue(parsing: Array(line.body.utf8))
            #expect(json["id"]?.string == line.id.description)
            #expect(json["summary"]?.string != nil)
        }
        let isLost = poison.table == "events" && poison.column == "id"
        #expect(lines.count == (isLost ? 3 : 4))
        #expect(try await store.load().lastEventID == eventID(4))
    }

    private func checkJSON(_ write: (inout JSONWriter) -> Void) throws {
        var writer = JSONWriter()
        write(&writer)
        _ = try JSONValue(parsing: writer.bytes)
    }

    @Test(arguments: PoisonedCell.all)
    func `a column that is poisoned while the store is open harms its own row alone`(
        poison: PoisonedCell
    ) async throws {
        let store = try state.open()
        try await fill(store)
        try state.sqlite(poison.sql)
        try await check(poison, store)
        try await store.close()
    }

    @Test(arguments: PoisonedCell.all)
    func `a column that is poisoned while the daemon is stopped harms its own row alone`(
        poison: PoisonedCell
    ) async throws {
        let first = try state.open()
        try await fill(first)
        try await first.close()
        try state.sqlite(poison.sql)
        let store = try state.open(at: noon + .minutes(1))
        #expect(store.setAside == nil)
        _ = try await store.load()
        try await check(poison, store)
        try await store.close()
    }

    @Test func `an event that is gone does not hold up those behind it`() async throws {
        let store = try state.open()
        try await fill(store)
        try state.sqlite("DELETE FROM events WHERE id = '\(eventID(2))'")
        let (arrived, said) = try await deliver(from: store)
        #expect(Set(arrived) == [eventID(1), eventID(3), eventID(4)])
        #expect(
            said == ["channel mail: delivery 2 is dropped: it cannot be read: event is missing"]
        )
        try await store.close()
    }

    @Test func `a damaged body is shown as far as the record goes`() async throws {
        let store = try state.open()
        try await fill(store)
        try state.sqlite("UPDATE events SET body = '{\"id\":' WHERE id = '\(eventID(2))'")
        let lines = try await StoreReader(directory: state.path)
            .events(since: .event(eventID(1)), token: nil, changesOnly: false, limit: 1)
        let json = try JSONValue(parsing: Array(try #require(lines.first).body.utf8))
        #expect(json["summary"]?.string == "event 2")
        #expect(json["type"]?.string == "expiring" && json["subject"]?.string == "token")
        #expect(json["details"]?["damaged"]?.string != nil)
        try await store.close()
    }
}

/// The store's outbox, which tells when it was used.
private struct WatchedOutbox: Outbox {
    let store: Store
    let used: @Sendable () -> Void

    func waitingDeliveries(
        channel: String,
        after: ChannelQueue.Place?,
        limit: Int
    ) async throws -> OutboxPage {
        defer { used() }
        return
            try await store
            .waitingDeliveries(channel: channel, after: after, limit: limit)
    }

    func waitingChannels() async throws -> [String] {
        try await store.waitingChannels()
    }

    func settle(_ settlements: [Settlement]) async throws {
        defer { used() }
        try await store.settle(settlements)
    }
}
