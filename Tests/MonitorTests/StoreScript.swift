import Alerting
import CSQLite
import FaultyFiles
import Foundation
import Testing

@testable import Monitor
@testable import Store

extension faulty_plan {
    static func reads(from first: Int64, count: Int64 = 1, _ status: Int32) -> faulty_plan {
        faulty_plan(
            calls: UInt32(FAULTY_READ),
            first: first,
            count: count,
            status: status,
            halves: 0
        )
    }
}

/// A daemon's days in small: commits and settlements, in an order that the state itself shows.
///
/// Step `2n` commits batch `n`, in which every part of the store says `n + 1`; step `2n + 1` settles
/// its delivery to one of the two channels. So what a store holds says how many steps were done.
struct StoreScript {
    static let steps = 12
    /// Errors of the store so far.
    private(set) var errors: [StoreError] = []
    /// Steps of which the store said that they were done.
    private(set) var acknowledged: Int
    private let path: String
    /// Steps fail so often before whoever runs the daemon mends the disk.
    private let patience = 2
    private let mend: () -> Void

    /// Begins behind the steps that a state shows.
    init(_ state: TemporaryState, from step: Int = 0, mend: @escaping () -> Void = {}) {
        path = state.path
        acknowledged = step
        self.mend = mend
    }

    /// Opens the store, and tries again where that fails, as systemd does.
    mutating func open() async throws -> Store {
        var failures = 0
        while true {
            do {
                let opened = try await Store.open(
                    StateDirectory(path: path),
                    instance: "vps-1",
                    now: noon,
                    say: { _ in }
                )
                // Checkpoints come often, so that faults meet them.
                try await opened.store.execute("PRAGMA wal_autocheckpoint = 12")
                return opened.store
            } catch let error as StoreError {
                try note(error, &failures)
            }
        }
    }

    /// Runs all steps that are left; each is tried again until it succeeds.
    mutating func run(_ store: Store) async throws {
        while acknowledged < Self.steps {
            var failures = 0
            while true {
                do {
                    try await step(acknowledged, store)
                    break
                } catch let error as StoreError {
                    try note(error, &failures)
                }
            }
            acknowledged += 1
        }
    }

    /// Runs steps until one fails.
    mutating func runUntilFault(_ store: Store) async throws {
        while acknowledged < Self.steps {
            try await step(acknowledged, store)
            acknowledged += 1
        }
    }

    private mutating func note(_ error: StoreError, _ failures: inout Int) throws {
        errors.append(error)
        failures += 1
        if failures == patience { mend() }
        guard failures < patience * 2 else { throw error }
    }

    private func step(_ step: Int, _ store: Store) async throws {
        let number = step / 2 + 1
        guard step.isMultiple(of: 2) else {
            let page = try await store.waitingDeliveries(channel: "mail", after: nil, limit: 9)
            try await store.settle(page.deliveries.map { .init(id: $0.id, outcome: .delivered) })
            return
        }
        try await store.commit(try Self.batch(number))
    }

    private static func state(_ number: Int) -> TokenState? {
        guard number > 0 else { return nil }
        var state = steadyState(polls: number)
        state.failures = number
        state.lastError = String(repeating: "x", count: 3000)
        state.alerts = [
            Alert(
                condition: .expiring,
                id: eventID(1),
                severity: .warning,
                since: noon,
                reminders: number
            )
        ]
        return state
    }

    private static func batch(_ number: Int) throws -> Batch {
        guard let state = state(number) else { return Batch(at: noon) }
        return Batch(
            at: noon,
            states: try (0..<4).map {
                TokenWrite(
                    id: try token("t\($0)"),
                    from: self.state(number - 1),
                    to: state,
                    startsSpan: true
                )
            },
            subjectAlerts: [.holds(.daemon, state.alerts[0])],
            events: [try event(number, channels: ["mail", "chat"])]
        )
    }

    /// How many steps a state shows; fails where its parts differ.
    static func steps(in state: TemporaryState) async throws -> Int {
        let store = try state.open()
        #expect(store.setAside == nil)
        let stored = try await store.load()
        #expect(stored.unreadable.isEmpty)
        let number = stored.tokens.values.first?.failures ?? 0
        #expect(stored.tokens.count == (number == 0 ? 0 : 4))
        #expect(stored.tokens.values.allSatisfy { $0 == Self.state(number) })
        #expect((stored.subjectAlerts[.daemon]?.first?.reminders ?? 0) == number)
        #expect(stored.lastEventID == (number == 0 ? nil : eventID(number)))
        let counts = try await store.deliveryCounts()
        var waiting: [String: Int] = [:]
        for count in counts { waiting[count.channel] = count.waiting }
        try await store.close()
        #expect(waiting["chat", default: 0] == number)
        #expect(waiting["mail", default: 0] <= 1)
        #expect(try state.integer("SELECT count(*) FROM events") == Int64(number))
        #expect(try state.integer("SELECT count(*) FROM spans") == Int64(number * 4))
        #expect(try state.text("PRAGMA integrity_check(1)") == "ok")
        #expect(try !state.names().contains { $0.contains("damaged") })
        return number * 2 - waiting["mail", default: 0]
    }
}
