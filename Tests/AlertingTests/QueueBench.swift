import Testing

@testable import Alerting

extension Now {
    /// Both clocks go on.
    static func + (now: Now, duration: Duration) -> Now {
        Now(instant: now.instant + duration, moment: now.moment + duration)
    }

    static func - (now: Now, duration: Duration) -> Now {
        Now(instant: now.instant - duration, moment: now.moment - duration)
    }

    /// The wall clock is set, and the steady one is not.
    func stepped(_ duration: Duration) -> Now {
        Now(instant: instant + duration, moment: moment)
    }
}

let beginning = Now(
    instant: Instant(seconds: 1_800_000_000),
    moment: Moment(milliseconds: 1_000_000_000)
)

func pending(
    _ id: Int64,
    subject: String? = nil,
    createdAt: Instant = beginning.instant,
    attempts: Int = 0,
    nextAttemptAt: Instant = beginning.instant,
    wait: Duration? = nil,
    phase: Event.Phase = .raised,
    isUrgent: Bool = false
) -> Delivery {
    Delivery(
        id: id,
        eventID: EventID(high: 1, low: UInt64(id)),
        channel: "ops",
        subject: subject ?? "token:t\(id)",
        type: "expiring",
        phase: phase,
        severity: isUrgent ? .critical : .warning,
        summary: "t\(id) expires",
        body: "{}",
        createdAt: createdAt,
        attempts: attempts,
        nextAttemptAt: nextAttemptAt,
        wait: wait,
        lastError: nil,
        givenUpAt: nil,
        isUrgent: isUrgent
    )
}

let failed503 = DeliveryResult.retry(error: "503", after: nil)

/// A queue with its store beside it, and a generator without surprises.
struct QueueBench {
    var queue: ChannelQueue
    /// Pending rows, in the order of their ids.
    var rows: [Delivery]
    var random: SplitMix64
    /// Rows that were read in all.
    private(set) var rowsRead = 0

    init(
        _ rows: [Delivery] = [],
        limits: ChannelQueue.Limits = ChannelQueue.Limits(),
        seed: UInt64 = 1
    ) {
        self.rows = rows
        queue = ChannelQueue(limits: limits)
        random = SplitMix64(state: seed)
    }

    /// Commits a delivery, as the store does it.
    mutating func commit(_ delivery: Delivery) {
        if delivery.isUrgent {
            for index in rows.indices where rows[index].subject == delivery.subject {
                rows[index].isUrgent = true
            }
        }
        rows.append(delivery)
        queue.noteMore(reorders: delivery.isUrgent || delivery.phase == .reminded)
    }

    private func place(_ delivery: Delivery) -> ChannelQueue.Place {
        ChannelQueue.Place(isUrgent: delivery.isUrgent, id: delivery.id)
    }

    mutating func load(at now: Now) {
        while let page = queue.requestPage(at: now) {
            let found = rows.filter { row in page.after.map { $0 < place(row) } ?? true }
                .sorted { place($0) < place($1) }
                .prefix(page.limit)
            rowsRead += found.count
            queue.take(Array(found), of: page, isFull: found.count >= page.limit, at: now)
        }
    }

    mutating func start(at now: Now) -> [Int64] {
        load(at: now)
        return queue.start(at: now).map(\.id)
    }

    mutating func finish(_ id: Int64, _ result: DeliveryResult, at now: Now) {
        queue.finish(id, result, at: now, using: &random)
    }

    /// Writes to the store what is to be written.
    @discardableResult
    mutating func settle() -> [Settlement] {
        let settlements = queue.unsettled()
        for settlement in settlements {
            if case .retry = settlement.outcome { continue }
            rows.removeAll { $0.id == settlement.id }
        }
        queue.confirm(settlements)
        return settlements
    }
}
