/// The range of the provider's time in which a request of this daemon may have been stamped.
package struct PollWindow: Hashable, Sendable {
    package let from: Instant
    package let to: Instant

    package init(from: Instant, to: Instant) {
        self.from = from
        self.to = to
    }

    /// Creates the window from a request to its end, by the provider's clock.
    ///
    /// The `Date` header gives the difference from our clock, to a second. Without it, the
    /// difference is up to two minutes: beyond that a clock is called wrong. A `Date` that is
    /// further off says nothing about the clock that stamps the use.
    init(askedAt: Instant, endedAt: Instant, serverDate: Instant?) {
        guard let serverDate, clocksAgree(serverDate - endedAt) else {
            self.init(from: askedAt - clockTolerance, to: endedAt + clockTolerance)
            return
        }
        let ahead = serverDate - endedAt
        let slack = Duration.seconds(2)
        self.init(from: askedAt + ahead - slack, to: endedAt + ahead + slack)
    }

    /// Whether its poll may still be in flight, by our clock: the poll was announced in advance.
    func mayGoOn(at now: Instant) -> Bool { now < to - clockTolerance }

    func contains(_ instant: Instant) -> Bool { from <= instant && instant <= to }

    func meets(_ first: Instant, _ last: Instant) -> Bool { from <= last && first <= to }
}

/// The difference beyond which one of two clocks is called wrong.
package let clockTolerance: Duration = .minutes(2)

/// The last use of a token, and by whom.
///
/// Own polls use the token, too. A reported use is either in a poll of ours since the last good
/// answer, or someone else's: an answer would have reported an older one before.
package struct LastUse: Hashable, Sendable {
    package enum By: String, Hashable, Sendable, CaseIterable {
        /// The use is at the time of a poll of this daemon.
        case own = "self"
        case elsewhere
        /// The author is unknown.
        case unknown
    }

    /// The poll of the last good answer.
    package var lastAnswered: PollWindow?
    /// The author of the last reported use; nil without one.
    package var by: By?
    /// The number of good answers in a row that showed their own poll: any use before it is hidden.
    package var hiddenAnswers = 0
    /// The last use that was certainly not this daemon's.
    @Compact package var elsewhereAt: Instant?
    /// The time from which on use elsewhere would have been noticed.
    @Compact package var watchedSince: Instant?
    /// Unanswered polls since the last good answer, and announced polls of
    /// other programs; they may have counted as use.
    package var unanswered: [PollWindow] = []
    /// The latest poll that is no longer remembered one by one.
    @Compact package var uncertainUntil: Instant?

    /// More polls without an answer than this are remembered as one uncertain time.
    static let maximumUnanswered = 8
    /// The longest time ahead for which a clock can make use uncertain.
    private static let longestUncertainty: Duration = .days(1)
    /// The number of answers in a row showing their own poll that reveal the provider's way.
    package static let hidingAnswers = 3

    /// The units that providers round to, in seconds: a day, an hour, ten minutes, a minute.
    private static let steps: [Int64] = [86_400, 3600, 600, 60]

    package init() {}

    /// Whether own polls hide other use.
    package var isHidden: Bool { hiddenAnswers >= Self.hidingAnswers }

    /// Records that the provider's clock cannot be compared with ours now.
    ///
    /// Up to the time that it may stamp for this poll, no use is certainly someone else's.
    mutating func noteIncomparable(_ serverDate: Instant, at now: Instant) {
        let ahead = min(max(serverDate - now, .zero), Self.longestUncertainty)
        uncertainUntil = later(uncertainUntil, now + ahead + clockTolerance)
    }

    /// Records a poll that may have counted as use, but reported nothing.
    mutating func missed(_ window: PollWindow) {
        unanswered.append(window)
        guard unanswered.count > Self.maximumUnanswered else { return }
        uncertainUntil = later(uncertainUntil, unanswered.removeFirst().to)
    }

    /// Records the last use of a listed token: no poll of this daemon uses it.
    ///
    /// - Parameters:
    ///   - last: the last use according to the list.
    ///   - created: the start of possible use; nil if the list does not report it.
    ///   - isFirst: whether nothing was known before; that use may precede the start of watching.
    ///   - now: the current time.
    mutating func listed(_ last: Instant?, since created: Instant?, isFirst: Bool, at now: Instant)
    {
        if isFirst { watchedSince = last ?? created ?? now }
        guard let last, elsewhereAt.map({ last > $0 }) ?? true else { return }
        by = isFirst ? .unknown : .elsewhere
        elsewhereAt = last
    }

    /// Starts again for another secret; answers still to come may be about either.
    mutating func forget(at now: Instant) {
        let open = unanswered.filter { $0.mayGoOn(at: now) }
        self = LastUse()
        unanswered = open
    }

    /// Records a good answer that reported the last use, and that ended at `now`.
    mutating func answered(
        _ window: PollWindow,
        at now: Instant,
        old: Instant?,
        new: Instant?,
        isFirst: Bool,
        isComparable: Bool = true
    ) {
        // While own polls hid other use, none would have been noticed.
        if watchedSince == nil || isHidden { watchedSince = now }
        defer {
            lastAnswered = window
            // A later answer will report a poll that is still unanswered.
            unanswered.removeAll { !$0.mayGoOn(at: now) }
        }
        guard let new else {
            by = nil
            hiddenAnswers = 0
            return
        }
        guard isComparable else {
            by = new == old ? by ?? .unknown : .unknown
            return
        }
        if window.contains(new), new != old {
            hiddenAnswers = min(hiddenAnswers + 1, Self.hidingAnswers)
            by = .own
            return
        }
        if new == old {
            // The answer shows an earlier use, and so would have shown use by others.
            hiddenAnswers = 0
            by = by ?? .unknown
            return
        }
        hiddenAnswers = 0
        by = judged(new, after: isFirst ? nil : old, isFirst: isFirst, askedIn: window)
        if by == .elsewhere { elsewhereAt = later(elsewhereAt, new) }
    }

    private func judged(
        _ new: Instant,
        after old: Instant?,
        isFirst: Bool,
        askedIn window: PollWindow
    ) -> By {
        let own = unanswered + [lastAnswered].compactMap { $0 }
        if own.contains(where: { $0.contains(new) }) { return .own }
        // A use before the first answer may come from an earlier daemon with another memory.
        if isFirst || lastAnswered == nil { return .unknown }
        if let old, new < old { return .unknown }
        // A use in the future was stamped by a clock that cannot be compared.
        if new > window.to { return .unknown }
        if let uncertainUntil, new <= uncertainUntil { return .unknown }
        // Some providers round down: a full minute, ten, an hour or a day may stand for any time in
        // it, including the poll that is being answered.
        if let step = Self.steps.first(where: { new.seconds % $0 == 0 }),
            (own + [window]).contains(where: { $0.meets(new, new + .seconds(step)) })
        {
            return .unknown
        }
        return .elsewhere
    }
}

private func later(_ first: Instant?, _ second: Instant) -> Instant {
    first.map { max($0, second) } ?? second
}
