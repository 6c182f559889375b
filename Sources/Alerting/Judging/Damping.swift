/// One time that a value of a token changed, appeared or vanished, counted against the day.
package struct Swing: Hashable, Sendable {
    package let kind: Event.Kind
    package let at: Instant

    package init(_ kind: Event.Kind, at: Instant) {
        self.kind = kind
        self.at = at
    }
}

/// Limits the notifications of values that alternate to five a day, per token and kind.
///
/// A change beyond the fifth is only recorded. An alert always notifies when it begins. To stay
/// within five, its end waits while four swings lie within the day. A condition that returns during
/// that time is the same alert, whose end was not notified.
///
/// An alert becomes less severe silently, so that waits while three swings lie within the day: an
/// end waits only where the beginning of the alert announced it.
struct Damping {
    static let mostPerDay = 5
    static let window: Duration = .days(1)

    /// The swings of the last day, oldest first: at most five of each kind.
    private(set) var swings: [Swing]
    private let now: Instant

    init(_ swings: [Swing], at now: Instant) {
        // A clock that was far ahead and was corrected leaves no swings behind.
        self.swings = swings.filter { now - $0.at < Self.window && $0.at - now < Self.window }
        self.now = now
    }

    /// Whether values of this kind can alternate by themselves.
    static func concerns(_ kind: Event.Kind) -> Bool {
        switch kind {
        case .change(let change):
            switch change {
            case .permissionsChanged, .expiryChanged, .accountChanged, .renamed: true
            case .rotated, .firstSeen, .forgotten, .leftList, .muted, .unmuted: false
            }
        case .condition(let condition): concerns(condition)
        case .test: false
        }
    }

    static func concerns(_ condition: Condition) -> Bool {
        switch condition {
        case .expired, .rejected, .accountMismatch, .permissionsMissing, .expiring,
            .permissionsExcess, .noExpiry, .unreachable, .malformed:
            true
        case .noSecret, .usedElsewhere, .unobservable, .duplicate, .unused, .hostUnreachable,
            .hostRejecting, .clockWrong, .configRejected, .channelFailing, .storeFailing,
            .heartbeatFailing, .fallingBehind, .outOfResources:
            false
        }
    }

    private func times(of kind: Event.Kind) -> [Instant] {
        swings.filter { $0.kind == kind }.map(\.at).sorted()
    }

    /// Whether one more change of a kind is notified.
    func admits(_ change: Change) -> Bool {
        times(of: .change(change)).count < Self.mostPerDay
    }

    /// The earliest end of an alert; nil for now.
    func endWaitsUntil(_ condition: Condition) -> Instant? {
        // The last of the five stays free for the next alert.
        free(condition, below: Self.mostPerDay - 1)
    }

    /// The earliest time at which an alert may become less severe; nil for now.
    func looseningWaitsUntil(_ condition: Condition) -> Instant? {
        free(condition, below: Self.mostPerDay - 2)
    }

    /// The time at which fewer swings than a bound lie within the day; nil for now.
    private func free(_ condition: Condition, below bound: Int) -> Instant? {
        guard Self.concerns(condition) else { return nil }
        let times = times(of: .condition(condition))
        let excess = times.count - bound
        return excess >= 0 ? times[excess] + Self.window : nil
    }

    /// Counts a notification.
    ///
    /// - Returns: how long the next one of its kind is only recorded, or its end waits; nil if it
    ///   is not one too many.
    mutating func note(_ kind: Event.Kind) -> Instant? {
        guard Self.concerns(kind) else { return nil }
        swings.append(Swing(kind, at: now))
        switch kind {
        case .change:
            let times = times(of: kind)
            return times.count >= Self.mostPerDay ? times[0] + Self.window : nil
        case .condition(let condition): return endWaitsUntil(condition)
        case .test: return nil
        }
    }
}
