/// Decides which deliveries of one channel may start now.
///
/// It does nothing itself: the owner loads the pages it wants, sends what `start` returns, reports
/// each result by `finish`, and writes what `unsettled` lists.
///
/// The rules:
/// 1. Order is kept per subject: the next one starts when the one before it is delivered or dropped.
/// 2. A channel that works has up to `inFlight` deliveries under way: critical ones first, with what
///    is older of their subjects, then the oldest.
/// 3. A delivery that failed waits by the count of its own attempts, 5 s doubling to 15 min. The
///    channel as a whole waits only when nothing succeeds: see `ChannelHold`. The probe is the one
///    that failed least, so that one event which its receiver cannot digest does not hold up the
///    others.
/// 4. A delivery is dropped when an attempt fails after `giveUpAfter`; without an attempt of its own
///    when it is that old and three probes in a row have failed.
/// 5. Waits and ages are those of the steady clock. Wall times come from the store alone, and no more
///    is believed of them than `wait(of:at:)` and `age(of:at:)` say.
/// 6. At most `lookAhead` deliveries are in memory; the rest stays in the store. A channel whose first
///    `lookAhead` deliveries all fail waits until they are dropped.
/// 7. In quiet hours only urgent deliveries start; the rest waits for their end.
/// 8. A channel with `groupWait` sends digests, one at a time: see `startDigest`.
package struct ChannelQueue: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Deliveries under way at once, 1 or more.
        package var inFlight: Int
        /// Deliveries in memory, 1 or more; some 2 KiB each.
        package var lookAhead: Int
        /// The age from which a failure is final.
        package var giveUpAfter: Duration
        package var pace: RetryPace
        /// How long a delivery waits for others to be one message with; nil for a message each.
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
    /// The clock on the wall, for quiet hours.
    let zone: LocalTime
    package internal(set) var counts = Counts()
    package internal(set) var lastError: String?
    package internal(set) var lastErrorAt: Instant?
    /// Whether a delivery was dropped, and none has succeeded since.
    package internal(set) var hasGivenUp = false
    /// Whether anything was delivered since the start, a test included.
    package internal(set) var isProvenWell = false
    /// Deliveries under way.
    package internal(set) var inFlight = 0
    /// Whether the store may hold deliveries beyond those in memory.
    package internal(set) var mayHaveMore = true

    /// In the order of their ids.
    var entries: [Entry] = []
    var hold = ChannelHold()
    /// The last place read in the store; nil before the first page.
    var lastRead: Place?
    /// Whether memory is to be compared with the store: it may lack what goes first, or hold what is
    /// no longer there.
    var wantsRefresh = false
    /// Whether the times stored with deliveries are of other settings, and mean nothing.
    var ignoresStoredTimes = false
    /// When the quiet hours end that are active now; nil if none do.
    package internal(set) var quietUntil: Moment?
    /// When quiet hours ended last, in this run.
    package internal(set) var quietEndedAt: Instant?
    /// Whether a single delivery succeeded last, while others that had failed were pending.
    var takesSingles = false
    /// The clocks at the last use; nil before.
    private var latest: Now?
    /// Since when both clocks agree on elapsed time.
    private var steadySince: Moment?

    /// A larger difference between the clocks is a step; a clock that is slewed gains 2 s an hour.
    private static let step = Duration.seconds(10)

    package init(limits: Limits = Limits(), zone: LocalTime = .utc) {
        self.limits = limits
        self.zone = zone
    }

    struct Entry: Sendable {
        enum State: Hashable, Sendable {
            case waiting
            case inFlight(round: Int)
            /// Delivered or dropped, and not yet written.
            case decided
        }

        var delivery: Delivery
        var attempts: Int
        var dueAt: Moment
        /// Since when it waits, as far as is known, for anything but quiet hours.
        var since: Moment
        var state: State
        /// The settlement to write.
        var unsettled: Settlement.Outcome?
        /// A newer reminder has replaced it in the store while it was under way.
        var isReplaced = false
        /// It goes alone: its receiver may not take it, or not take others because of it.
        var isSingle = false
        /// Some of its recipients have it: it keeps nothing back, and goes with others like it only.
        var isInPart = false
    }

    /// Failures since the last answer.
    package var failures: Int { hold.failures }

    /// Deliveries in memory that are neither delivered nor dropped.
    package var waiting: Int {
        entries.count { $0.state != .decided }
    }

    /// Since when the oldest of them waits, by the steady clock; not counting those that quiet hours
    /// hold back.
    package var oldestWaiting: Moment? {
        entries.lazy.filter { $0.state != .decided && !isQuieted($0) }.map(\.since).min()
    }

    /// Notes a reading of the clocks, and whether the wall clock was set since the last one.
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
    /// A stored time is wall time, and the clock may have been wrong when it was written. What was
    /// never tried, or was made after now, waits for nothing. What was tried waits no longer than it
    /// was to wait then.
    func wait(of delivery: Delivery, at now: Now) -> Duration {
        guard !ignoresStoredTimes, delivery.attempts > 0, delivery.createdAt <= now.instant else {
            return .zero
        }
        let left = max(.zero, delivery.nextAttemptAt - now.instant)
        guard let wait = delivery.wait else { return min(left, limits.pace.longest) }
        // It was tried in the future, by a clock that was corrected.
        if left > wait { return .zero }
        return min(left, limits.pace.longestAsked)
    }

    /// The time that a delivery from the store has waited at least.
    ///
    /// That is what its attempts took at least, or its age by the wall clock as long as this went
    /// alike with the steady clock, for at most as long as the daemon runs.
    func age(of delivery: Delivery, at now: Now) -> Duration {
        let since = max(delivery.createdAt, quietEndedAt ?? delivery.createdAt)
        let age = max(.zero, now.instant - since)
        let steady = now.moment - (steadySince ?? now.moment)
        return max(min(age, steady), limits.pace.leastWait(attempts: delivery.attempts))
    }
}
