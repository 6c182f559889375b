/// Finds out whether a host has recovered.
extension HostBook {
    /// Checks the recovery of a host, now or as soon as possible, because one token has recovered.
    mutating func recover(
        _ number: Int,
        _ trouble: HostTrouble,
        _ tokens: Tokens,
        at now: Now
    ) -> [Decision] {
        guard let record = hosts[number].records[trouble], record.stage == .holds,
            record.recovery == nil
        else { return [] }
        guard now.moment >= record.nextRecovery else {
            let due = min(record.recoveryDue ?? .never, record.nextRecovery)
            hosts[number].records[trouble]?.recoveryDue = due
            return []
        }
        let chosen = troubled(number, trouble, tokens).shuffled(using: &random)
            .prefix(HostInquiry.largestSample)
        let failing = chosen.filter { tokens.states[$0].wasJustPolled(at: now.instant) }
        let sample = chosen.filter { !failing.contains($0) }
        hosts[number].records[trouble]?.nextRecovery = now.moment + Self.recoveryPause
        hosts[number].records[trouble]?.recoveryDue = nil
        hosts[number].records[trouble]?.recovery = HostRecovery(
            trouble,
            sample: sample,
            failing: failing,
            at: now.moment
        )
        let polls: [Decision] = sample.isEmpty ? [] : [.poll(sample)]
        return polls + decideRecovery(number, trouble, tokens, at: now)
    }

    mutating func decideRecovery(
        _ number: Int,
        _ trouble: HostTrouble,
        _ tokens: Tokens,
        at now: Now
    ) -> [Decision] {
        guard let record = hosts[number].records[trouble] else { return [] }
        guard var recovery = record.recovery else {
            guard let due = record.recoveryDue, due <= now.moment else { return [] }
            hosts[number].records[trouble]?.recoveryDue = nil
            return recover(number, trouble, tokens, at: now)
        }
        var decisions: [Decision] = []
        if !recovery.pollsAll {
            guard let isWell = recovery.isSampleWell(at: now.moment) else { return [] }
            guard isWell || isFew(number, trouble, tokens, at: now) else {
                return giveUpRecovery(number, trouble, tokens, at: now)
            }
            let slots = recovery.pollAll(troubled(number, trouble, tokens), at: now.moment)
            hosts[number].records[trouble]?.recovery = recovery
            if !slots.isEmpty { decisions.append(.poll(slots)) }
        }
        guard recovery.isDone(at: now.moment) else { return decisions }
        let tally = hosts[number].tally
        let left = tally.count(of: trouble) - recovery.waiting.count
        let seen = tally.tokens - recovery.waiting.count
        guard left < HostTrouble.fewestTokens || 2 * left < seen else {
            return decisions + giveUpRecovery(number, trouble, tokens, at: now)
        }
        hosts[number].records[trouble]?.recovery = nil
        hosts[number].records[trouble]?.unseen = recovery.waiting
        decisions += end(number, trouble, at: now)
        // Tokens that did not recover with their host have alerts of their own.
        let own = troubled(number, trouble, tokens).filter { !recovery.waiting.contains($0) }
        return own.isEmpty ? decisions : decisions + [.judge(own, own: trouble)]
    }

    /// Ends an alert whose trouble stayed away for long enough.
    mutating func endSettled(_ number: Int, _ trouble: HostTrouble, at now: Now) -> [Decision] {
        guard let record = hosts[number].records[trouble], record.inquiry == nil,
            case .settles(let until) = record.stage, until <= now.moment
        else { return [] }
        hosts[number].records[trouble]?.stage = .over
        return [.ends(host: number, trouble, mended: mended(number, trouble))]
    }

    private mutating func end(_ number: Int, _ trouble: HostTrouble, at now: Now) -> [Decision] {
        guard let record = hosts[number].records[trouble] else { return [] }
        if record.raises(at: now.moment) >= HostTroubleRecord.mostRaises,
            let oldest = record.raises.suffix(HostTroubleRecord.mostRaises).first
        {
            let until = oldest + HostTroubleRecord.window
            hosts[number].records[trouble]?.stage = .settles(until: until)
            return [.settles(host: number, trouble)]
        }
        hosts[number].records[trouble]?.stage = .over
        return [.ends(host: number, trouble, mended: mended(number, trouble))]
    }

    private func mended(_ number: Int, _ trouble: HostTrouble) -> String {
        let tally = hosts[number].tally
        let unseen = hosts[number].records[trouble]?.unseen.count ?? 0
        return trouble.recovery(
            left: tally.count(of: trouble) - unseen,
            unseen: unseen,
            of: tally.tokens
        )
    }

    /// Whether too few tokens are left for an alert of the host.
    ///
    /// Half of the tokens counts only once all have been polled since the alert was raised.
    private func isFew(
        _ number: Int,
        _ trouble: HostTrouble,
        _ tokens: Tokens,
        at now: Now
    ) -> Bool {
        let tally = hosts[number].tally
        let count = tally.count(of: trouble)
        if count < HostTrouble.fewestTokens { return true }
        return 2 * count < tally.tokens && fullyPolled(number, trouble, tokens) <= now.moment
    }

    /// The time at which all of a host's tokens have been polled since its alert was raised.
    private func fullyPolled(_ number: Int, _ trouble: HostTrouble, _ tokens: Tokens) -> Moment {
        let since = hosts[number].records[trouble]?.heldSince ?? .never
        let interval = hosts[number].slots.first.map { tokens.settings(Int($0)).interval }
        return since + (interval ?? .zero) + .milliseconds(1)
    }

    private mutating func giveUpRecovery(
        _ number: Int,
        _ trouble: HostTrouble,
        _ tokens: Tokens,
        at now: Now
    ) -> [Decision] {
        hosts[number].records[trouble]?.recovery = nil
        let tally = hosts[number].tally
        let later = fullyPolled(number, trouble, tokens)
        if 2 * tally.count(of: trouble) < tally.tokens, later > now.moment {
            // Too few may be left by then, without another poll.
            hosts[number].records[trouble]?.recoveryDue = later
        }
        // While it was investigated, the alert kept its severity.
        return trouble == .unreachable ? [.holds(host: number, trouble)] : []
    }
}
