import Alerting
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Monitor
@testable import Store

/// Bounds of the state's files, and of what is read from them at once.
struct StoreBoundsTests {
    private func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Events of which some eighty fill the log.
    private func largeEvent(_ number: Int, bytes: Int = 100_000) throws -> Event {
        var event = try event(number)
        event.summary = String(repeating: "s", count: bytes)
        return event
    }

    // MARK: - The write-ahead log

    @Test func `the log stays small while the daemon's own reader reads all the time`() async throws
    {
        let state = try TemporaryState()
        let store = try state.open()
        let reader = try StoreReader(directory: state.path)
        let log = state.database + "-wal"
        try await withThrowingTaskGroup(of: Void.self) { group in
            let isDone = Flag()
            group.addTask {
                while !isDone.isSet {
                    _ = try await reader.events(
                        since: .event(EventID(high: 0, low: 0)),
                        token: nil,
                        changesOnly: false,
                        limit: 1000
                    )
                }
            }
            defer { isDone.set() }
            for number in 1...300 {
                try await store.commit(Batch(at: noon, events: [try largeEvent(number)]))
                // A read may last while this is a slow machine; the next try finds it done.
                #expect(size(log) <= 2 * Store.longestLog, "commit \(number)")
            }
        }
    }

    @Test
    func `a reader of another program that never ends is named, and the log emptied after it`()
        async throws
    {
        let state = try TemporaryState()
        let store = try state.open()
        let log = state.database + "-wal"
        do {
            let other = try Connection(path: state.database, mode: .readOnly)
            try other.execute("BEGIN; SELECT count(*) FROM events", for: "testing")
            for number in 1...250 {
                try await store.commit(Batch(at: noon, events: [try largeEvent(number)]))
            }
            #expect(size(log) > Store.longestLog)
            let remarks = store.takeRemarks()
            #expect(remarks.count == 1)
            #expect(remarks.first?.contains("end that program's transaction") == true)
            try other.execute("ROLLBACK", for: "testing")
        }
        for number in 251...500 {
            try await store.commit(Batch(at: noon, events: [try largeEvent(number)]))
        }
        #expect(size(log) <= Store.longestLog + (1 << 20))
        #expect(store.takeRemarks() == ["\(log) could be emptied again"])
    }

    @Test(arguments: ["removed", "replaced"])
    func `a log that goes away while it is in use is noticed, and what is in it saved`(
        how: String
    ) async throws {
        let state = try TemporaryState()
        let store = try state.open()
        try await store.commit(Batch(at: noon, events: [try event(1)]))
        unlink(state.database + "-wal")
        if how == "replaced" {
            try Data().write(to: URL(fileURLWithPath: state.database + "-wal"))
        }
        let error = await #expect(throws: StoreError.self) {
            try await store.commit(Batch(at: noon, events: [try event(2)]))
        }
        #expect(
            error?.description
                == "\(state.database)-wal was removed or replaced while it was in use; "
                + "restart tokenwatchd"
        )
        // A crash now loses nothing of what was committed.
        let copy = try TemporaryState()
        _ = try StateDirectory(path: copy.path)
        try state.bytes("state.db").write(to: URL(fileURLWithPath: copy.database))
        #expect(try copy.integer("SELECT count(*) FROM events") == 1)
    }

    // MARK: - Events that are read

    @Test func `a page of events ends at its bytes, and pages go on where it ended`() async throws {
        let state = try TemporaryState()
        let store = try state.open()
        let events = try (1...200).map { try largeEvent($0, bytes: $0 == 100 ? 700_000 : 10_000) }
        try await store.commit(Batch(at: noon, events: events))
        let reader = try StoreReader(directory: state.path)
        for start in [EventsSince.event(EventID(high: 0, low: 0)), .instant(noon)] {
            var since = start
            var seen: [EventID] = []
            while true {
                let page = try await reader.events(
                    since: since,
                    token: nil,
                    changesOnly: false,
                    limit: 1000
                )
                guard let last = page.last else { break }
                let bytes = page.map(\.body.utf8.count).reduce(0, +)
                #expect(page.count == 1 || bytes <= StoreReader.pageBytes)
                seen += page.map(\.id)
                since = since.after(last.id)
            }
            #expect(seen == events.map(\.id))
        }
        for (limit, first) in [(1, 200), (150, 51), (200, 1), (1000, 1)] {
            let since = try await reader.beforeNewest(limit, token: nil, changesOnly: false)
            let page = try await reader.events(
                since: since,
                token: nil,
                changesOnly: false,
                limit: 1
            )
            #expect(page.map(\.id) == [eventID(first)])
        }
    }

    // MARK: - What is written

    /// Facts with as many permissions as a provider may name, none of which was named before.
    private func maximalFacts(_ round: Int) -> Facts {
        Facts(
            name: "deploy",
            account: "john@example.com",
            permissions: PermissionSet(
                (0..<9_900).map {
                    "resource-\(round)-\($0)-\(String(repeating: "x", count: 90)):list"
                }
            ),
            createdAt: noon,
            expiry: .never,
            lastUsedAt: nil
        )
    }

    @Test func `ever new permissions add little to the record at each poll`() async throws {
        let state = try TemporaryState()
        let store = try state.open()
        var old: TokenState?
        var sizes: [Int] = []
        for round in 0..<24 {
            var new = steadyState(polls: round)
            new.known = maximalFacts(round)
            var change = try event(round + 1, phase: .changed)
            change.details = [
                Detail("added", .texts(new.known?.permissions?.words ?? [])),
                Detail("removed", .texts(old?.known?.permissions?.words ?? [])),
            ]
            let write = TokenWrite(id: try token("deploy"), from: old, to: new, startsSpan: true)
            try await store.commit(Batch(at: noon, states: [write], events: [change]))
            old = new
            sizes.append(Int(try state.integer("PRAGMA page_count") ?? 0) * 4096)
        }
        // Two lists of the event, and one of the span; a whole list is more than 1 MB.
        let perPoll = (sizes[23] - sizes[3]) / 20
        #expect(perPoll < 3 * (64 << 10) + 48_000, "\(perPoll) bytes a poll")
        // What decides is whole.
        #expect(try await store.load().tokens[try token("deploy")]?.known == old?.known)
        let span = try await StoreReader(directory: state.path)
            .spans(token: try token("deploy"), limit: 1)[0]
        let words = try #require(span.facts?.permissions?.words)
        #expect(words.contains { $0.hasPrefix("(and ") && $0.hasSuffix(" more)") })
        #expect(words.count < 700)
    }

    @Test func `a database that has grown too large loses its oldest record first`() async throws {
        let state = try TemporaryState()
        let store = try state.open()
        for number in stride(from: 1, through: 3000, by: 100) {
            let events = try (number..<number + 100).map {
                var event = try largeEvent($0, bytes: 4000)
                event.at = noon + .seconds(Int64($0))
                if $0 != 7 { event.channels = [] }
                return event
            }
            try await store.commit(Batch(at: noon, events: events))
        }
        let before = try #require(try state.integer("PRAGMA page_count")) * 4096
        #expect(before > 12 << 20)
        #expect(try await store.trim(to: 64 << 20) == 0)
        let deleted = try await store.trim(to: 6 << 20)
        #expect((1500...2900).contains(deleted))
        let left = try #require(try state.integer("PRAGMA page_count")) * 4096
        #expect(left < before)
        let kept = try await StoreReader(directory: state.path).events(
            since: .event(EventID(high: 0, low: 0)),
            token: nil,
            changesOnly: false,
            limit: 2
        ).map(\.id)
        // What waits for a channel stays, whatever its age.
        #expect(kept[0] == eventID(7))
        #expect(kept[1] > eventID(deleted))
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
