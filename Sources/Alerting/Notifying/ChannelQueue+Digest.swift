/// Several deliveries in one message, for channels that people read.
///
/// The rules for one delivery apply to all in a digest: each attempt counts for all of them, each
/// is dropped by its own age, and within a subject older deliveries go first. Three things are
/// different:
/// 1. Deliveries that the receiver rejects are retried one by one, so that one event that the
///    receiver does not accept costs no other.
/// 2. Deliveries that reached some of their recipients wait for the others apart from new ones.
/// 3. While the channel probes, every other probe is a single delivery. If that succeeds and the
///    next digest fails, the receiver cannot process something in it: deliveries go one by one
///    again.
extension ChannelQueue {
    /// The digest to send now, of one delivery or more; it is in flight until `finish`.
    ///
    /// It begins when the oldest delivery has waited for `groupWait`, and includes newer ones.
    package mutating func startDigest(at now: Now) -> Digest? {
        guard limits.groupWait != nil else { return nil }
        follow(now)
        withdrawResolved()
        dropOverdue(at: now)
        guard room > 0, !hold.isHeld(at: now.moment) else { return nil }
        let due = heads.filter { earliest(entries[$0]) <= now.moment }
        guard !due.isEmpty else { return nil }
        let isRest = due.allSatisfy { entries[$0].isInPart }
        var chosen = isRest ? due : groupable
        if hold.isProbing, hold.holds.isMultiple(of: 2),
            let probe = due.min(by: { entries[$0].attempts < entries[$1].attempts })
        {
            chosen = [probe]
        } else if let single = due.first(where: { entries[$0].isSingle }) {
            chosen = [single]
        }
        for index in chosen { entries[index].state = .inFlight(round: hold.round) }
        inFlight += chosen.count
        return Digest(chosen.map { entries[$0].delivery })
    }

    /// Records the result of a digest that `startDigest` returned.
    package mutating func finish(
        _ digest: Digest,
        _ result: DeliveryResult,
        at now: Now,
        using generator: inout some RandomNumberGenerator
    ) {
        follow(now)
        let ids = digest.deliveries.map(\.id)
        let indices = ids.compactMap(indexInFlight)
        guard let first = indices.first, case .inFlight(let startedIn) = entries[first].state else {
            return
        }
        inFlight -= indices.count
        switch result {
        case .delivered:
            hold.answered(startedIn: startedIn)
            takesSingles = indices.count == 1 && entries.contains { $0.attempts > 0 }
            for index in indices { decide(index, .delivered) }
        case .giveUp(let error):
            hold.answered(startedIn: startedIn)
            note(error, at: now)
            guard indices.count > 1 else {
                return decide(first, .gaveUp(at: now.instant, error: error))
            }
            counts.failedAttempts += 1
            for index in indices {
                entries[index].isSingle = true
                entries[index].state = .waiting
                entries[index].dueAt = now.moment
            }
        case .inPart(let error, let retries):
            hold.answered(startedIn: startedIn)
            counts.failedAttempts += 1
            note(error, at: now)
            // All deliveries wait alike, so that they stay together.
            let spread = Int64.random(in: -200...200, using: &generator)
            for id in ids {
                guard let index = indexInFlight(id) else { continue }
                finishInPart(index, error, retries: retries, spread: spread, at: now)
            }
        case .notWanted: for index in indices { withdraw(index) }
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
            if isHeld { wantsRefresh = true }
            if indices.count > 1, takesSingles, asked == nil {
                for index in indices { entries[index].isSingle = true }
                takesSingles = false
            }
            for id in ids {
                guard let index = indexInFlight(id) else { continue }
                retry(index, error: error, asked: asked, spread: spread, at: now)
            }
        }
    }

    private func indexInFlight(_ id: Int64) -> Int? {
        entries.firstIndex { entry in
            guard entry.delivery.id == id, case .inFlight = entry.state else { return false }
            return true
        }
    }

    /// The deliveries that may go now, even before their `groupWait` is over.
    private var groupable: [Int] {
        var blocked: Set<String> = []
        return entries.indices.filter { index in
            let entry = entries[index]
            guard entry.state == .waiting, !entry.isInPart else { return false }
            if entry.isSingle || isQuieted(entry) { blocked.insert(entry.delivery.subject) }
            return !blocked.contains(entry.delivery.subject)
        }
    }

    /// The remaining `groupWait` of a delivery from the store.
    func groupWait(of delivery: Delivery, at now: Now) -> Duration {
        guard let wait = limits.groupWait, delivery.attempts == 0 else { return .zero }
        return max(.zero, wait - max(.zero, now.instant - delivery.createdAt))
    }
}
