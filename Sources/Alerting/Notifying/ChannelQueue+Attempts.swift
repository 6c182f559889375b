/// The start of attempts, and their results.
extension ChannelQueue {
    /// After this many holds in a row, overdue deliveries are dropped without an attempt.
    private static let holdsThatCondemn = 3

    /// The deliveries to send now; they are in flight until `finish`.
    package mutating func start(at now: Now) -> [Delivery] {
        guard limits.groupWait == nil else { return [] }
        follow(now)
        withdrawResolved()
        dropOverdue(at: now)
        guard room > 0, !hold.isHeld(at: now.moment) else { return [] }
        let urgent = urgentSubjects
        let due = heads.filter { earliest(entries[$0]) <= now.moment }
            .sorted { rank($0, urgent) < rank($1, urgent) }
        return due.prefix(room).map { index in
            entries[index].state = .inFlight(round: hold.round)
            inFlight += 1
            return entries[index].delivery
        }
    }

    /// The earliest start of a delivery in memory; nil if it takes a `finish` or a `take` first.
    package func nextStart() -> Moment? {
        guard room > 0, let due = heads.map({ earliest(entries[$0]) }).min() else { return nil }
        return max(due, hold.until ?? due)
    }

    /// Records the result of a delivery that `start` returned.
    package mutating func finish(
        _ id: Int64,
        _ result: DeliveryResult,
        at now: Now,
        using generator: inout some RandomNumberGenerator
    ) {
        follow(now)
        guard let index = entries.firstIndex(where: { $0.delivery.id == id }),
            case .inFlight(let startedIn) = entries[index].state
        else { return }
        inFlight -= 1
        switch result {
        case .delivered:
            hold.answered(startedIn: startedIn)
            decide(index, .delivered)
        case .giveUp(let error):
            // The receiver works, and rejects this event.
            hold.answered(startedIn: startedIn)
            note(error, at: now)
            decide(index, .gaveUp(at: now.instant, error: error))
        case .inPart(let error, let retries):
            hold.answered(startedIn: startedIn)
            note(error, at: now)
            let spread = Int64.random(in: -200...200, using: &generator)
            finishInPart(index, error, retries: retries, spread: spread, at: now)
        case .notWanted: withdraw(index)
        case .retry(let error, let asked):
            counts.failedAttempts += 1
            note(error, at: now)
            let spread = Int64.random(in: -200...200, using: &generator)
            let isHeld = hold.failed(
                startedIn: startedIn,
                asked: asked,
                spread: spread,
                pace: limits.pace,
                at: now.moment
            )
            // While the channel is held, newer reminders may replace those in memory.
            if isHeld { wantsRefresh = true }
            retry(index, error: error, asked: asked, spread: spread, at: now)
        }
    }

    /// Keeps a delivery for the recipients that do not have it, or drops it for them.
    mutating func finishInPart(
        _ index: Int,
        _ error: String,
        retries: Bool,
        spread: Int64,
        at now: Now
    ) {
        guard retries else { return decide(index, .gaveUp(at: now.instant, error: error)) }
        entries[index].isInPart = true
        retry(index, error: error, asked: nil, spread: spread, at: now)
    }

    /// Forgets a delivery that is not sent.
    mutating func withdraw(_ index: Int) {
        entries[index].state = .decided
        entries[index].unsettled = .withdrawn
    }

    /// Records deliveries that were dropped because their rows cannot be read.
    package mutating func noteDropped(_ count: Int, error: String, at now: Now) {
        counts.givenUp += count
        hasGivenUp = true
        note(error, at: now)
    }

    /// Records that a test was delivered: the channel works, so pending deliveries are due at once.
    package mutating func noteTestDelivered(at now: Now) {
        follow(now)
        hasGivenUp = false
        isProvenWell = true
        hold.reset()
        for index in entries.indices {
            entries[index].dueAt = min(entries[index].dueAt, now.moment)
        }
    }

    /// Starts from scratch for changed settings: nothing is held, and everything is due.
    package mutating func reset(at now: Now) {
        follow(now)
        hold.reset()
        wantsRefresh = true
        ignoresStoredTimes = true
        for index in entries.indices { entries[index].dueAt = now.moment }
    }

    mutating func retry(
        _ index: Int,
        error: String,
        asked: Duration?,
        spread: Int64,
        at now: Now
    ) {
        if entries[index].isReplaced {
            // The newer reminder reports the same and replaces this one.
            entries.remove(at: index)
            return
        }
        entries[index].attempts += 1
        if isOverdue(entries[index], at: now.moment) {
            let text = "waited longer than give_up_after: \(error)"
            decide(index, .gaveUp(at: now.instant, error: text))
            return
        }
        let attempts = entries[index].attempts
        let due =
            now.moment + limits.pace.wait(failures: attempts, spread: spread, asked: asked)
        entries[index].state = .waiting
        entries[index].dueAt = due
        let wait = max(due, hold.until ?? due) - now.moment
        entries[index].unsettled = .retry(
            at: now.instant + wait,
            wait: wait,
            attempts: attempts,
            error: error
        )
    }

    mutating func dropOverdue(at now: Now) {
        guard hold.holds >= Self.holdsThatCondemn else { return }
        let reason = lastError ?? "no error is known"
        for index in entries.indices
        where entries[index].state == .waiting && !isQuieted(entries[index])
            && isOverdue(entries[index], at: now.moment)
        {
            let text = "waited longer than give_up_after for its channel: \(reason)"
            decide(index, .gaveUp(at: now.instant, error: text))
        }
    }

    mutating func decide(_ index: Int, _ outcome: Settlement.Outcome) {
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

    mutating func note(_ error: String, at now: Now) {
        lastError = error
        lastErrorAt = now.instant
    }

    private func isOverdue(_ entry: Entry, at now: Moment) -> Bool {
        now - entry.since >= limits.giveUpAfter
    }
}

/// The order of deliveries.
extension ChannelQueue {
    /// The pending entries that no earlier one of their subject holds back.
    var heads: [Int] {
        var subjects: Set<String> = []
        return entries.indices.filter { index in
            if entries[index].isInPart { return entries[index].state == .waiting }
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

    /// The number of deliveries that may start: one alone while the channel probes; one digest.
    var room: Int {
        hold.isProbing || limits.groupWait != nil ? 1 - inFlight : limits.inFlight - inFlight
    }

    /// Older deliveries of these subjects go before their urgent ones.
    private var urgentSubjects: Set<String> {
        Set(
            entries.lazy.filter { $0.state == .waiting && $0.delivery.isUrgent }
                .map(\.delivery.subject)
        )
    }

    private func rank(_ index: Int, _ urgent: Set<String>) -> (Int, Int, Int) {
        let entry = entries[index]
        let isUrgent = urgent.contains(entry.delivery.subject)
        return (hold.isProbing ? entry.attempts : 0, isUrgent ? 0 : 1, index)
    }

    /// The earliest start of each delivery in memory, by its id.
    package func earliestStarts(at now: Moment) -> [Int64: Moment] {
        var starts: [Int64: Moment] = [:]
        var subjects: [String: Moment] = [:]
        for entry in entries where entry.state != .decided {
            var start = now
            if entry.state == .waiting { start = max(now, earliest(entry), hold.until ?? now) }
            start = max(start, subjects[entry.delivery.subject] ?? start)
            if !entry.isInPart { subjects[entry.delivery.subject] = start }
            starts[entry.delivery.id] = start
        }
        return starts
    }

    /// The end of the channel's hold; nil if it is not held.
    package func heldUntil(at now: Moment) -> Moment? {
        hold.isHeld(at: now) ? hold.until : nil
    }
}
