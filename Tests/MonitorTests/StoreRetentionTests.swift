import Alerting
import Testing

@testable import Monitor
@testable import Store

struct StoreRetentionTests {
    private let state: TemporaryState
    private let store: Store
    private let keep = Duration.days(365)
    private var cutoff: Instant { noon - keep }

    init() throws {
        state = try TemporaryState()
        store = try state.open()
    }

    private func events() async throws -> [Int] {
        try await StoreReader(directory: state.path)
            .events(since: nil, token: nil, changesOnly: false, limit: 100_000)
            .map { Int($0.id.low) }
    }

    @Test(arguments: [(-1, [9]), (0, [1, 9]), (1, [1, 9])] as [(Int64, [Int])])
    func `an event goes once it is older than the time kept`(
        offset: Int64,
        expected: [Int]
    ) async throws {
        let at = cutoff + .milliseconds(offset)
        try await store.commit(
            Batch(at: noon, events: [try event(1, at: at, channels: []), try event(9)])
        )
        try await store.prune(now: noon, keep: keep)
        #expect(try await events() == expected)
    }

    @Test(arguments: [(-1, 1), (0, 2), (1, 2)] as [(Int64, Int)])
    func `a span goes once it ended before the time kept, the present one stays`(
        offset: Int64,
        expected: Int
    ) async throws {
        let id = try token("deploy")
        var state = steadyState()
        state.lastPollAt = cutoff - .days(9)
        let first = TokenWrite(id: id, from: nil, to: state, startsSpan: true)
        state.lastPollAt = cutoff + .milliseconds(offset)
        let second = TokenWrite(id: id, from: first.state, to: state, startsSpan: true)
        try await store.commit(Batch(at: noon, states: [first, second]))
        try await store.prune(now: noon, keep: keep)
        let reader = try StoreReader(directory: self.state.path)
        #expect(try await reader.spans(token: id, limit: 9).count == expected)
        try await store.prune(now: noon + .days(10_000), keep: keep)
        #expect(try await reader.spans(token: id, limit: 9).map(\.until) == [nil])
    }

    @Test func `what waits, what raised an alert that holds and the newest event stay`()
        async throws
    {
        let old = cutoff - .days(1)
        var token = steadyState()
        token.alerts = [
            Alert(condition: .expiring, id: eventID(2), severity: .warning, since: old)
        ]
        let write = TokenWrite(
            id: try #require(TokenID("deploy")),
            from: nil,
            to: token,
            startsSpan: true
        )
        try await store.commit(
            Batch(
                at: old,
                states: [write],
                events: [
                    try event(1, at: old, channels: ["mail"]),
                    try event(2, at: old, channels: []),
                    try event(3, token: "other", at: old, channels: ["chat"]),
                    try event(4, at: old, channels: []),
                    try event(5, at: old, channels: []),
                ]
            )
        )
        let chat = try #require(
            try await store.waitingDeliveries(channel: "chat", after: nil, limit: 1).deliveries
                .first
        )
        try await store.settle([
            Settlement(id: chat.id, outcome: .gaveUp(at: old, error: "HTTP 404"))
        ])
        #expect(try await store.prune(now: noon, keep: keep) == 2)
        #expect(try await events() == [1, 2, 5])
        #expect(try await store.deliveryCounts().map(\.channel) == ["mail"])
        #expect(try await store.load().lastEventID == eventID(5))
    }

    @Test func `a forgotten token leaves at once, its spans and events with time`() async throws {
        let id = try token("deploy")
        var token = steadyState()
        token.alerts = [
            Alert(condition: .expiring, id: eventID(1), severity: .warning, since: noon)
        ]
        let write = TokenWrite(id: id, from: nil, to: token, startsSpan: true)
        try await store.commit(
            Batch(at: noon, states: [write], events: [try event(1, channels: [])])
        )
        try await store.commit(
            Batch(
                at: noon + .hours(2),
                forgotten: [id],
                events: [try event(2, token: "other", channels: [])]
            )
        )
        let stored = try await store.load()
        #expect(stored.tokens.isEmpty)
        #expect(try state.integer("SELECT count(*) FROM alerts") == 0)
        let reader = try StoreReader(directory: state.path)
        #expect(try await reader.spans(token: id, limit: 9).map(\.until) == [noon + .hours(2)])
        #expect(try await events() == [1, 2])
        try await store.prune(now: noon + .hours(2) + keep, keep: keep)
        #expect(try await reader.spans(token: id, limit: 9).count == 1)
        try await store.prune(now: noon + .hours(3) + keep, keep: keep)
        #expect(try await reader.spans(token: id, limit: 9).isEmpty)
        #expect(try await events() == [2])
    }

    @Test func `many old rows go in chunks and the file shrinks`() async throws {
        let count = 3001
        let old = cutoff - .days(1)
        let batch = try (1...count).map { try event($0, at: old, channels: []) }
        try await store.commit(Batch(at: old, events: batch))
        try await store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        let before = try #require(try state.integer("PRAGMA page_count"))
        #expect(try await store.prune(now: noon, keep: keep) == count - 1)
        #expect(try await events() == [count])
        #expect(try #require(try state.integer("PRAGMA page_count")) < before / 4)
    }
}

struct StoreReaderTests {
    @Test func `events are listed by token, kind, start and number, the newest last`()
        async throws
    {
        let state = try TemporaryState()
        let store = try state.open()
        let events = try (1...10).map {
            try event(
                $0,
                token: $0 % 2 == 0 ? "even" : "odd",
                at: noon + .minutes(Int64($0)),
                phase: $0 % 3 == 0 ? .changed : .raised
            )
        }
        try await store.commit(Batch(at: noon, events: events))
        let reader = try StoreReader(directory: state.path)
        func list(
            _ since: EventsSince? = nil,
            _ id: String? = nil,
            changes: Bool = false,
            limit: Int = 100
        ) async throws -> [Int] {
            try await reader.events(
                since: since,
                token: id.flatMap { TokenID($0) },
                changesOnly: changes,
                limit: limit
            ).map { Int($0.id.low) }
        }
        #expect(try await list() == Array(1...10))
        #expect(try await list(limit: 3) == [8, 9, 10])
        #expect(try await list(.event(eventID(4)), limit: 3) == [5, 6, 7])
        #expect(try await list(.instant(noon + .minutes(9))) == [9, 10])
        #expect(try await list(nil, "even", limit: 2) == [8, 10])
        #expect(try await list(nil, "odd", changes: true) == [3, 9])
        #expect(try await list(.event(eventID(3)), changes: true) == [6, 9])
        #expect(try await list(.instant(noon), "even", changes: true) == [6])
        let lines = try await reader.events(
            since: nil,
            token: nil,
            changesOnly: false,
            limit: 1
        )
        #expect(lines.map(\.body) == [events[9].json(instance: "vps-1")])
    }

    @Test func `a reader holds no transaction between calls, so the log can be emptied`()
        async throws
    {
        let state = try TemporaryState()
        let store = try state.open()
        try await store.commit(Batch(at: noon, events: [try event(1), try event(2)]))
        let reader = try StoreReader(directory: state.path)
        _ = try await reader.events(since: nil, token: nil, changesOnly: false, limit: 1)
        try await store.commit(Batch(at: noon, events: [try event(3)]))
        try await store.execute("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)")
        #expect(try state.bytes("state.db-wal").isEmpty)
        let lines = try await reader.events(
            since: nil,
            token: nil,
            changesOnly: false,
            limit: 9
        )
        #expect(lines.map(\.id) == [eventID(1), eventID(2), eventID(3)])
    }
}
