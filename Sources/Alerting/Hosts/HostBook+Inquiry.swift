/// The inquiry whether a trouble is the host's.
extension HostBook {
    mutating func inquire(
        _ number: Int,
        _ trouble: HostTrouble,
        _ slot: Int,
        _ tokens: Tokens,
        at now: Now
    ) -> [Decision] {
        if hosts[number].records[trouble]?.inquiry != nil {
            hosts[number].records[trouble]?.inquiry?.withhold(slot)
            return []
        }
        let unseen = hosts[number].records[trouble]?.unseen ?? []
        // A token that has been in trouble for longer has nothing to do with the current trouble.
        let recently = now.instant - tokens.settings(slot).interval
        var known = 0
        var others = 0
        var candidates: [Int] = []
        for other in walk(number, from: slot, limit: HostInquiry.longestWalk) {
            let state = tokens.states[other]
            if other == slot {
                known += 1
            } else if state.shows(trouble), !unseen.contains(other) {
                let isRecent = state.rejectedSince.map { $0 >= recently } ?? true
                if trouble == .unreachable || isRecent { known += 1 }
            } else {
                others += 1
                // A rejected token is polled slowly, and one without a secret cannot be polled. One
                // that awaits its second poll would get it too early.
                if state.secretProblem == nil, state.lastOutcome != .rejected,
                    !state.awaitsSecondPoll
                {
                    candidates.append(other)
                }
            }
        }
        candidates.shuffle(using: &random)
        let chosen = candidates.prefix(HostInquiry.largestSample)
        let sample = chosen.filter { !tokens.states[$0].wasJustPolled(at: now.instant) }
        hosts[number].records[trouble, default: HostTroubleRecord()].inquiry = HostInquiry(
            trouble,
            of: slot,
            known: known,
            others: others,
            sample: sample,
            answered: chosen.count - sample.count,
            rest: Array(candidates.dropFirst(chosen.count)),
            at: now.moment
        )
        let polls: [Decision] = sample.isEmpty ? [] : [.poll(sample)]
        return polls + decideInquiry(number, trouble, at: now)
    }

    mutating func decideInquiry(
        _ number: Int,
        _ trouble: HostTrouble,
        at now: Now
    ) -> [Decision] {
        guard var inquiry = hosts[number].records[trouble]?.inquiry else { return [] }
        let step = inquiry.step(at: now.moment)
        hosts[number].records[trouble]?.inquiry = inquiry
        switch step {
        case .waits: return []
        case .polls(let slots): return [.poll(slots)]
        case .isOwn:
            hosts[number].records[trouble]?.inquiry = nil
            return [.judge(inquiry.withheld, own: trouble)]
        case .isHosts:
            let tally = hosts[number].tally
            hosts[number].records[trouble]?.inquiry = nil
            hosts[number].records[trouble]?.raise(at: now)
            hosts[number].records[trouble]?.isPartial =
                tally.count(of: trouble) + inquiry.well < tally.tokens
            return [.holds(host: number, trouble), .judge(inquiry.withheld, own: nil)]
        }
    }

    /// The slots of a host, starting with one of them and wrapping around.
    private func walk(_ number: Int, from slot: Int, limit: Int) -> [Int] {
        let slots = hosts[number].slots
        var (low, high) = (0, slots.count)
        while low < high {
            let middle = (low + high) / 2
            if Int(slots[middle]) < slot { low = middle + 1 } else { high = middle }
        }
        return (slots[low...] + slots[..<low]).prefix(limit).map(Int.init)
    }
}

extension TokenState {
    /// Whether a poll of the token ended in this instant: another one would show nothing else.
    func wasJustPolled(at now: Instant) -> Bool { lastPollAt == now }
}
