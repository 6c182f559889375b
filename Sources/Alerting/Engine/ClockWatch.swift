/// Keeps the time that counts: the local clock's, unless evidence shows that it is wrong.
///
/// Clocks are kept as their distance from the clock that never steps, so that a step of the local
/// clock moves nothing else.
package struct ClockWatch: Hashable, Sendable {
    /// The clock that counts; the word of `details.believed`.
    package enum Belief: String, Hashable, Sendable {
        case local
        case hosts
        /// Nothing decides between them.
        case none
    }

    /// The doubt at the start: the daemon judges nothing until evidence decides.
    package struct Doubt: Hashable, Sendable {
        /// The time of the local clock at the start.
        let said: Instant
        /// The newest entry of the record, where the clock does not fit it; nil if `clock_wrong`
        /// held when the last run ended.
        let stored: Instant?
        /// The moment from which the local clock counts in any case.
        package let until: Moment
    }

    /// An earlier run's report about a wrong clock.
    package struct Dispute: Hashable, Sendable {
        /// The hosts that differed.
        package let hosts: [String]
        package let belief: Belief

        package init(hosts: [String], belief: Belief) {
            self.hosts = hosts
            self.belief = belief
        }
    }

    private struct HostClock: Hashable, Sendable {
        var base: ClockBase
        /// Whether the local clock was set since.
        var isOld = false
    }

    /// The last reading of the local clock.
    private var local: ClockBase
    /// The time that counts.
    package private(set) var base: ClockBase
    package private(set) var belief = Belief.local
    package private(set) var doubt: Doubt?
    /// The end of the wait for an answer that shows which clock is right, after the clock was set.
    package private(set) var stepEndsAt: Moment?
    private var hosts: [String: HostClock] = [:]
    /// Hosts that differed when they last answered, in this run or an earlier one.
    private var disputing: Set<String> = []
    private var limits: ClockEvidence.Limits

    /// The state is never so old, unless the machine was off for as long.
    package static let longestPause: Duration = .days(30)
    /// The longest wait for an answer that decides.
    package static let longestDoubt: Duration = .minutes(10)

    /// Begins a run.
    ///
    /// The clock is doubted if it is more than the tolerance before the newest entry of the record
    /// or 30 days after it, or if it was wrong when the last run ended.
    package init(
        at machine: Now,
        limits: ClockEvidence.Limits = ClockEvidence.Limits(),
        dispute: Dispute? = nil
    ) {
        local = ClockBase(machine)
        base = local
        self.limits = limits
        disputing = Set(dispute?.hosts ?? [])
        let newest = limits.newestStored.flatMap { stored in
            machine.instant + clockTolerance < stored
                || machine.instant - stored >= Self.longestPause ? stored : nil
        }
        guard newest != nil || (dispute.map { $0.belief != .local } ?? false) else { return }
        doubt = Doubt(
            said: machine.instant,
            stored: newest,
            until: machine.moment + Self.longestDoubt
        )
        // The record must not contain a doubted time: it continues where it ended.
        if let newest { base = ClockBase(Now(instant: newest, moment: machine.moment)) }
    }

    /// The end of the wait for an answer; `.never` if the daemon awaits none.
    package var waitEndsAt: Moment { min(doubt?.until ?? .never, stepEndsAt ?? .never) }

    /// Considers a reading of this machine's clocks.
    ///
    /// - Returns: whether the local clock was set away from the time that counts, so that hosts must be
    ///   polled to find out which is right.
    package mutating func read(_ machine: Now) -> Bool {
        let reading = ClockBase(machine)
        // The two clocks are read one after the other, and the machine may be busy in between.
        guard (reading - local).size > .seconds(1) else { return false }
        local = reading
        if doubt != nil { return false }
        if (local - base).size <= clockTolerance {
            base = local
            stepEndsAt = nil
            return false
        }
        stepEndsAt = machine.moment + Self.longestDoubt
        for host in hosts.keys { hosts[host]?.isOld = true }
        return true
    }

    /// Considers an answer's evidence about its host's clock, if it is credible.
    package mutating func note(_ host: String, _ evidence: ClockEvidence, at moment: Moment) {
        let now = local.instant(at: moment)
        guard let time = evidence.time(nearest: now, within: limits) else { return }
        hosts[host] = HostClock(base: ClockBase(Now(instant: time, moment: moment)))
        if clocksAgree(time - now) {
            disputing.remove(host)
        } else {
            disputing.insert(host)
        }
    }

    /// Decides whose time counts from now on.
    ///
    /// - Parameters:
    ///   - moment: now.
    ///   - isSynchronised: whether the kernel holds the local clock synchronised, which shows that
    ///     instant; called only if it matters.
    package mutating func decide(at moment: Moment, isSynchronised: (Instant) -> Bool) {
        let isWaiting = doubt != nil || stepEndsAt != nil
        guard isWaiting || isAnyHostDiffering else { return settle(.local, at: moment) }
        let ahead = hosts.values.filter { stepEndsAt == nil || !$0.isOld }.map { $0.base - local }
        let isSynchronised = isSynchronised(local.instant(at: moment))
        if ahead.isEmpty, isWaiting, !isSynchronised {
            guard waitEndsAt <= moment else { return }
            // Earlier evidence of hosts was not confirmed.
            hosts = [:]
        }
        settle(ClockVerdict(ahead: ahead, isSynchronised: isSynchronised), at: moment)
    }

    private mutating func settle(_ verdict: ClockVerdict, at moment: Moment) {
        let before = base
        switch verdict {
        case .local:
            belief = .local
            base = local
        case .hosts(let ahead):
            belief = .hosts
            // Dates have whole seconds: a time that is close enough continues.
            if (local + ahead - base).size > clockTolerance { base = local + ahead }
        case .none: belief = .none
        }
        // The local clock counts, and another clock wrote the record: at the start, or before a
        // clock that was ahead was corrected. Every right date would be too old.
        if verdict == .local,
            doubt?.stored != nil || limits.isBehindRecord(local.instant(at: moment))
        {
            limits.newestStored = nil
        }
        doubt = nil
        guard stepEndsAt != nil else { return }
        stepEndsAt = nil
        if (base - before).size > clockTolerance {
            // The clock that never steps stood still, as in a virtual machine that was paused.
            hosts = hosts.filter { !$0.value.isOld }
        }
        for host in hosts.keys { hosts[host]?.isOld = false }
    }

    /// Forgets the hosts that are not polled any more.
    package mutating func keep(hosts kept: some Sequence<String>) {
        let kept = Set(kept)
        hosts = hosts.filter { kept.contains($0.key) }
        disputing.formIntersection(kept)
    }

    /// The range of the clocks that may be right for the tokens of a host.
    ///
    /// Until the host itself has answered, every other clock may be right.
    package func spread(of host: String) -> ClockSpread {
        guard belief == .none else { return .none }
        let others = hosts[host].map { [$0] } ?? Array(hosts.values)
        let clocks = [local] + others.map(\.base)
        return ClockSpread(
            behind: clocks.map { base - $0 }.max() ?? .zero,
            ahead: clocks.map { $0 - base }.max() ?? .zero
        )
    }

    /// Hosts whose clocks differ from the local one, and how far they are ahead; by name.
    var differing: [(host: String, ahead: Duration)] {
        guard isAnyHostDiffering else { return [] }
        return hosts.map { (host: $0.key, ahead: $0.value.base - local) }
            .filter { !clocksAgree($0.ahead) }
            .sorted { $0.host < $1.host }
    }

    private var isAnyHostDiffering: Bool {
        hosts.values.contains { !clocksAgree($0.base - local) }
    }

    var hostsKnown: Int { hosts.count }

    /// The hosts that differ, and whose time counts: the facts worth reporting.
    package struct Report: Hashable, Sendable {
        private let belief: Belief
        private let hosts: [String]
        private let isDoubted: Bool
        private let isDisproved: Bool

        init(_ clock: ClockWatch) {
            belief = clock.belief
            hosts = clock.differing.map(\.host)
            isDoubted = clock.doubt != nil
            isDisproved = clock.isDisproved
        }
    }

    package var report: Report { Report(self) }

    /// Whether answers have shown that no clock is wrong: every host that differed has answered since,
    /// and agrees.
    package var isDisproved: Bool {
        doubt == nil && stepEndsAt == nil && !hosts.isEmpty && !isAnyHostDiffering
            && disputing.isSubset(of: hosts.keys)
    }
}

/// A wall clock, as its distance from the clock that never steps.
package struct ClockBase: Hashable, Sendable {
    private let milliseconds: Int64

    package init(_ now: Now) {
        milliseconds = now.instant.milliseconds.saturating(subtracting: now.moment.milliseconds)
    }

    private init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The clock's time at a moment.
    package func instant(at moment: Moment) -> Instant {
        Instant(milliseconds: milliseconds.saturating(adding: moment.milliseconds))
    }

    package static func - (left: ClockBase, right: ClockBase) -> Duration {
        .milliseconds(left.milliseconds.saturating(subtracting: right.milliseconds))
    }

    static func + (base: ClockBase, ahead: Duration) -> ClockBase {
        ClockBase(milliseconds: base.milliseconds.saturating(adding: ahead.milliseconds))
    }
}

extension Duration {
    /// The duration without its sign.
    var size: Duration { self < .zero ? .zero - self : self }
}
