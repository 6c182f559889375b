import Alerting
import Store

/// Wakes the followers of events after each commit that wrote events.
package actor EventSignal {
    private var commits = 0
    private var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    private var lastWaiter = 0

    package init() {}

    /// Notes that events were committed.
    package func fire() {
        commits += 1
        let waiters = waiting
        waiting = [:]
        for waiter in waiters.values { waiter.resume() }
    }

    /// Returns the number of commits; read it before the events, so that none is missed.
    func count() -> Int { commits }

    /// Returns after more commits than `count`, or after the task is cancelled.
    func wait(beyond count: Int) async {
        lastWaiter += 1
        let number = lastWaiter
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if commits > count || Task.isCancelled {
                    continuation.resume()
                } else {
                    waiting[number] = continuation
                }
            }
        } onCancel: {
            Task { await self.leave(number) }
        }
    }

    private func leave(_ number: Int) {
        waiting.removeValue(forKey: number)?.resume()
    }
}

/// The stream of new events, a JSON object a line, for one client.
actor EventFollower {
    private let ports: StatusPorts
    private var query: EventQuery

    /// The number of events in one read: some 100 KiB, and never more than a page of the reader.
    private static let pageSize = 100

    /// Begins after `query.since`, or after the newest event.
    init(ports: StatusPorts, query: EventQuery) {
        self.ports = ports
        self.query = query
        self.query.limit = Self.pageSize
    }

    /// Returns the next lines; nil when the client has gone or the record cannot be read.
    func next() async -> [UInt8]? {
        while !Task.isCancelled {
            let seen = await ports.signal.count()
            guard let lines = try? await lines() else { return nil }
            if let last = lines.last {
                query.since = query.since?.after(last.id)
                return lines.flatMap { Array($0.body.utf8) + [UInt8(ascii: "\n")] }
            }
            await ports.signal.wait(beyond: seen)
        }
        return nil
    }

    private func lines() async throws -> [StoredEventLine] {
        if query.since == nil {
            var newest = query
            newest.token = nil
            newest.limit = 1
            let last = try await ports.events(newest).last
            query.since = .event(last?.id ?? EventID(high: 0, low: 0))
            return []
        }
        return try await ports.events(query)
    }
}
