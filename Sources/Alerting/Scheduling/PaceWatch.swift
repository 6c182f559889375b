/// Watches whether the polls of each host keep up, and decides `falling_behind`.
///
/// A token is overdue once it has waited for its poll for more than twice its interval. A host is
/// behind if it has overdue tokens at every check for 30 s. It has caught up once no token has
/// waited for longer than its interval at any check for ten minutes. A host that mostly does not
/// answer, or requests a pause of an interval or longer, is neither: its own alerts report that.
package struct PaceWatch: Sendable {
    /// The limit on the polls of a host.
    package enum Cause: String, Hashable, Sendable {
        /// The host's limit of requests in flight, and the time it takes to answer.
        case perHost = "per_host"
        /// The limit of all hosts together.
        case concurrency
        /// The host keeps requesting pauses.
        case hold
    }

    struct Host: Sendable {
        /// Moving averages over some twenty polls; nil before the first.
        var answerTime: Duration?
        var unanswered = 0.0
        var heldFrom = Moment(milliseconds: .min)
        var heldUntil = Moment(milliseconds: .min)
        /// The time since which it is behind at every check; nil while it is not.
        var behindSince: Moment?
        /// The time since which it keeps up again at every check; nil while it does not.
        var wellSince: Moment?
        var isBehind = false
        /// The lag at the last check.
        var lag = Lag()
        var cause = Cause.perHost
    }

    /// The waits of a host's tokens at one check.
    package struct Lag: Hashable, Sendable {
        package var tokens = 0
        /// The number of tokens that have waited for more than twice their interval.
        package var overdue = 0
        /// The number of tokens that have waited for more than their interval.
        package var late = 0
        /// The number of tokens that wait for the end of a pause of an interval or longer.
        package var held = 0
        /// The longest wait of a token.
        package var longest = Duration.zero

        package init() {}

        /// Records a token that is due and waits.
        ///
        /// - Parameters:
        ///   - due: the time of its due poll.
        ///   - since: the time from which its waiting counts.
        ///   - interval: the interval of its polls.
        ///   - now: the moment of the check.
        package mutating func note(
            _ due: Moment,
            since: Moment,
            interval: Duration,
            at now: Moment
        ) {
            if since > now { held += 1 }
            if now - since > interval { late += 1 }
            if now - since > interval + interval { overdue += 1 }
            longest = max(longest, now - due)
        }
    }

    private(set) var hosts: [String: Host] = [:]
    /// Hosts that are or may become behind, or had late tokens at the last check.
    private var open: Set<String> = []
    /// The number of all hosts' tokens that have waited for more than twice their interval.
    package private(set) var overdue = 0
    /// Whether an alert of the last run is active that no check has confirmed yet.
    package private(set) var isResumed = false
    /// The time since which no token is late; nil while one is.
    private var punctualSince: Moment?
    private let perHost: Int
    private let concurrency: Int

    package static let checkInterval: Duration = .seconds(10)
    static let raisesAfter: Duration = .seconds(30)
    /// The time for which a hold still is the cause after its end.
    private static let holdLasts: Duration = .minutes(1)
    static let endsAfter: Duration = .minutes(10)
    private static let averagedPolls = 20.0

    package init(perHost: Int = 1, concurrency: Int = 1) {
        self.perHost = perHost
        self.concurrency = concurrency
    }

    /// Begins a configuration; hosts that stay keep their measurements.
    package init(following old: PaceWatch, hosts names: [String], perHost: Int, concurrency: Int) {
        self.init(perHost: perHost, concurrency: concurrency)
        isResumed = old.isResumed
        punctualSince = old.punctualSince
        for name in names {
            guard let host = old.hosts[name] else { continue }
            hosts[name] = host
            overdue += host.lag.overdue
            if old.open.contains(name) { open.insert(name) }
        }
    }

    /// Takes over an alert of the last run: it ends like any other.
    package mutating func resume() { isResumed = true }

    /// Whether checks are needed although nothing waits.
    package var isOpen: Bool { isResumed || !open.isEmpty }

    /// Whether to check a host although none of its tokens waits.
    package func isOpen(_ name: String) -> Bool { open.contains(name) }

    /// Records a poll that has ended.
    package mutating func note(_ outcome: Outcome, of name: String, took duration: Duration) {
        var host = hosts[name] ?? Host()
        let before = host.answerTime ?? duration
        let step = Double((duration - before).milliseconds) / Self.averagedPolls
        host.answerTime = before + .milliseconds(Int64(step))
        let isUnanswered = outcome == .unreachable || outcome == .serverError
        host.unanswered += ((isUnanswered ? 1 : 0) - host.unanswered) / Self.averagedPolls
        hosts[name] = host
    }

    /// Records that a host is on hold.
    package mutating func held(_ name: String, from now: Moment, until end: Moment) {
        var host = hosts[name] ?? Host()
        if host.heldUntil < now { host.heldFrom = now }
        host.heldUntil = max(host.heldUntil, end)
        hosts[name] = host
    }

    /// The time from which on a due token counts as waiting.
    ///
    /// While a host requests a pause of a whole interval, nothing waits.
    package func waitsSince(_ due: Moment, host name: String, interval: Duration) -> Moment {
        guard let host = hosts[name], host.heldUntil - host.heldFrom >= interval else { return due }
        return max(due, host.heldUntil)
    }

    /// Records the waits of a host's tokens.
    ///
    /// - Parameters:
    ///   - name: the host.
    ///   - lag: the waits of its tokens.
    ///   - inFlight: its requests in flight.
    ///   - now: the moment of the check.
    package mutating func check(_ name: String, _ lag: Lag, inFlight: Int, at now: Moment) {
        var host = hosts[name] ?? Host()
        defer {
            hosts[name] = host
            if host.isBehind || lag.late > 0 { open.insert(name) } else { open.remove(name) }
        }
        overdue += lag.overdue - host.lag.overdue
        host.lag = lag
        guard host.unanswered <= 0.5, lag.held == 0 else {
            host.behindSince = nil
            host.wellSince = nil
            return
        }
        if lag.overdue > 0 {
            if host.heldUntil + Self.holdLasts > now {
                host.cause = .hold
            } else {
                host.cause = inFlight >= perHost ? .perHost : .concurrency
            }
        }
        host.behindSince = lag.overdue > 0 ? host.behindSince ?? now : nil
        host.wellSince = lag.late == 0 ? host.wellSince ?? now : nil
        if let since = host.behindSince, now - since >= Self.raisesAfter { host.isBehind = true }
        if let since = host.wellSince, now - since >= Self.endsAfter { host.isBehind = false }
    }

    /// Ends a round of checks of all hosts.
    ///
    /// - Returns: whether `finding` is now all there is to report.
    package mutating func finishRound(at now: Moment) -> Bool {
        guard isResumed else { return true }
        punctualSince = open.isEmpty ? punctualSince ?? now : nil
        let isBehind = open.contains { hosts[$0]?.isBehind == true }
        let isOver = punctualSince.map { now - $0 >= Self.endsAfter } ?? false
        if isBehind || isOver { isResumed = false }
        return isBehind || isOver
    }

    /// The finding about hosts that fall behind; nil if all keep up.
    package var finding: Finding? {
        let behind = hosts.filter(\.value.isBehind).sorted {
            ($1.value.lag.overdue, $0.key) < ($0.value.lag.overdue, $1.key)
        }
        guard let (name, host) = behind.first else { return nil }
        var summary = "tokenwatchd: polls of \(name) fall behind: \(host.lag.overdue) of"
        summary += " \(host.lag.tokens) tokens are overdue by more than twice their interval"
        if host.lag.longest > .zero {
            summary += ", the first by \(host.lag.longest.forPeople)"
        }
        summary += "; " + explanation(name, host)
        if behind.count > 1 { summary += "; \(behind.count - 1) more hosts are behind" }
        let answer = host.answerTime.map { Detail.Value.integer($0.milliseconds) } ?? .null
        return Finding(
            .fallingBehind,
            .warning,
            summary,
            details: [
                Detail("host", name),
                Detail("cause", host.cause.rawValue),
                Detail("overdue", .integer(Int64(host.lag.overdue))),
                Detail("of", .integer(Int64(host.lag.tokens))),
                Detail("longest_overdue_seconds", .integer(host.lag.longest.wholeSeconds)),
                Detail("answer_milliseconds", answer),
                Detail("hosts", .texts(behind.prefix(100).map(\.key))),
            ]
        )
    }

    private func explanation(_ name: String, _ host: Host) -> String {
        switch host.cause {
        case .hold:
            return "\(name) keeps limiting requests (429 or Retry-After): increase polling.interval"
        case .perHost:
            let time = host.answerTime.map { "\(max(1, $0.milliseconds)) ms" } ?? "some time"
            let requests = perHost == 1 ? "1 request" : "\(perHost) requests"
            return "\(name) answers in \(time) and polling.per_host allows \(requests) at once:"
                + " raise it, or polling.interval"
        case .concurrency:
            return "polling.concurrency allows \(concurrency) requests at once in all: raise it,"
                + " or polling.interval"
        }
    }
}
