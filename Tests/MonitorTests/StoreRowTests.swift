import Alerting
import Foundation
import Synchronization
import Testing

@testable import Monitor
@testable import Store

/// Values that this program never writes, in any column of any table.
struct StoreRowTests {
    private func filledState() async throws -> TemporaryState {
        let state = try TemporaryState()
        let store = try state.open()
        let writes = try (0..<20).map { number in
            var filled = steadyState()
            filled.use.by = .own
            filled.use.lastAnswered = PollWindow(from: noon, to: noon)
            filled.use.unanswered = [PollWindow(from: noon, to: noon)]
            filled.alerts = [
                Alert(
                    condition: .expiring,
                    id: eventID(number + 1),
                    severity: .warning,
                    since: noon,
                    stage: "7d",
                    acknowledgement: Acknowledgement(by: "ann", reason: "soon", until: noon),
                    told: ["mail"]
                )
            ]
            return TokenWrite(id: try token("t\(number)"), from: nil, to: filled, startsSpan: true)
        }
        let alert = Alert(condition: .clockWrong, id: eventID(99), severity: .warning, since: noon)
        try await store.commit(
            Batch(
                at: noon,
                states: writes,
                subjectAlerts: [.holds(.daemon, alert)],
                events: try (0..<20).map { try event($0 + 1, token: "t\($0)") }
            )
        )
        _ = try await store.load()
        try await store.close()
        return state
    }

    /// Writes past the checks of the tables, as a careless hand does.
    private func poison(_ state: TemporaryState, _ update: String) throws {
        try state.sqlite(
            "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; \(update)"
        )
    }

    private func open(_ state: TemporaryState) async throws -> (OpenStore, said: [String]) {
        let said = Said()
        let open = try await Store.open(
            StateDirectory(path: state.path),
            instance: "vps-1",
            now: noon,
            say: { said.add($0.description) }
        )
        return (open, said.all)
    }

    @Test(arguments: [
        ("tokens", "id = 'Not An Id'", "id is not a token id"),
        ("tokens", "permissions = '[\"dns:*'", "permissions is not an array of texts"),
        ("tokens", "created_at = 9223372036854775807", "created_at is no instant"),
        ("tokens", "expiry = 'zz'", "expires_at does not fit expiry"),
        ("tokens", "expires_at = NULL", "expires_at does not fit expiry"),
        ("tokens", "says_expired = 7", "says_expired is neither 0 nor 1"),
        ("tokens", "last_used_at = -9223372036854775808", "last_used_at is no instant"),
        ("tokens", "secret = x'00'", "secret is not 16 bytes"),
        ("tokens", "last_poll_at = 9223372036854775807", "last_poll_at is no instant"),
        ("tokens", "last_outcome = 'splendid'", "last_outcome is an unknown word"),
        ("tokens", "polls_without_verdict = -1", "polls_without_verdict is no count"),
        ("tokens", "failures = 9223372036854775807", "failures is no count"),
        ("tokens", "duplicate_of = 'Not An Id'", "duplicate_of is not a token id"),
        ("tokens", "used_by = 'zz'", "used_by is an unknown word"),
        ("tokens", "hidden_answers = -1", "hidden_answers is no count"),
        ("tokens", "own_to = NULL", "own_to does not fit own_from"),
        ("tokens", "own_unanswered = '[\"zz\"]'", "own_unanswered is not a stretch of time"),
        ("alerts", "subject = 'token:gone'", "has no token, host, channel or daemon"),
        ("alerts", "subject = 'zz'", "has no token, host, channel or daemon"),
        ("alerts", "condition = 'zz'", "is an unknown word"),
        ("alerts", "id = 'zz'", "id is not an event id"),
        ("alerts", "severity = 'zz'", "severity is an unknown word"),
        ("alerts", "since = 9223372036854775807", "since is no instant"),
        ("alerts", "reminders = 9223372036854775807", "reminders is no count"),
        ("alerts", "next_reminder_at = 9223372036854775807", "next_reminder_at is no instant"),
        ("alerts", "told = 'zz'", "told is not an array of texts"),
        ("alerts", "ack_by = NULL", "and another is missing"),
    ])
    func `a row that cannot be read is said and costs itself alone`(
        table: String,
        change: String,
        problem: String
    ) async throws {
        let state = try await filledState()
        let row = table == "tokens" ? "id = 't7'" : "subject = 'token:t7'"
        try poison(state, "UPDATE \(table) SET \(change) WHERE \(row)")
        let (opened, said) = try await open(state)
        #expect(opened.store.setAside == nil)
        // Without its token an alert has nothing to stand on.
        #expect(said.count == (change.hasPrefix("id = 'Not") ? 2 : 1), "\(said)")
        #expect(said.first?.contains("a row of the state cannot be read and is left out: ") == true)
        #expect(said.first?.contains(problem) == true, "\(said)")
        let stored = opened.state
        for number in 0..<20 where number != 7 {
            let other = stored.tokens[try token("t\(number)")]
            #expect(other?.known?.name == "Production Deploy Key")
            #expect(other?.alerts.first?.acknowledgement?.by == "ann")
        }
        #expect(stored.subjectAlerts[.daemon]?.count == 1)
        if table == "tokens", !change.hasPrefix("id") {
            // It keeps its alert, so that nobody is notified of it again.
            let poisoned = try #require(stored.tokens[try token("t7")])
            #expect(poisoned.lastPollAt == nil && poisoned.secret == nil)
            #expect(poisoned.alerts.map(\.condition) == [.expiring])
            let write = TokenWrite(
                id: try token("t7"),
                from: poisoned,
                to: steadyState(),
                startsSpan: true
            )
            try await opened.store.commit(Batch(at: noon, states: [write]))
        }
        try await opened.store.close()
        // The second start finds nothing to say any more.
        #expect(try await open(state).said.isEmpty)
    }

    @Test(arguments: ["x'00'", "'zz'", "7", "x''"])
    func `a damaged key of the digests costs the digests alone`(value: String) async throws {
        let state = try await filledState()
        try poison(state, "UPDATE meta SET value = \(value) WHERE key = 'digest_key'")
        let (opened, said) = try await open(state)
        #expect(said.count == 1 && said[0].contains("meta digest_key: was missing or damaged"))
        #expect(opened.state.tokens.count == 20)
        #expect(opened.state.digestKey.count == DigestKey.byteCount)
        // By another key every secret would look like a new one.
        #expect(opened.state.tokens.values.allSatisfy { $0.secret == nil && $0.known != nil })
        try await opened.store.close()
        #expect(try await open(state).said.isEmpty)
    }

    @Test func `a damaged note of the last stop counts as none, and is said`() async throws {
        let state = try await filledState()
        try poison(state, "UPDATE meta SET value = 7 WHERE key = 'stopped_in_order'")
        let (opened, said) = try await open(state)
        #expect(said.count == 1 && said[0].contains("meta stopped_in_order"))
        #expect(!opened.state.wasStoppedInOrder)
        #expect(opened.state.tokens.count == 20)
    }

    /// Table and name of each column of what is stored.
    private func columns(of state: TemporaryState) throws -> [[String]] {
        let columns = try #require(
            try state.text(
                """
                SELECT group_concat(m.name || '.' || c.name)
                FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
                WHERE m.type = 'table' AND m.name IN
                    ('meta', 'tokens', 'alerts', 'spans', 'events', 'deliveries')
                """
            )
        ).split(separator: ",").map { $0.split(separator: ".").map(String.init) }
        #expect(columns.count > 60)
        return columns
    }

    /// Puts a value into a column of the first row.
    private static func update(_ table: String, _ column: String, _ value: String) -> String {
        let row =
            switch table {
            case "meta": "key = 'digest_key'"
            case "alerts": "subject = 'token:t0'"
            default: "rowid = (SELECT min(rowid) FROM \(table))"
            }
        return "UPDATE \(table) SET \(column) = \(value) WHERE \(row)"
    }

    @Test func `any value that comes while the store is open costs at most its own row`()
        async throws
    {
        let whole = try await filledState()
        let bytes = try whole.bytes("state.db")
        var poisoned = 0
        for column in try columns(of: whole) {
            for value in ["'zz'", "9223372036854775807"] {
                let state = try TemporaryState()
                _ = try StateDirectory(path: state.path)
                try bytes.write(to: URL(fileURLWithPath: state.database))
                let (opened, said) = try await open(state)
                #expect(said.isEmpty)
                let update = Self.update(column[0], column[1], value)
                // SQLite has no number after this one: the store fails, and is reported.
                if column == ["deliveries", "id"], value.count > 4 { continue }
                guard (try? poison(state, update)) != nil else {
                    try await opened.store.close()
                    continue
                }
                poisoned += 1
                // The daemon goes on reading and writing, also what is damaged.
                let reader = try StoreReader(directory: state.path)
                for number in 1..<20 {
                    let spans = try await reader.spans(token: token("t\(number)"), limit: 9)
                    #expect(spans.count >= 1, "\(update)")
                }
                let past = try await reader.tokens(at: noon + .hours(2), after: nil, limit: 100)
                #expect(past.count >= 19, "\(update)")
                await reader.close()
                let writes = try ["t0", "t5"].map { id in
                    try TokenWrite(
                        id: token(id),
                        from: opened.state.tokens[token(id)],
                        to: steadyState(polls: 2),
                        startsSpan: true
                    )
                }
                try await opened.store.commit(
                    Batch(at: noon, states: writes, events: [try event(500)])
                )
                try await opened.store.close()
                let (again, _) = try await open(state)
                #expect(again.store.setAside == nil, "\(update)")
                let tokens = again.state.tokens.filter { $0.value.lastPollAt != nil }
                #expect(tokens.count >= 19, "\(update)")
                try await again.store.close()
            }
        }
        #expect(poisoned > 30)
    }

    @Test func `any value in any column costs at most its own row`() async throws {
        let whole = try await filledState()
        let columns = try columns(of: whole)
        let bytes = try whole.bytes("state.db")
        let values = [
            "NULL", "'zz'", "x'ff00'", "9223372036854775807", "CAST(x'ff' AS TEXT)",
        ]
        var poisoned = 0
        for column in columns {
            let (table, name) = (column[0], column[1])
            let state = try TemporaryState()
            _ = try StateDirectory(path: state.path)
            for value in values {
                try bytes.write(to: URL(fileURLWithPath: state.database))
                let update = Self.update(table, name, value)
                // What the tables themselves refuse cannot be in them.
                guard (try? poison(state, update)) != nil else { continue }
                poisoned += 1
                let (opened, _) = try await open(state)
                #expect(opened.store.setAside == nil, "\(update)")
                let tokens = opened.state.tokens.filter { $0.value.lastPollAt != nil }
                #expect(tokens.count >= 19, "\(update)")
                let alerts = opened.state.tokens.values.filter { !$0.alerts.isEmpty }
                #expect(alerts.count >= 19, "\(update)")
                let reader = try StoreReader(directory: state.path)
                for number in 1..<20 {
                    let id = try token("t\(number)")
                    #expect(try await reader.spans(token: id, limit: 9).count >= 1, "\(update)")
                }
                let past = try await reader.tokens(at: noon + .hours(2), after: nil, limit: 100)
                #expect(past.count >= 19, "\(update)")
                await reader.close()
                let later = try TokenWrite(
                    id: token("t5"),
                    from: opened.state.tokens[token("t5")],
                    to: steadyState(polls: 2),
                    startsSpan: true
                )
                try await opened.store.commit(
                    Batch(at: noon, states: [later], events: [try event(500)])
                )
                try await opened.store.close()
            }
        }
        #expect(poisoned > 80)
    }

    @Test func `a span that cannot be read is reported, and a page is not shorter for it`()
        async throws
    {
        let state = try await filledState()
        let store = try state.open()
        try poison(state, "UPDATE spans SET outcome = 'zz' WHERE token IN ('t1', 't3')")
        let reported = Said()
        let reader = try StoreReader(directory: state.path) { reported.add($0.description) }
        #expect(try await reader.spans(token: try token("t1"), limit: 9).isEmpty)
        #expect(reported.all == ["spans t1: outcome is an unknown word"])
        #expect(try await reader.spans(token: try token("t2"), limit: 9).count == 1)
        var seen: [String] = []
        var last: TokenID?
        while true {
            let page = try await reader.tokens(at: noon + .hours(2), after: last, limit: 4)
            seen += page.map(\.id.text)
            last = page.last?.id
            if page.count < 4 { break }
        }
        let all = (0..<20).map { "t\($0)" }.sorted()
        #expect(seen == all.filter { $0 != "t1" && $0 != "t3" })
        #expect(Set(reported.all).count == 2)
        withExtendedLifetime(store) {}
    }

    @Test func `each unreadable row is named once, and twenty of them at most`() throws {
        var rows = UnreadableRows()
        #expect(rows.finding == nil)
        let first = rows.add(UnreadableRow("spans", "a", "outcome is an unknown word"))
        let again = rows.add(UnreadableRow("spans", "a", "outcome is an unknown word"))
        #expect(first && !again && rows.count == 1)
        #expect(
            rows.finding?.summary
                == "tokenwatchd: a row of the state cannot be read and is left out: "
                + "spans a: outcome is an unknown word"
        )
        #expect(rows.finding?.condition == .storeFailing && rows.finding?.severity == .warning)
        for number in 0..<50 { rows.add(UnreadableRow("spans", "t\(number)", "x")) }
        #expect(rows.count == 51 && rows.rows.count == 20)
        #expect(rows.finding?.summary.hasSuffix(" (and 50 more)") == true)
        #expect(UnreadableRow("alerts", "\u{1b}[2J", "x").description == "alerts \\u{1b}[2J: x")
    }
}

/// What was said, in its order.
private final class Said: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) {
        lines.withLock { $0.append(line) }
    }
}
