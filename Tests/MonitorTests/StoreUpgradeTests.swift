import Alerting
import Foundation
import Glibc
import Testing

@testable import Monitor
@testable import Store

/// States that earlier versions have left, as `Tests/record-state.sh` keeps them.
private enum KeptState {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appending(path: "../Fixtures/state")

    /// The schemas of which there is one.
    static let versions =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .compactMap { Int($0.replacing(".sql", with: "")) }.sorted()

    /// Puts it where a daemon finds it.
    static func restore(_ version: Int, in state: TemporaryState) throws {
        _ = try StateDirectory(path: state.path)
        #expect(FileManager.default.createFile(atPath: state.database, contents: nil))
        chmod(state.database, 0o600)
        let file = folder.appending(path: "\(version).sql")
        try state.sqlite(String(contentsOf: file, encoding: .utf8))
    }
}

struct StoreUpgradeTests {
    @Test func `a state of every schema is kept, the present one included`() {
        // If this fails after a new step: Tests/record-state.sh.
        #expect(KeptState.versions == Array(1...Schema.present.version))
    }

    @Test(arguments: KeptState.versions)
    func `what an earlier version wrote is all there in this one`(version: Int) async throws {
        let state = try TemporaryState()
        try KeptState.restore(version, in: state)
        let store = try state.open()
        #expect(store.setAside == nil)
        let stored = try await store.load()
        let ids = stored.tokens.keys.map(\.text).sorted()
        #expect(ids == ["expiring", "revoked", "short", "unseen"])
        let expiring = try #require(stored.tokens[try token("expiring")])
        #expect(expiring.known?.name == "Deploy Key")
        #expect(expiring.known?.permissions?.words == ["dns:*", "servers:list"])
        #expect(expiring.alerts.map(\.condition) == [.expiring])
        #expect(expiring.alerts.first?.acknowledgement?.by == "ann")
        #expect(try #require(stored.tokens[try token("revoked")]).rejectedSince != nil)
        #expect(try #require(stored.tokens[try token("unseen")]).known == nil)
        #expect(stored.digestKey.count == DigestKey.byteCount)
        #expect(stored.wasStoppedInOrder)
        #expect(try await store.deliveryCounts().map(\.waiting) == [3])
        let reader = try StoreReader(directory: state.path)
        let events = try await reader.events(
            since: nil,
            token: nil,
            changesOnly: false,
            limit: 100
        )
        #expect(events.count == 8)
        #expect(events.last?.id == stored.lastEventID)
        #expect(try await reader.spans(token: try token("short"), limit: 10).count == 2)
        // What was written goes on: a later state of the same token takes its place.
        var later = expiring
        later.failures += 1
        let write = TokenWrite(
            id: try token("expiring"),
            from: expiring,
            to: later,
            startsSpan: false
        )
        try await store.commit(Batch(at: noon, states: [write]))
        #expect(try await store.load().tokens[try token("expiring")]?.failures == later.failures)

        let copy = "state.db.before-v\(Schema.present.version)"
        #expect(try state.names().contains(copy) == (version < Schema.present.version))
    }

    @Test(arguments: KeptState.versions)
    func `a released step never changes`(version: Int) throws {
        let kept = try TemporaryState()
        try KeptState.restore(version, in: kept)
        let made = try TemporaryState()
        let schema = Schema(steps: Array(Schema.present.steps.prefix(version)))
        _ = try Store(
            directory: StateDirectory(path: made.path),
            instance: "x",
            now: noon,
            schema: schema
        )
        let query = """
            SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema
            WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY name)
            """
        #expect(try made.text(query) == kept.text(query))
    }

    @Test func `a start that is cut off between two steps finds the older state again`()
        async throws
    {
        let state = try TemporaryState()
        try KeptState.restore(1, in: state)
        let fill = "CREATE TABLE filling AS SELECT randomblob(1 << 20) AS bytes"
        let schema = Schema(steps: Schema.present.steps + [fill, "SELECT no_such_column"])
        #expect(throws: StoreError.self) {
            _ = try Store(
                directory: StateDirectory(path: state.path),
                instance: "x",
                now: noon,
                schema: schema
            )
        }
        #expect(try state.integer("PRAGMA user_version") == 1)
        #expect(try state.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'filling'") == 0)
        let copy = try Connection(
            path: "\(state.database).before-v\(schema.version)",
            mode: .readOnly
        )
        #expect(try copy.integer("SELECT count(*) FROM tokens", for: "testing") == 4)
        #expect(try await state.open().load().tokens.count == 4)
    }
}
