/// Decides when a channel pauses as a whole, by the results of its attempts.
///
/// A failure between successes is the delivery's own: it waits, and the others continue. Only
/// `failuresThatHold` failures in a row, or a receiver that sends `Retry-After`, hold it: for
/// 5 s doubling to 15 min. Then one delivery goes ahead as a probe, and its success releases the
/// others. So 10,000 pending deliveries try a dead receiver four times an hour, and a receiver that
/// fails every other time gets nearly everything at once.
package struct ChannelHold: Hashable, Sendable {
    /// Failed attempts since the last answer.
    package private(set) var failures = 0
    /// Holds since the last answer.
    package private(set) var holds = 0
    /// The earliest start of an attempt; nil before the first hold.
    private(set) var until: Moment?
    /// The number of holds: only an attempt that began after the last one is evidence.
    private(set) var round = 0

    /// At a failure rate of one half, some 500 attempts precede this many failures in a row.
    package static let failuresThatHold = 8

    func isHeld(at now: Moment) -> Bool {
        until.map { now < $0 } ?? false
    }

    /// Whether deliveries are tried one at a time until one succeeds.
    var isProbing: Bool { holds > 0 }

    /// Records that the receiver answered an attempt that began in `startedIn`.
    mutating func answered(startedIn: Int) {
        guard startedIn == round else { return }
        failures = 0
        holds = 0
    }

    /// Records that an attempt that began in `startedIn` failed, and may succeed later.
    ///
    /// - Returns: whether the channel is held because of it.
    mutating func failed(
        startedIn: Int,
        asked: Duration?,
        spread: Int64,
        pace: RetryPace,
        at now: Moment
    ) -> Bool {
        guard startedIn == round else {
            // The attempt began before the hold: only a longer pause is news.
            if let asked { extend(to: now + min(asked, pace.longestAsked), from: now) }
            return asked != nil
        }
        failures += 1
        guard isProbing || asked != nil || failures >= Self.failuresThatHold else { return false }
        holds += 1
        round += 1
        extend(to: now + pace.wait(failures: holds, spread: spread, asked: asked), from: now)
        return true
    }

    /// Starts from scratch; attempts in flight are no longer evidence.
    mutating func reset() {
        failures = 0
        holds = 0
        until = nil
        round += 1
    }

    private mutating func extend(to end: Moment, from now: Moment) {
        until = max(until ?? now, end)
    }
}
