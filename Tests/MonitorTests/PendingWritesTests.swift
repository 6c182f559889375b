import Alerting
import Testing

@testable import Monitor

@Suite
struct PendingWritesTests {
    private static func event(_ number: UInt64, _ phase: Event.Phase, told: Bool = false) -> Event {
        Event(
            id: EventID(high: 1, low: number),
            at: notifyStart,
            subject: .daemon,
            kind: .condition(.storeFailing),
            phase: phase,
            severity: .critical,
            summary: "\(number)",
            channels: told ? [] : ["ops", "log"]
        )
    }

    private static func numbers(_ pending: PendingWrites) -> [UInt64] {
        pending.events.map(\.id.low)
    }

    @Test func `what everyone was told of is dropped first, then reminders, then the oldest`() {
        var pending = PendingWrites()
        pending.add([
            Self.event(1, .raised), Self.event(2, .reminded), Self.event(3, .raised, told: true),
            Self.event(4, .resolved), Self.event(5, .reminded),
        ])
        #expect(pending.drop(beyond: 5) == 0)
        #expect(pending.drop(beyond: 4) == 1)
        #expect(Self.numbers(pending) == [1, 2, 4, 5])
        #expect(pending.drop(beyond: 3) == 1)
        #expect(Self.numbers(pending) == [1, 4, 5])
        #expect(pending.drop(beyond: 1) == 2)
        #expect(Self.numbers(pending) == [4])
    }

    @Test func `who was told of an event that is not written is not told by the outbox`() {
        var pending = PendingWrites()
        pending.add([Self.event(1, .raised), Self.event(2, .raised)])
        pending.note(told: [EventID(high: 1, low: 1): ["log"]])
        #expect(pending.events.map(\.channels) == [["ops"], ["ops", "log"]])
    }
}
