import Alerting
import Testing

@testable import Monitor

struct StoreDeliveryTests {
    private let state: TemporaryState
    private let store: Store

    init() throws {
        state = try TemporaryState()
        store = try state.open()
    }

    private func due(_ channel: String = "mail", at now: Instant = noon) async throws -> [Int] {
        try await store.dueDeliveries(channel: channel, now: now, limit: 100)
            .map { Int($0.eventID.low) }
    }

    private func row(_ number: Int, _ channel: String = "mail") async throws -> Int64 {
        let waiting = try await store.waitingDeliveries(channel: channel, limit: 100)
        return try #require(waiting.first { $0.eventID == eventID(number) }).id
    }

    @Test func `a delivery carries all of its event`() async throws {
        let source = try event(1, phase: .reminded, alert: 1, channels: ["chat", "mail"])
        try await store.commit(Batch(at: noon, events: [source]))
        let delivery = try #require(
            try await store.dueDeliveries(channel: "mail", now: noon, limit: 1).first
        )
        #expect(delivery.eventID == source.id)
        #expect(delivery.channel == "mail")
        #expect(delivery.subject == "token:deploy")
        #expect(delivery.type == "expiring")
        #expect(delivery.phase == .reminded)
        #expect(delivery.severity == .warning)
        #expect(delivery.summary == "event 1")
        #expect(delivery.body == source.json(instance: "vps-1"))
        #expect(delivery.createdAt == noon)
        #expect(delivery.nextAttemptAt == noon)
        #expect(delivery.attempts == 0)
        #expect(delivery.lastError == nil)
        #expect(delivery.givenUpAt == nil)
    }

    @Test func `deliveries come oldest first, each channel apart, and once`() async throws {
        let events = try (1...4).map {
            try event($0, token: $0 % 2 == 0 ? "a" : "b", channels: ["mail", "chat"])
        }
        try await store.commit(Batch(at: noon, events: events))
        #expect(try await due() == [1, 2, 3, 4])
        #expect(try await due() == [])
        #expect(try await due("chat") == [1, 2, 3, 4])
    }

    @Test(arguments: [(-1, []), (0, [1]), (1, [1])] as [(Int64, [Int])])
    func `a delivery is due from its instant on`(offset: Int64, expected: [Int]) async throws {
        try await store.commit(Batch(at: noon, events: [try event(1)]))
        #expect(try await due(at: noon + .milliseconds(offset)) == expected)
    }

    @Test func `what follows a delivery that waits is held back, other subjects are not`()
        async throws
    {
        let events = [try event(1), try event(2), try event(3, token: "other")]
        try await store.commit(Batch(at: noon, events: events))
        let first = try await store.dueDeliveries(channel: "mail", now: noon, limit: 1)
        #expect(first.map(\.eventID) == [eventID(1)])
        #expect(try await due() == [3])
        let later = noon + .minutes(5)
        try await store.settle([Settlement(id: first[0].id, outcome: .retry(at: later, attempts: 1, error: "HTTP 500"))])
        #expect(try await due(at: later - .milliseconds(1)) == [])
        #expect(try await store.nextAttempt(channel: "mail") == later)
        #expect(try await due(at: later) == [1, 2])
        #expect(try await store.nextAttempt(channel: "mail") == nil)
        let retried = try await store.waitingDeliveries(channel: "mail", limit: 1)
        #expect(retried.map(\.attempts) == [1])
        #expect(retried.map(\.lastError) == ["HTTP 500"])
    }

    @Test func `settled deliveries are gone, put off, or given up, all at once`() async throws {
        try await store.commit(
            Batch(at: noon, events: try (1...4).map { try event($0, token: "t\($0)") })
        )
        let rows = try await store.dueDeliveries(channel: "mail", now: noon, limit: 100).map(\.id)
        let later = noon + .seconds(5)
        try await store.settle([
            Settlement(id: rows[0], outcome: .delivered),
            Settlement(id: rows[1], outcome: .retry(at: later, attempts: 1, error: "timed out")),
            Settlement(id: rows[2], outcome: .gaveUp(at: noon, error: "HTTP 404")),
        ])
        #expect(
            try await store.deliveryCounts() == [
                DeliveryCount(channel: "mail", waiting: 2, givenUp: 1, oldestWaiting: noon)
            ]
        )
        let reader = try StoreReader(directory: state.path)
        let given = try await reader.givenUpDeliveries(limit: 10)
        #expect(given.map(\.id) == [rows[2]])
        #expect(given.map(\.lastError) == ["HTTP 404"])
        #expect(given.map(\.givenUpAt) == [noon])
        #expect(try await reader.waitingDeliveries(limit: 10).map(\.id) == [rows[1], rows[3]])
        await store.release([rows[3]])
        #expect(try await due() == [4])
        try await store.giveUp(channel: "mail", at: noon, error: "no longer configured")
        #expect(try await store.deliveryCounts().map(\.waiting) == [0])
    }

    @Test func `a newer reminder replaces a waiting one of its alert and channel only`()
        async throws
    {
        let channels = ["mail", "chat"]
        try await store.commit(
            Batch(
                at: noon,
                events: [
                    try event(1, phase: .raised, alert: 1, channels: channels),
                    try event(2, phase: .reminded, alert: 1, channels: channels),
                    try event(3, phase: .reminded, alert: 9, channels: channels),
                ]
            )
        )
        try await store.commit(
            Batch(at: noon, events: [try event(4, phase: .reminded, alert: 1)])
        )
        #expect(try await due("mail") == [1, 3, 4])
        #expect(try await due("chat") == [1, 2, 3])
    }

    @Test func `a reminder that is being sent or was given up is not replaced`() async throws {
        try await store.commit(
            Batch(at: noon, events: [try event(1, phase: .reminded, alert: 1)])
        )
        #expect(try await due() == [1])
        try await store.commit(
            Batch(at: noon, events: [try event(2, phase: .reminded, alert: 1)])
        )
        let first = try await row(1)
        try await store.settle([Settlement(id: first, outcome: .gaveUp(at: noon, error: "HTTP 410"))])
        try await store.commit(
            Batch(at: noon, events: [try event(3, phase: .reminded, alert: 1)])
        )
        #expect(try await due() == [3])
        #expect(try await store.deliveryCounts().map(\.givenUp) == [1])
    }

    @Test func `a row of a delivery is never used again`() async throws {
        try await store.commit(Batch(at: noon, events: [try event(1)]))
        let first = try await row(1)
        try await store.settle([Settlement(id: first, outcome: .delivered)])
        try await store.commit(Batch(at: noon, events: [try event(2)]))
        #expect(try await row(2) > first)
    }

    @Test func `what was in flight at a crash is handed out again`() async throws {
        try await store.commit(Batch(at: noon, events: [try event(1)]))
        #expect(try await due() == [1])
        let copy = try TemporaryState()
        let held = try StateDirectory(path: copy.path)
        try await store.backUp(to: copy.database)
        let next = try Store(directory: held, instance: "vps-1", now: noon)
        let deliveries = try await next.dueDeliveries(channel: "mail", now: noon, limit: 9)
        #expect(deliveries.map(\.eventID) == [eventID(1)])
    }
}
