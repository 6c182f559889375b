/// Decides which deliveries of one channel may start now.
///
/// It does no I/O: the owner loads the pages that it requests, sends the deliveries that `start`
/// returns, reports each result by `finish`, and writes the settlements of `unsettled`.
///
/// The rules:
/// 1. Order is kept per subject: the next one starts when the one before it is delivered or
///    dropped.
/// 2. A channel that works has up to `inFlight` deliveries in flight: critical ones first, with
///    older ones of their subjects, then the oldest.
/// 3. A delivery that failed waits by the count of its own attempts, 5 s doubling to 15 min. The
///    channel as a whole waits only when nothing succeeds: see `ChannelHold`. The probe is the one
///    that failed least, so that one event that its receiver cannot process does not hold up the
///    others.
/// 4. A delivery is dropped when an attempt fails after `giveUpAfter`. Without an attempt of its
///    own, it is dropped at that age once three probes in a row have failed.
/// 5. Waits and ages count by the steady clock. Wall times come from the store alone, and are
///    trusted only as far as `wait(of:at:)` and `age(of:at:)` describe.
/// 6. At most `lookAhead` deliveries are in memory; the rest stays in the store. A channel whose
///    first `lookAhead` deliveries all fail waits until they are dropped.
/// 7. In quiet hours only urgent deliveries start; the rest waits for their end.
/// 8. A channel with `groupWait` sends digests, one at a time: see `startDigest`.
package struct ChannelQueue: Sendable {
    package struct Limits: Hashable, Sendable {
        /// The maximum of deliveries in flight, 1 or more.
        package var inFlight: Int
        /// The maximum of deliveries in memory, 1 or more; about 2 KiB each.
        package var lookAhead: Int
        /// The age from which a failure is final.
        package var giveUpAfter: Duration
        package var pace: RetryPace
        /// The time that a delivery waits to share a message with others; nil for a message each.
        package var groupWait: Duration?
        package var quiet: QuietHours?

        package init(
            inFlight: Int = 4,
            lookAhead: Int = 256,
            giveUpAfter: Duration = .days(3),
            pace: RetryPace = RetryPace(),
            groupWait: Duration? = nil,
            quiet: QuietHours? = nil
        ) {
            self.inFlight = inFlight
            self.lookAhead = lookAhead
            self.giveUpAfter = giveUpAfter
            self.pace = pace
            self.groupWait = groupWait
            self.quiet = quiet
        }
    }

    /// The channel's counts since the start.
    package struct Counts: Hashable, Sendable {
        package var delivered = 0
        package var failedAttempts = 0
        package var givenUp = 0
    }

    package var limits: Limits
    /// The wall clock, for quiet hours.
    let zone: LocalTime
    package internal(set) var counts = Counts()
    package internal(set) var lastError: String?
    package internal(set) var lastErrorAt: Instant?
    /// Whether a delivery was dropped, and none has succeeded since.
    package internal(set) var hasGivenUp = false
    /// Whether anything was delivered since the start, a test included.
    package internal(set) var isProvenWell = false
    /// The number of deliveries in flight.
    package internal(set) var inFlight = 0
    /// Whether the store may hold deliveries beyond those in memory.
    package internal(set) var mayHaveMore = true

    /// The deliveries in memory, in the order of their ids.
    var entries: [Entry] = []
    var hold = ChannelHold()
    /// The last place read in the store; nil before the first page.
    var lastRead: Place?
    /// Whether to compare memory with the store.
    ///
    /// Memory may lack deliveries that go first, or hold some that are no longer there.
    var wantsRefresh = false
    /// Whether the times stored with deliveries belong to other settings, and mean nothing.
    var ignoresStoredTimes = false
    /// The end of the active quiet hours; nil if none are active.
    package internal(set) var quietUntil: Moment?
    /// The last end of quiet hours in this run.
    package internal(set) var quietEndedAt: Instant?
    /// Whether a single delivery succeeded last, while others that had failed were pending.
    var takesSingles = false
    /// The clocks at the last use; nil before.
    private var latest: Now?
    /// The start of the time for which both clocks agree.
    private var steadySince: Moment?

    /// The largest difference between the clocks that is no step; a slewed clock gains 2 s an hour.
    private static let step = Duration.seconds(10)

    package init(limits: Limits = Limits(), zone: LocalTime = .utc) {
        self.limits = limits
        self.zone = zone
    }

    struct Entry: Sendable {
        enum State: Hashable, Sendable {
            case waiting
            case inFlight(round: Int)
            /// The delivery was delivered or dropped, which is not yet written.
            case decided
        }

        var delivery: Delivery
        var attempts: Int
        var dueAt: Moment
        /// The start of its wait, as far as is known, for anything but quiet hours.
        var since: Moment
        var state: State
        /// The settlement to write.
        var unsettled: Settlement.Outcome?
        /// Whether a newer reminder has replaced it in the store while it was in flight.
        var isReplaced = false
        /// Whether it goes alone: its receiver may reject it, or reject others because of it.
        var isSingle = false
        /// Whether some recipients have it: it holds nothing back, and joins only others like it.
        var isInPart = false
    }

    /// The number of failures since the last answer.
    package var failures: Int { hold.failures }

    /// The number of deliveries in memory that are neither delivered nor dropped.
    package var waiting: Int {
        entries.count { $0.state != .decided }
    }

    /// The start of the oldest one's wait, by the steady clock.
    ///
    /// Deliveries that quiet hours hold back do not count.
    package var oldestWaiting: Moment? {
        entries.lazy.filter { $0.state != .decided && !isQuieted($0) }.map(\.since).min()
    }

    /// Records a reading of the clocks, and whether the wall clock was set since the last one.
    mutating func follow(_ now: Now) {
        defer { latest = now }
        followQuietHours(now)
        guard let latest else {
            steadySince = now.moment
            return
        }
        let difference = (now.instant - latest.instant) - (now.moment - latest.moment)
        if difference > Self.step || difference < .zero - Self.step { steadySince = now.moment }
    }

    /// The remaining wait of a delivery from the store.
    ///
    /// A stored time is wall time, and the clock may have been wrong when it was written. A
    /// delivery that was never tried, or is dated after now, waits for nothing. One that was tried
    /// waits no longer than its stored wait.
    func wait(of delivery: Delivery, at now: Now) -> Duration {
        guard !ignoresStoredTimes, delivery.attempts > 0, delivery.createdAt <= now.instant else {
            return .zero
        }
        let left = max(.zero, delivery.nextAttemptAt - now.instant)
        guard let wait = delivery.wait else { return min(left, limits.pace.longest) }
        // The delivery was tried in the future, by a clock that was corrected.
        if left > wait { return .zero }
        return min(left, limits.pace.longestAsked)
    }

    /// The least time that a delivery from the store has waited.
    ///
    /// That is the least time that its attempts took, or its age by the wall clock. The age counts
    /// only while the two clocks agree, and at most for as long as the daemon runs.
    func age(of delivery: Delivery, at now: Now) -> Duration {
        let since = max(delivery.createdAt, quietEndedAt ?? delivery.createdAt)
        let age = max(.zero, now.instant - since)
        let steady = now.moment - (steadySince ?? now.moment)
        return max(min(age, steady), limits.pace.leastWait(attempts: delivery.attempts))
    }
}
