import Alerting
import Foundation
import Synchronization

@testable import Monitor
@testable import Store

let notifyStart = Alerting.Instant(seconds: 1_800_000_000)

func makeDelivery(
    _ id: Int64,
    channel: String = "ops",
    subject: String? = nil,
    type: String = "expiring",
    phase: Event.Phase = .raised,
    severity: Severity = .warning,
    summary: String = "deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)",
    body: String = "{}"
) -> Delivery {
    Delivery(
        id: id,
        eventID: EventID(high: 0x0193_0000_0000_0000, low: UInt64(id)),
        channel: channel,
        subject: subject ?? "token:t\(id)",
        type: type,
        phase: phase,
        severity: severity,
        summary: summary,
        body: body,
        createdAt: notifyStart,
        attempts: 0,
        nextAttemptAt: notifyStart,
        lastError: nil,
        givenUpAt: nil,
        isUrgent: severity == .critical
    )
}

/// A clock that goes only when told.
final class HandClock: Sendable {
    private let time = Mutex(notifyStart)

    var now: Now {
        time.withLock { instant in
            Now(instant: instant, moment: Moment(milliseconds: instant.milliseconds))
        }
    }

    func advance(_ duration: Duration) {
        time.withLock { $0 = $0 + duration }
    }
}

/// An outbox in memory that can be made to fail, and waited for.
actor MemoryOutbox: Outbox {
    struct Failure: Error {}

    private(set) var rows: [Delivery]
    private(set) var settled: [Settlement] = []
    private(set) var failures = 0
    private var isFailing = false
    private var waiters:
        [(isTrue: (MemoryOutbox) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
            []

    init(_ rows: [Delivery] = []) {
        self.rows = rows
    }

    func add(_ deliveries: [Delivery]) { rows += deliveries }

    func fail(_ isFailing: Bool) { self.isFailing = isFailing }

    /// Returns when as many settlements were written.
    func waitForSettled(_ count: Int) async {
        await wait { outbox in outbox.assumeIsolated { $0.settled.count >= count } }
    }

    func waitForFailures(_ count: Int) async {
        await wait { outbox in outbox.assumeIsolated { $0.failures >= count } }
    }

    func outcomes(of id: Int64) -> [Settlement.Outcome] {
        settled.filter { $0.id == id }.map(\.outcome)
    }

    func waitingDeliveries(
        channel: String,
        after place: ChannelQueue.Place?,
        limit: Int
    ) throws -> OutboxPage {
        try check()
        func own(_ row: Delivery) -> ChannelQueue.Place {
            ChannelQueue.Place(isUrgent: row.isUrgent, id: row.id)
        }
        let found = rows.filter { row in
            row.channel == channel && (place.map { $0 < own(row) } ?? true)
        }
        return OutboxPage(
            Array(found.sorted { own($0) < own($1) }.prefix(limit)),
            limit: limit
        )
    }

    func replace(_ id: Int64, with delivery: Delivery) {
        rows.removeAll { $0.id == id }
        rows.append(delivery)
    }

    func waitingChannels() throws -> [String] {
        try check()
        return Set(rows.map(\.channel)).sorted()
    }

    func settle(_ settlements: [Settlement]) throws {
        try check()
        settled += settlements
        for settlement in settlements {
            if case .retry = settlement.outcome { continue }
            rows.removeAll { $0.id == settlement.id }
        }
        resumeWaiters()
    }

    private func check() throws {
        guard isFailing else { return }
        failures += 1
        resumeWaiters()
        throw Failure()
    }

    private func wait(until isTrue: @escaping (MemoryOutbox) -> Bool) async {
        if isTrue(self) { return }
        await withCheckedContinuation { waiters.append((isTrue, $0)) }
    }

    private func resumeWaiters() {
        let ready = waiters.filter { $0.isTrue(self) }
        waiters.removeAll { $0.isTrue(self) }
        for waiter in ready { waiter.continuation.resume() }
    }
}

/// An outbox into which something is committed while it is read behind a place, once.
final class RacingOutbox: Outbox {
    let duringRead = Mutex<(@Sendable () async -> Void)?>(nil)
    private let memory: MemoryOutbox

    init(_ memory: MemoryOutbox) {
        self.memory = memory
    }

    func waitingDeliveries(
        channel: String,
        after place: ChannelQueue.Place?,
        limit: Int
    ) async throws -> OutboxPage {
        if place != nil {
            let during = duringRead.withLock { during in
                defer { during = nil }
                return during
            }
            await during?()
        }
        return try await memory.waitingDeliveries(channel: channel, after: place, limit: limit)
    }

    func waitingChannels() async throws -> [String] { try await memory.waitingChannels() }

    func settle(_ settlements: [Settlement]) async throws { try await memory.settle(settlements) }
}

/// A channel that answers as a closure says, and remembers what it was given.
final class ScriptedChannel: Channel {
    let name: String
    private let attempted = Mutex<[Int64]>([])
    private let answer: @Sendable (Delivery, Int) async -> DeliveryResult

    /// The closure gets the delivery and how often it was attempted, this time included.
    init(_ name: String, answer: @escaping @Sendable (Delivery, Int) async -> DeliveryResult) {
        self.name = name
        self.answer = answer
    }

    var attempts: [Int64] { attempted.withLock { $0 } }

    func deliver(_ delivery: Delivery) async -> DeliveryResult {
        let count = attempted.withLock { attempts in
            attempts.append(delivery.id)
            return attempts.count { $0 == delivery.id }
        }
        return await answer(delivery, count)
    }
}

/// Something that happens once and can be waited for.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

/// A transport that answers what it is told and remembers what was posted.
final class RecordedTransport: HTTPTransport {
    struct Post: Sendable {
        let method: String
        let url: String
        let headers: [(name: String, value: String)]
        let body: [UInt8]
        let timeout: Duration

        subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
    }

    private let log = Mutex<[Post]>([])
    private let result: HTTPPostResult

    init(_ result: HTTPPostResult) {
        self.result = result
    }

    var posts: [Post] { log.withLock { $0 } }

    func send(
        _ method: String,
        url: String,
        headers: [(name: String, value: String)],
        body: [UInt8]?,
        timeout: Duration
    ) async -> HTTPPostResult {
        log.withLock {
            $0.append(
                Post(method: method, url: url, headers: headers, body: body ?? [], timeout: timeout)
            )
        }
        return result
    }
}
