/// Compares the local clock with those of providers, and at the start with what is stored.
package struct ClockWatch: Hashable, Sendable {
    /// The clock is doubted: what depends on time is not judged.
    package struct Doubt: Hashable, Sendable {
        /// What the clock said at the start.
        let said: Instant
        /// The newest instant that was stored by then.
        let stored: Instant
        /// When it is believed in any case.
        package let until: Moment
    }

    package private(set) var doubt: Doubt?
    /// How far each host's clock was ahead of this one when it was last asked.
    private var ahead: [String: Duration] = [:]
    /// The last reading of this machine's clocks.
    private var reading: Now?

    /// The state is never so old, unless the machine was off for as long.
    package static let longestPause: Duration = .days(30)
    /// So long is another clock waited for.
    package static let longestDoubt: Duration = .minutes(10)

    package init() {}

    /// Begins a run.
    ///
    /// The clock is doubted if it is more than the tolerance before the newest stored instant, or 30
    /// days past it.
    package init(newestStored stored: Instant?, at now: Now) {
        guard let stored,
            now.instant + clockTolerance < stored || now.instant - stored >= Self.longestPause
        else { return }
        doubt = Doubt(said: now.instant, stored: stored, until: now.moment + Self.longestDoubt)
    }

    /// Takes in a reading of this machine's clocks; if one was set, all others are off by as much.
    ///
    /// - Returns: whether there is something else to say of the clock than before.
    package mutating func read(_ now: Now) -> Bool {
        defer { reading = now }
        guard let reading else { return false }
        let step = (now.instant - reading.instant) - (now.moment - reading.moment)
        // The two are read one after the other, and the machine may have been busy in between.
        guard max(step, .zero - step) > .seconds(1) else { return false }
        let wrong = ahead.filter { isWrong($0.value) }.map(\.key)
        ahead = ahead.mapValues { $0 - step }
        return Set(wrong) != Set(ahead.filter { isWrong($0.value) }.map(\.key))
    }

    /// Takes in what a host's clock said when this one said `now`; one that agrees ends the doubt.
    ///
    /// - Returns: whether there is something else to say of the clock than before.
    package mutating func note(_ host: String, says date: Instant, at now: Instant) -> Bool {
        let old = ahead.updateValue(date - now, forKey: host)
        let isWrong = isWrong(date - now)
        let endsDoubt = doubt != nil && !isWrong
        if endsDoubt { doubt = nil }
        return endsDoubt || isWrong != old.map { self.isWrong($0) } ?? false
    }

    /// Ends a doubt that has lasted long enough; the local clock is believed from then on.
    ///
    /// - Returns: whether it ended.
    package mutating func endDoubt(at now: Moment) -> Bool {
        guard let doubt, doubt.until <= now else { return false }
        self.doubt = nil
        return true
    }

    /// Forgets the hosts that are not asked any more.
    package mutating func keep(hosts: [String]) {
        let kept = Set(hosts)
        ahead = ahead.filter { kept.contains($0.key) }
    }

    /// What is wrong with the clock; nil if nothing is known to be.
    package func finding(at now: Instant) -> Finding? {
        let wrong = ahead.filter { isWrong($0.value) }.sorted { $0.key < $1.key }
        if let doubt { return finding(doubt, wrong.first) }
        guard let (host, ahead) = wrong.first else { return nil }
        var summary = "tokenwatchd: \(difference(ahead)) that of \(host)"
        if wrong.count > 1 { summary += " and \(wrong.count - 1) more" }
        let agreeing = self.ahead.count - wrong.count
        if agreeing == 1 { summary += ", and agrees with that of another host" }
        if agreeing > 1 { summary += ", and agrees with that of \(agreeing) other hosts" }
        return Finding(
            .clockWrong,
            .warning,
            summary + "; this machine's is believed",
            details: details(wrong.map(\.key), ahead, believed: "local")
        )
    }

    private func finding(_ doubt: Doubt, _ wrong: (key: String, value: Duration)?) -> Finding {
        var summary = "tokenwatchd: the clock of this machine said \(doubt.said.forPeople)"
        summary += " at the start, but the newest entry of the state is of"
        summary += " \(doubt.stored.forPeople)"
        if let wrong { summary += "; \(difference(wrong.value)) that of \(wrong.key)" }
        summary += "; nothing that depends on time is judged until a provider's clock agrees,"
        summary += " for \(Self.longestDoubt.forPeople) at most"
        return Finding(
            .clockWrong,
            .warning,
            summary,
            details: details(wrong.map { [$0.key] } ?? [], wrong?.value, believed: "none")
        )
    }

    private func difference(_ ahead: Duration) -> String {
        let size = (ahead < .zero ? .zero - ahead : ahead).forPeople
        return "the clock of this machine is \(size) \(ahead < .zero ? "ahead of" : "behind")"
    }

    private func details(_ hosts: [String], _ ahead: Duration?, believed: String) -> [Detail] {
        [
            Detail("hosts", .texts(hosts)),
            Detail("seconds_behind", ahead.map { .integer($0.wholeSeconds) } ?? .null),
            Detail("believed", believed),
        ]
    }

    private func isWrong(_ ahead: Duration) -> Bool {
        // A `Date` is cut to the second.
        ahead > clockTolerance || ahead < .zero - clockTolerance - .seconds(1)
    }
}
