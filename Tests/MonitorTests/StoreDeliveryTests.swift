import Alerting
import Testing

@testable import Monitor
@testable import Store

struct StoreDeliveryTests {
    private let state: TemporaryState
    private let store: Store

    init() throws {
        state = try TemporaryState()
        store = try state.open()
    }

    private func waiting(
        _ channel: String = "mail",
        after place: ChannelQueue.Place? = nil,
        limit: Int = 100
    ) async throws -> [Delivery] {
        try await store.waitingDeliveries(channel: channel, after: place, limit: limit).deliveries
    }

    private func numbers(_ channel: String = "mail") async throws -> [Int] {
        try await waiting(channel).map { Int($0.eventID.low) }
    }

    private func settle(_ delivery: Delivery, _ outcome: Settlement.Outcome) async throws {
        try await store.settle([Settlement(id: delivery.id, outcome: outcome)])
    }

    @Test func `a delivery carries all of its event`() async throws {
        let source = try event(1, phase: .reminded, alert: 1, channels: ["chat", "mail"])
        try await store.commit(Batch(at: noon, events: [source]))
        let delivery = try #require(try await waiting().first)
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

    @Test func `deliveries come oldest first, each channel apart, from any row on`()
        async throws
    {
        let events = try (1...4).map {
            try event($0, token: $0 % 2 == 0 ? "a" : "b", channels: ["mail", "chat"])
        }
        try await store.commit(Batch(at: noon, events: events))
        #expect(try await numbers() == [1, 2, 3, 4])
        #expect(try await numbers("chat") == [1, 2, 3, 4])
        let first = try await waiting(limit: 3)
        #expect(first.map(\.eventID) == (1...3).map(eventID))
        let rest = try await waiting(after: .init(isUrgent: false, id: first[2].id), limit: 3)
        #expect(rest.map(\.eventID) == [eventID(4)])
        #expect(try await waiting(after: .init(isUrgent: false, id: rest[0].id)).isEmpty)
    }

    @Test func `settled deliveries are gone, put off, or given up, all at once`() async throws {
        try await store.commit(
            Batch(at: noon, events: try (1...4).map { try event($0, token: "t\($0)") })
        )
        let rows = try await waiting().map(\.id)
        let later = noon + .seconds(5)
        try await store.settle([
            Settlement(id: rows[0], outcome: .delivered),
            Settlement(
                id: rows[1],
                outcome: .retry(at: later, wait: .seconds(5), attempts: 1, error: "timed out")
            ),
            Settlement(id: rows[2], outcome: .gaveUp(at: noon, error: "HTTP 404")),
        ])
        #expect(
            try await store.deliveryCounts() == [
                DeliveryCount(channel: "mail", waiting: 2, givenUp: 1, oldestWaiting: noon)
            ]
        )
        let reader = try StoreReader(directory: state.path)
        let given = try await reader.givenUpDeliveries(limit: 10)
        #expect(given.map(\.row) == [rows[2]])
        #expect(given.map(\.lastError) == ["HTTP 404"])
        #expect(given.map(\.givenUpAt) == [noon])
        let waiting = try await reader.waitingDeliveries(limit: 10)
        #expect(waiting.map(\.row) == [rows[1], rows[3]])
        #expect(waiting.map(\.attempts) == [1, 0])
        #expect(waiting.map(\.nextAttemptAt) == [later, noon])
        #expect(waiting.map(\.lastError) == ["timed out", nil])
    }

    @Test func `of more than may wait for a channel reminders are given up first, then the oldest`()
        async throws
    {
        let events = try (1...6).map { number in
            try event(
                number,
                token: "t\(number)",
                phase: [3, 5].contains(number) ? .reminded : .raised,
                alert: number,
                channels: number == 6 ? ["mail", "chat"] : ["mail"]
            )
        }
        let all = Batch(at: noon, events: events)
        #expect(try await store.commit(all, longestOutbox: 6) == [:])
        let later = noon + .hours(1)
        let seventh = Batch(at: later, events: [try event(7, token: "t7", channels: ["mail"])])
        #expect(try await store.commit(seventh, longestOutbox: 4) == ["mail": 3])
        #expect(try await numbers() == [2, 4, 6, 7])
        #expect(try await numbers("chat") == [6])
        let reader = try StoreReader(directory: state.path)
        let given = try await reader.givenUpDeliveries(limit: 10)
        #expect(given.map(\.eventID) == [1, 3, 5].map { eventID($0).description })
        #expect(given.allSatisfy { $0.givenUpAt == later })
        #expect(given.allSatisfy { $0.lastError?.hasPrefix("more than 4 are pending") == true })
    }

    @Test func `settling the same twice, or what is gone, changes nothing more`() async throws {
        try await store.commit(Batch(at: noon, events: [try event(1), try event(2)]))
        let both = try await waiting()
        let later = noon + .minutes(5)
        for _ in 1...2 {
            try await settle(
                both[0],
                .retry(at: later, wait: .minutes(5), attempts: 3, error: "HTTP 500")
            )
            try await settle(both[1], .delivered)
        }
        #expect(try await waiting().map(\.id) == [both[0].id])
        #expect(try await waiting().map(\.attempts) == [3])
        try await settle(
            both[1],
            .retry(at: later, wait: .minutes(5), attempts: 1, error: "HTTP 500")
        )
        #expect(try await waiting().map(\.id) == [both[0].id])
        for number in 1...2 {
            try await settle(both[0], .gaveUp(at: noon, error: "HTTP 40\(number)"))
        }
        let given = try await StoreReader(directory: state.path).givenUpDeliveries(limit: 9)
        #expect(given.map(\.attempts) == [4])
        #expect(given.map(\.lastError) == ["HTTP 401"])
    }

    @Test func `a critical delivery comes first, after what is older of its subject`()
        async throws
    {
        let events = try (1...6).map { try event($0, token: $0 % 2 == 0 ? "a" : "b") }
        try await store.commit(Batch(at: noon, events: events))
        try await store.commit(
            Batch(
                at: noon,
                events: [try event(7, token: "a", severity: .critical), try event(8, token: "a")]
            )
        )
        #expect(try await numbers() == [2, 4, 6, 7, 1, 3, 5, 8])
        let first = try await waiting(limit: 5)
        #expect(first.map(\.isUrgent) == [true, true, true, true, false])
        let last = try #require(first.last)
        let rest = try await waiting(after: .init(isUrgent: last.isUrgent, id: last.id))
        #expect(rest.map { Int($0.eventID.low) } == [3, 5, 8])
    }

    @Test func `how long a delivery was to wait is kept`() async throws {
        try await store.commit(Batch(at: noon, events: [try event(1)]))
        let delivery = try #require(try await waiting().first)
        #expect(delivery.wait == nil)
        let later = noon + .hours(2)
        try await settle(delivery, .retry(at: later, wait: .hours(2), attempts: 1, error: "429"))
        #expect(try await waiting().map(\.wait) == [.hours(2)])
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
        let replaced = try #require(try await waiting().first { $0.eventID == eventID(2) })
        try await store.commit(
            Batch(at: noon, events: [try event(4, phase: .reminded, alert: 1)])
        )
        #expect(try await numbers("mail") == [1, 3, 4])
        #expect(try await numbers("chat") == [1, 2, 3])
        // It was being sent meanwhile.
        try await settle(replaced, .retry(at: noon, wait: .zero, attempts: 1, error: "timed out"))
        try await settle(replaced, .gaveUp(at: noon, error: "HTTP 410"))
        #expect(try await numbers("mail") == [1, 3, 4])
        #expect(try await store.deliveryCounts().map(\.givenUp) == [0, 0])
    }

    @Test func `a reminder that was given up is not replaced`() async throws {
        try await store.commit(
            Batch(at: noon, events: [try event(1, phase: .reminded, alert: 1)])
        )
        let first = try #require(try await waiting().first)
        try await settle(first, .gaveUp(at: noon, error: "HTTP 410"))
        try await store.commit(
            Batch(at: noon, events: [try event(2, phase: .reminded, alert: 1)])
        )
        #expect(try await numbers() == [2])
        #expect(try await store.deliveryCounts().map(\.givenUp) == [1])
    }

    @Test func `a row of a delivery is never used again`() async throws {
        try await store.commit(Batch(at: noon, events: [try event(1)]))
        let first = try #require(try await waiting().first)
        try await settle(first, .delivered)
        try await store.commit(Batch(at: noon, events: [try event(2)]))
        #expect(try #require(try await waiting().first).id > first.id)
    }

    @Test func `what was being sent at a crash waits in the next run`() async throws {
        try await store.commit(Batch(at: noon, events: [try event(1)]))
        #expect(try await numbers() == [1])
        let copy = try TemporaryState()
        let held = try StateDirectory(path: copy.path)
        _ = try StateCopy.write(of: state.path, to: copy.database)
        let next = try Store(directory: held, instance: "vps-1", now: noon)
        let page = try await next.waitingDeliveries(channel: "mail", after: nil, limit: 9)
        #expect(page.deliveries.map(\.eventID) == [eventID(1)])
        try await next.close()
    }
}
