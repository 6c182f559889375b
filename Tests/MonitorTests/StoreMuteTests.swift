import Alerting
import Testing

@testable import Monitor
@testable import Store

struct StoreMuteTests {
    private static func mute(_ scope: Mute.Scope, until: Instant) -> Mute {
        Mute(scope: scope, by: "ann", reason: "maintenance", since: noon, until: until)
    }

    @Test func `mutes outlast a restart, replaced and ended ones do not`() async throws {
        let state = try TemporaryState()
        let scopes: [Mute.Scope] = [
            .token(try token("deploy")), .host("admin.vps.org"), .owner(Glob("platform*")),
            .provider("vps.org"),
        ]
        let mutes = scopes.map { Self.mute($0, until: noon + .hours(2)) }
        let store = try state.open()
        try await store.commit(
            Batch(at: noon, mutes: Dictionary(uniqueKeysWithValues: mutes.map { ($0.scope, $0) }))
        )
        let longer = Self.mute(scopes[0], until: noon + .days(1))
        try await store.commit(
            Batch(at: noon, mutes: [scopes[0]: longer, scopes[3]: nil as Mute?])
        )
        try await store.close()
        let stored = try await state.open().load()
        #expect(Set(stored.mutes) == [longer, mutes[1], mutes[2]])
        #expect(stored.unreadable.isEmpty)
    }

    @Test(arguments: ["kind = 'zz'", "until = 9223372036854775807", "since = -9223372036854775808"])
    func `a mute that cannot be read does not hold, and is removed`(update: String) async throws {
        let state = try TemporaryState()
        let store = try state.open()
        let mute = Self.mute(.host("admin.vps.org"), until: noon + .hours(2))
        try await store.commit(Batch(at: noon, mutes: [mute.scope: mute]))
        try await store.close()
        try state.sqlite("UPDATE mutes SET \(update)")
        let opened = try state.open()
        let stored = try await opened.load()
        #expect(stored.mutes.isEmpty)
        #expect(stored.unreadable.count == 1)
        #expect(try await opened.load().unreadable.isEmpty)
    }
}
