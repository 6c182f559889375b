import Alerting
import Dispatch

/// What is known of a host besides its tokens.
struct HostWatch {
    var tally = HostTally()
    /// What its alerts stand for.
    var covered: HostStanding.Troubles = []
    var inquiries: [HostTrouble: HostInquiry] = [:]
    var recoveries: [HostTrouble: HostRecovery] = [:]
    /// Not before is it asked again whether it is well.
    var nextRecovery = Moment(milliseconds: .min)

    /// How it stands for a token that is looked at.
    var standing: HostStanding {
        // Whether a trouble is the host's is asked wherever it can be.
        let isLarge = tally.tokens >= HostTrouble.fewestTokens
        return HostStanding(covered: covered, withheld: isLarge ? .all.subtracting(covered) : [])
    }

    /// When something is decided by what is known then; nil while nothing is open.
    var deadline: Moment? {
        let ends = inquiries.values.map(\.deadline) + recoveries.values.map(\.deadline)
        return ends.min()
    }
}

/// Troubles that are a host's, so that 400 tokens are not 400 alerts.
///
/// A token that comes into such a trouble waits some seconds for its alert while others of the host
/// are polled. If it is the host's trouble, an alert of the host stands for all of theirs, until one
/// of them is well and others that are polled are, too.
extension Watch {
    /// A host's recovery is looked into once in this time at most.
    private static let recoveryPause: Duration = .minutes(1)

    /// Counts the tokens of each host anew, and takes up the alerts that its hosts have.
    func countHosts() {
        hosts = roster.hosts.map { name in
            var host = HostWatch()
            for alert in subjectAlerts[.host(name)] ?? [] {
                guard let trouble = HostTrouble(ofHost: alert.condition) else { continue }
                host.covered.insert(trouble)
            }
            return host
        }
        for (slot, state) in states.enumerated() { hosts[roster.hostOfSlot[slot]].tally.add(state) }
    }

    /// Ends the alerts of hosts that have too few tokens for them since a reload, or none.
    func endHostAlertsWithoutTokens(_ now: Now) {
        for case .host(let name) in Array(subjectAlerts.keys) {
            let number = roster.hosts.firstIndex(of: name)
            for trouble in HostTrouble.allCases {
                if let number {
                    if hosts[number].covered.contains(trouble) { endIfFew(number, trouble, now) }
                } else {
                    judge(.host(name), [trouble.ofHost], []) { _ in "no token is asked there" }
                }
            }
        }
    }

    /// Takes in what an evaluation says of a token's host.
    func noteHost(
        of slot: Int,
        from old: TokenState,
        _ evaluation: Evaluation,
        isPoll: Bool,
        _ now: Now
    ) {
        let number = roster.hostOfSlot[slot]
        let new = evaluation.state
        let before = hosts[number].tally
        hosts[number].tally.remove(old)
        hosts[number].tally.add(new)
        for trouble in HostTrouble.allCases {
            let isInTrouble = new.shows(trouble)
            if evaluation.withheld.contains(trouble) {
                inquire(number, trouble, slot, now)
            }
            guard isPoll else { continue }
            if hosts[number].inquiries[trouble] != nil {
                hosts[number].inquiries[trouble]?.note(slot, isInTrouble: isInTrouble)
                decide(number, trouble, now)
            }
            if hosts[number].covered.contains(trouble), !isInTrouble {
                recover(number, trouble, now)
                endIfFew(number, trouble, now)
            }
            if hosts[number].recoveries[trouble] != nil {
                hosts[number].recoveries[trouble]?.note(slot, isInTrouble: isInTrouble)
                decideRecovery(number, trouble, now)
            }
        }
        if hosts[number].tally.critical != before.critical,
            hosts[number].covered.contains(HostTrouble.unreachable)
        {
            tellHost(number, .unreachable)
        }
    }

    /// Decides what has waited long enough.
    func decideHosts(_ now: Now) {
        for number in undecidedHosts {
            guard let deadline = hosts[number].deadline else {
                undecidedHosts.remove(number)
                continue
            }
            guard deadline <= now.moment else { continue }
            for trouble in HostTrouble.allCases {
                decide(number, trouble, now)
                decideRecovery(number, trouble, now)
            }
        }
    }

    var nextHostDecision: Moment {
        undecidedHosts.lazy.compactMap { self.hosts[$0].deadline }.min() ?? .never
    }

    /// What is said of a host now, for a reminder.
    func finding(of host: String, _ condition: Condition) -> Finding? {
        guard let trouble = HostTrouble(ofHost: condition),
            let number = roster.hosts.firstIndex(of: host)
        else { return nil }
        return finding(number, trouble)
    }

    // MARK: - Is it the host's?

    private func inquire(_ number: Int, _ trouble: HostTrouble, _ slot: Int, _ now: Now) {
        if hosts[number].inquiries[trouble] != nil {
            hosts[number].inquiries[trouble]?.withhold(slot)
            return
        }
        // Longer in trouble than this, and it has nothing to do with what happens now.
        let recently = now.instant - roster.tokens[slot].settings.interval
        var known = 0
        var others: [Int] = []
        for other in slots(ofHost: number, from: slot, limit: HostInquiry.longestWalk) {
            let state = states[other]
            if other == slot || state.shows(trouble) {
                let isRecent = state.rejectedSince.map { $0 >= recently } ?? true
                if other == slot || trouble == .unreachable || isRecent { known += 1 }
            } else if state.secretProblem == nil {
                others.append(other)
            }
        }
        let sample = Array(others.shuffled(using: &random).prefix(HostInquiry.largestSample))
        hosts[number].inquiries[trouble] = HostInquiry(
            trouble,
            of: slot,
            known: known,
            others: others.count,
            sample: sample,
            at: now.moment
        )
        undecidedHosts.insert(number)
        for other in sample { schedule.plan(other, poll: now.moment) }
        decide(number, trouble, now)
    }

    private func decide(_ number: Int, _ trouble: HostTrouble, _ now: Now) {
        guard let inquiry = hosts[number].inquiries[trouble],
            let isHosts = inquiry.isHosts(at: now.moment)
        else { return }
        hosts[number].inquiries[trouble] = nil
        if isHosts {
            hosts[number].covered.insert(trouble)
            tellHost(number, trouble)
        }
        // In a turn of its own: this may be in the middle of one of these tokens.
        release(inquiry.withheld, isOwn: !isHosts)
    }

    /// Looks again at tokens whose alerts waited.
    private func release(_ slots: [Int], isOwn: Bool) {
        let ids = slots.map { roster.tokens[$0].settings.id }
        executor.queue.async { [weak self] in
            self?.assumeIsolated { watch in
                let now = watch.ports.clock()
                for slot in ids.compactMap({ watch.roster.slot(of: $0) }) {
                    watch.apply(slot, .timePassed, now, isHostKnown: isOwn)
                }
                watch.pump()
            }
        }
    }

    // MARK: - Is it well again?

    private func recover(_ number: Int, _ trouble: HostTrouble, _ now: Now) {
        guard hosts[number].recoveries[trouble] == nil, now.moment >= hosts[number].nextRecovery
        else { return }
        hosts[number].nextRecovery = now.moment + Self.recoveryPause
        let sample = troubled(number, trouble, limit: HostInquiry.longestWalk)
            .shuffled(using: &random).prefix(HostInquiry.largestSample)
        hosts[number].recoveries[trouble] = HostRecovery(
            trouble,
            sample: Array(sample),
            at: now.moment
        )
        undecidedHosts.insert(number)
        for slot in sample { askNow(slot, now) }
        decideRecovery(number, trouble, now)
    }

    private func decideRecovery(_ number: Int, _ trouble: HostTrouble, _ now: Now) {
        guard let recovery = hosts[number].recoveries[trouble],
            let isWell = recovery.isWell(at: now.moment)
        else { return }
        hosts[number].recoveries[trouble] = nil
        guard isWell else { return }
        let mended = trouble == .unreachable ? "it answers again" : "it accepts tokens again"
        end(number, trouble, mended: mended, now)
    }

    /// Ends an alert that has too few tokens left to stand for.
    ///
    /// Half of all is asked for only once all have been polled since.
    private func endIfFew(_ number: Int, _ trouble: HostTrouble, _ now: Now) {
        let host = roster.hosts[number]
        let tally = hosts[number].tally
        let count = tally.count(of: trouble)
        let alert = subjectAlerts[.host(host)]?.first { $0.condition == trouble.ofHost }
        let isOld = alert.map { now.instant - $0.since > polling.interval } ?? true
        guard hosts[number].covered.contains(trouble),
            count < HostTrouble.fewestTokens || (isOld && 2 * count < tally.tokens)
        else { return }
        let mended = trouble.ending(left: count, of: tally.tokens)
        end(number, trouble, mended: mended, now)
    }

    private func end(_ number: Int, _ trouble: HostTrouble, mended: String, _ now: Now) {
        hosts[number].covered.remove(trouble)
        judge(.host(roster.hosts[number]), [trouble.ofHost], []) { _ in mended }
        // Whoever is not well with it is told of by an alert of its own.
        for slot in troubled(number, trouble, limit: .max) { askNow(slot, now) }
    }

    /// Polls as soon as the limits allow, whatever backoff says.
    private func askNow(_ slot: Int, _ now: Now) {
        refusals[slot] = nil
        schedule.plan(slot, poll: now.moment)
    }

    private func troubled(_ number: Int, _ trouble: HostTrouble, limit: Int) -> [Int] {
        slots(ofHost: number, from: 0, limit: .max).lazy
            .filter { self.states[$0].shows(trouble) }.prefix(limit).map { $0 }
    }

    /// Slots of a host, beginning with one of them and going round.
    private func slots(ofHost number: Int, from start: Int, limit: Int) -> [Int] {
        var slots: [Int] = []
        let count = roster.tokens.count
        for offset in 0..<count {
            let slot = (start + offset) % count
            guard roster.hostOfSlot[slot] == number else { continue }
            slots.append(slot)
            if slots.count == limit { break }
        }
        return slots
    }

    // MARK: - Saying it

    private func tellHost(_ number: Int, _ trouble: HostTrouble) {
        judge(.host(roster.hosts[number]), [trouble.ofHost], [finding(number, trouble)]) { _ in "" }
    }

    private func finding(_ number: Int, _ trouble: HostTrouble) -> Finding {
        let slots = troubled(number, trouble, limit: HostTrouble.mostTokensNamed)
        return trouble.finding(
            host: roster.hosts[number],
            tally: hosts[number].tally,
            tokens: slots.map { roster.tokens[$0].settings.id },
            error: slots.first.flatMap { states[$0].lastError }
        )
    }
}
