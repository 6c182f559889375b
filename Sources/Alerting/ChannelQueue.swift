/// Decides which deliveries of one channel may start now.
///
/// It does nothing itself: the owner loads the pages it wants, sends what `start` returns, tells what
/// became of it by `finish`, and writes what `unsettled` lists.
///
/// The rules:
/// 1. Order is kept per subject: the next one starts when the one before it is delivered or given up.
/// 2. A channel that works has up to `inFlight` deliveries under way, the oldest first.
/// 3. A failure that may pass makes the channel wait as a whole, 5 s doubling to 15 min. Then one
///    delivery goes ahead as a probe; only its success lets the others follow. So 10,000 waiting
///    deliveries ask a dead receiver four times an hour. The probe is the one that failed least, so
///    that one event which its receiver cannot digest does not hold up the others.
/// 4. A delivery that failed also waits by the count of its own attempts.
/// 5. It is given up when an attempt fails after `giveUpAfter`; without an attempt of its own when it
///    is that old and three probes in a row have failed. A daemon that slept for a week thus tries
///    everything once more before it gives anything up.
/// 6. At most `lookAhead` deliveries are in memory; the rest stays in the store. A channel whose
///    oldest `lookAhead` deliveries are all refused is thus held up by them until they are given up.
package struct ChannelQueue: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Deliveries under way at once, 1 or more.
        package var inFlight: Int
        /// Deliveries in memory, 1 or more; some 2 KiB each.
        package var lookAhead: Int
        /// The age from which a failure is final.
        package var giveUpAfter: Duration
        package var pace: RetryPace

        package init(
            inFlight: Int = 4,
            lookAhead: Int = 256,
            giveUpAfter: Duration = .days(3),
            pace: RetryPace = RetryPace()
        ) {
            self.inFlight = inFlight
            self.lookAhead = lookAhead
            self.giveUpAfter = giveUpAfter
            self.pace = pace
        }
    }

    /// What became of this channel's deliveries since the start.
    package struct Counts: Hashable, Sendable {
        package var delivered = 0
        package var failedAttempts = 0
        package var givenUp = 0
    }

    /// Waiting deliveries to read from the store: those with an id above `after`, oldest first.
    package struct Page: Hashable, Sendable {
        package let after: Int64
        package let limit: Int
        /// Whether it takes the place of what waits in memory.
        let isRefresh: Bool
    }

    package var limits: Limits
    package private(set) var counts = Counts()
    package private(set) var lastError: String?
    package private(set) var lastErrorAt: Instant?
    /// Failures since the last success, those of one moment counted once.
    package private(set) var failures = 0
    /// Whether a delivery was given up, and none has succeeded since.
    package private(set) var hasGivenUp = false
    /// Whether anything was delivered since the start, a test included.
    package private(set) var isProvenWell = false
    /// Deliveries under way.
    package private(set) var inFlight = 0
    /// Whether the store may hold deliveries beyond those in memory.
    package private(set) var mayHaveMore = true

    /// In the order of their ids.
    private var entries: [Entry] = []
    /// The greatest id read.
    private var lastID: Int64 = 0
    /// Nothing starts before; nil before the first failure.
    private var heldUntil: Instant?
    /// Counts the holds: only an attempt that began after the last one says how things are now.
    private var round = 0
    /// The round for which memory was compared with the store.
    private var refreshedRound = 0
    /// Whether the times stored with deliveries are of other settings, and mean nothing.
    private var ignoresStoredTimes = false
    private var latestNow: Instant?

    /// After so many failures in a row what is overdue is given up untried.
    private static let failuresThatCondemn = 3

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    private struct Entry: Sendable {
        enum State: Hashable, Sendable {
            case waiting
            case inFlight(round: Int)
            /// Delivered or given up, and not yet written.
            case decided
        }

        let delivery: Delivery
        var attempts: Int
        var dueAt: Instant
        var state: State
        /// What is to be written of it.
        var unsettled: Settlement.Outcome?
    }
}

// MARK: - Reading from the store

extension ChannelQueue {
    /// Says that the store may hold new deliveries.
    package mutating func noteMore() {
        mayHaveMore = true
    }

    /// The page to read now, or nil.
    ///
    /// What was read is handed to `take`; `pageFailed` is called if it could not be.
    package mutating func requestPage(at now: Instant) -> Page? {
        follow(clock: now)
        guard wantsPage, !isHeld(at: now) else { return nil }
        if refreshedRound != round {
            // While it was held, newer reminders may have replaced those in memory.
            refreshedRound = round
            mayHaveMore = false
            return Page(after: 0, limit: limits.lookAhead, isRefresh: true)
        }
        mayHaveMore = false
        return Page(after: lastID, limit: limits.lookAhead - entries.count, isRefresh: false)
    }

    /// When a page will be wanted; nil if none is.
    package func nextPage() -> Instant? {
        wantsPage ? heldUntil ?? Instant(milliseconds: .min) : nil
    }

    package mutating func pageFailed() {
        mayHaveMore = true
    }

    /// Adds what a page brought; deliveries that are in memory already are left as they are.
    package mutating func take(_ deliveries: [Delivery], of page: Page, at now: Instant) {
        if page.isRefresh { forgetWaiting(notIn: deliveries, limit: page.limit) }
        var known = Set(entries.map(\.delivery.id))
        for delivery in deliveries {
            lastID = max(lastID, delivery.id)
            guard known.insert(delivery.id).inserted else { continue }
            guard entries.count < limits.lookAhead else {
                lastID = delivery.id - 1
                mayHaveMore = true
                break
            }
            let latest = now + limits.pace.longestAsked
            entries.append(
                Entry(
                    delivery: delivery,
                    attempts: delivery.attempts,
                    dueAt: ignoresStoredTimes ? now : min(delivery.nextAttemptAt, latest),
                    state: .waiting
                )
            )
        }
        entries.sort { $0.delivery.id < $1.delivery.id }
        if deliveries.count >= page.limit { mayHaveMore = true }
    }

    private var wantsPage: Bool {
        if refreshedRound != round { return true }
        guard mayHaveMore, entries.count < limits.lookAhead else { return false }
        // Half empty, so that not every delivery made is followed by a query for one row.
        return entries.count <= limits.lookAhead / 2 || heads.isEmpty
    }

    private mutating func forgetWaiting(notIn deliveries: [Delivery], limit: Int) {
        let stored = Set(deliveries.map(\.id))
        let end = deliveries.count < limit ? Int64.max : deliveries.last?.id ?? 0
        entries.removeAll { entry in
            entry.state == .waiting && entry.unsettled == nil && entry.delivery.id <= end
                && !stored.contains(entry.delivery.id)
        }
    }
}

// MARK: - Sending

extension ChannelQueue {
    /// The deliveries to send now; they are under way until `finish`.
    package mutating func start(at now: Instant) -> [Delivery] {
        follow(clock: now)
        giveUpOverdue(at: now)
        guard room > 0, !isHeld(at: now) else { return [] }
        var due = heads.filter { entries[$0].dueAt <= now }
        if failures > 0 {
            due.sort { (entries[$0].attempts, $0) < (entries[$1].attempts, $1) }
        }
        return due.prefix(room).map { index in
            entries[index].state = .inFlight(round: round)
            inFlight += 1
            return entries[index].delivery
        }
    }

    /// When something in memory may start; nil while nothing can before a `finish` or a `take`.
    package func nextStart() -> Instant? {
        guard room > 0, let due = heads.map({ entries[$0].dueAt }).min() else { return nil }
        return max(due, heldUntil ?? due)
    }

    /// Notes what became of a delivery that `start` returned.
    package mutating func finish(
        _ id: Int64,
        _ result: DeliveryResult,
        at now: Instant,
        using generator: inout some RandomNumberGenerator
    ) {
        follow(clock: now)
        guard let index = entries.firstIndex(where: { $0.delivery.id == id }),
            case .inFlight(let startedIn) = entries[index].state
        else { return }
        inFlight -= 1
        switch result {
        case .delivered:
            if startedIn == round { failures = 0 }
            decide(index, .delivered)
        case .giveUp(let error):
            // The receiver answers: it is this event that it does not want.
            if startedIn == round { failures = 0 }
            note(error, at: now)
            decide(index, .gaveUp(at: now, error: error))
        case .retry(let error, let asked):
            counts.failedAttempts += 1
            note(error, at: now)
            let spread = Int64.random(in: -200...200, using: &generator)
            hold(startedIn: startedIn, asked: asked, spread: spread, at: now)
            retry(index, error: error, asked: asked, spread: spread, at: now)
        }
    }

    /// Takes note that a test was delivered: the channel works, and what waits for it may go at once.
    package mutating func noteTestDelivered(at now: Instant) {
        hasGivenUp = false
        isProvenWell = true
        failures = 0
        heldUntil = nil
        for index in entries.indices { entries[index].dueAt = min(entries[index].dueAt, now) }
    }

    /// Begins anew for changed settings of the channel: nothing is held, everything is due.
    package mutating func reset(at now: Instant) {
        failures = 0
        heldUntil = nil
        round += 1
        ignoresStoredTimes = true
        for index in entries.indices { entries[index].dueAt = now }
    }

    private mutating func hold(startedIn: Int, asked: Duration?, spread: Int64, at now: Instant) {
        if startedIn == round {
            failures += 1
            round += 1
            let wait = limits.pace.wait(failures: failures, spread: spread, asked: asked)
            heldUntil = max(heldUntil ?? now, now + wait)
        } else if let asked {
            let heeded = now + min(asked, limits.pace.longestAsked)
            heldUntil = max(heldUntil ?? now, heeded)
        }
    }

    private mutating func retry(
        _ index: Int,
        error: String,
        asked: Duration?,
        spread: Int64,
        at now: Instant
    ) {
        entries[index].attempts += 1
        if isOverdue(entries[index], at: now) {
            decide(index, .gaveUp(at: now, error: "waited longer than give_up_after: \(error)"))
            return
        }
        let attempts = entries[index].attempts
        let due = now + limits.pace.wait(failures: attempts, spread: spread, asked: asked)
        entries[index].state = .waiting
        entries[index].dueAt = due
        entries[index].unsettled = .retry(
            at: max(due, heldUntil ?? due),
            attempts: attempts,
            error: error
        )
    }

    private mutating func giveUpOverdue(at now: Instant) {
        guard failures >= Self.failuresThatCondemn else { return }
        let reason = lastError ?? "no error is known"
        for index in entries.indices
        where entries[index].state == .waiting && isOverdue(entries[index], at: now) {
            decide(
                index,
                .gaveUp(
                    at: now,
                    error: "waited longer than give_up_after for its channel: \(reason)"
                )
            )
        }
    }

    private mutating func decide(_ index: Int, _ outcome: Settlement.Outcome) {
        entries[index].state = .decided
        entries[index].unsettled = outcome
        if case .delivered = outcome {
            counts.delivered += 1
            isProvenWell = true
            hasGivenUp = false
        } else {
            counts.givenUp += 1
            hasGivenUp = true
        }
    }

    private mutating func note(_ error: String, at now: Instant) {
        lastError = error
        lastErrorAt = now
    }

    private func isOverdue(_ entry: Entry, at now: Instant) -> Bool {
        now >= entry.delivery.createdAt + limits.giveUpAfter
    }

    private func isHeld(at now: Instant) -> Bool {
        heldUntil.map { now < $0 } ?? false
    }

    /// How many may start: while the channel fails, one and only alone.
    private var room: Int {
        failures > 0 ? 1 - inFlight : limits.inFlight - inFlight
    }

    /// The waiting entries that no earlier one of their subject holds back.
    private var heads: [Int] {
        var subjects: Set<String> = []
        return entries.indices.filter { index in
            switch entries[index].state {
            case .decided:
                return false
            case .inFlight:
                subjects.insert(entries[index].delivery.subject)
                return false
            case .waiting:
                return subjects.insert(entries[index].delivery.subject).inserted
            }
        }
    }

    /// Moves what is awaited along with a clock that was set back, or it would be awaited too long.
    private mutating func follow(clock now: Instant) {
        if let latestNow, now < latestNow {
            let step = latestNow - now
            heldUntil = heldUntil.map { $0 - step }
            for index in entries.indices { entries[index].dueAt = entries[index].dueAt - step }
        }
        latestNow = now
    }
}

// MARK: - Writing to the store

extension ChannelQueue {
    /// What is to be written, oldest first.
    package func unsettled(atMost limit: Int = .max) -> [Settlement] {
        var settlements: [Settlement] = []
        for entry in entries where settlements.count < limit {
            guard let outcome = entry.unsettled else { continue }
            settlements.append(Settlement(id: entry.delivery.id, outcome: outcome))
        }
        return settlements
    }

    /// Whether anything is to be written.
    package var hasUnsettled: Bool { entries.contains { $0.unsettled != nil } }

    /// Notes what was written; an outcome that has changed since stays to be written.
    package mutating func confirm(_ settlements: [Settlement]) {
        let written = Dictionary(
            settlements.map { ($0.id, $0.outcome) },
            uniquingKeysWith: { $1 }
        )
        for index in entries.indices {
            guard let outcome = written[entries[index].delivery.id],
                entries[index].unsettled == outcome
            else { continue }
            entries[index].unsettled = nil
        }
        entries.removeAll { $0.state == .decided && $0.unsettled == nil }
    }

    /// Deliveries in memory that are neither delivered nor given up.
    package var waiting: Int {
        entries.count { $0.state != .decided }
    }

    /// When the oldest of them was made.
    package var oldestWaiting: Instant? {
        entries.lazy.filter { $0.state != .decided }.map(\.delivery.createdAt).min()
    }
}
