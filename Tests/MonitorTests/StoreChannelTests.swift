import Alerting
import Testing

@testable import Monitor
@testable import Store

/// The rows of channels.
struct StoreChannelTests {
    private func mark(_ number: UInt64, _ introduction: ChannelMark.Introduction) -> ChannelMark {
        ChannelMark(address: SecretDigest(high: number, low: .max), introduction: introduction)
    }

    @Test func `channels are read as they were written, changed and removed`() async throws {
        let state = try TemporaryState()
        let store = try state.open()
        let reached = mark(2, .reached(try token("deploy")))
        let marks = ["a": mark(.max, .done), "b": mark(1, .reached(nil)), "c": reached]
        try await store.commit(Batch(at: noon, channels: marks.mapValues { $0 }))
        #expect(try await store.load().channels == marks)
        let change: [String: ChannelMark?] = ["a": nil, "b": mark(1, .done)]
        try await store.commit(Batch(at: noon, channels: change))
        #expect(try await store.load().channels == ["b": mark(1, .done), "c": reached])
    }

    @Test func `a row that cannot be read makes its channel new, and nothing else`() async throws {
        let state = try TemporaryState()
        let store = try state.open()
        let marks = ["a": mark(1, .done), "b": mark(2, .done)]
        try await store.commit(Batch(at: noon, channels: marks.mapValues { $0 }))
        try state.sqlite("UPDATE channels SET address = x'00' WHERE name = 'a'")
        #expect(try await store.load().channels == ["b": mark(2, .done)])
    }

    @Test func `what waits for a channel is not said again when the channel leads elsewhere`()
        async throws
    {
        let state = try TemporaryState()
        let store = try state.open()
        var raised = event(1)
        raised.channels = ["ops"]
        var introduction = event(2)
        introduction.phase = .reminded
        introduction.channels = ["ops"]
        introduction.isIntroduction = true
        try await store.commit(Batch(at: noon, events: [raised, introduction]))
        let waiting = try await store.waitingDeliveries(channel: "ops", after: nil, limit: 9)
            .deliveries
        #expect(waiting.map(\.eventID) == [raised.id])
        // Given up, it went to nobody.
        try await store.settle([
            Settlement(id: waiting[0].id, outcome: .gaveUp(at: noon, error: "404"))
        ])
        introduction.id = event(3).id
        try await store.commit(Batch(at: noon, events: [introduction]))
        #expect(
            try await store.waitingDeliveries(channel: "ops", after: nil, limit: 9).deliveries.map(
                \.eventID
            )
                == [introduction.id]
        )
    }

    private func event(_ number: UInt64) -> Event {
        Event(
            id: EventID(high: 1, low: number),
            at: noon,
            subject: .host("a.example"),
            kind: .condition(.hostUnreachable),
            phase: .raised,
            severity: .critical,
            summary: "5 tokens",
            alertID: EventID(high: 1, low: 1)
        )
    }

    @Test func `an address is told from another, and not by how its parts are cut`() {
        let key = [UInt8](repeating: 7, count: 32)
        let digest = SecretDigest(of: ["webhook", "json", "https://a.example"], key: key)
        #expect(digest == SecretDigest(of: ["webhook", "json", "https://a.example"], key: key))
        for other in [
            ["webhook", "slack", "https://a.example"], ["webhook", "jsonhttps://a.example", ""],
            ["webhookjson", "", "https://a.example"],
        ] {
            #expect(SecretDigest(of: other, key: key) != digest)
        }
        #expect(SecretDigest(of: ["webhook"], key: [1]) != SecretDigest(of: ["webhook"], key: [2]))
    }
}
