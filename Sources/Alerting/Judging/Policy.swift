/// A stage: a time before an expiry at which the daemon notifies.
package struct Stage: Hashable, Sendable {
    package enum Distance: Hashable, Sendable {
        /// The stage begins this long before the expiry.
        case before(Duration)
        /// The stage begins when this part of the life is left, in thousandths: `25%` is 250.
        case partOfLife(thousandths: Int64)
    }

    package let distance: Distance
    /// The text that the operator wrote: `7d`, `25%`.
    package let text: String

    package init(_ distance: Distance, text: String) {
        self.distance = distance
        self.text = text
    }
}

/// The interval at which an active alert repeats.
package enum Reminder: Hashable, Sendable {
    case never
    case every(Duration)
    /// The alert repeats after 1, 2, 4, 8, 16, 32, 32 … days.
    case diminishing

    /// The wait after the last notification, with `count` reminders sent since it was raised.
    package func interval(afterReminders count: Int) -> Duration? {
        switch self {
        case .never: nil
        case .every(let duration): duration
        case .diminishing: .days(1 << Int64(min(max(count, 0), 5)))
        }
    }
}

/// The rules for a token, and the channels to notify.
///
/// A class, so that 100,000 tokens with the same policy share one.
package final class Policy: Sendable, Hashable {
    /// Stages before an expiry, in the order written.
    package let warnBefore: [Stage]
    /// The critical stage; stages at or under it are critical, too.
    package let criticalBefore: Stage
    /// All stages, sorted, if none of them is a part of a life.
    let fixedStages: [ReachedStage]?
    package let remindCritical: Reminder
    package let remindWarning: Reminder
    package let remindInfo: Reminder
    /// The time without a verdict, with at least two polls, that makes a token `unreachable`.
    package let unreachableAfter: Duration
    package let unreachableCriticalAfter: Duration
    /// The wait before a second poll after the first rejection or malformed answer.
    ///
    /// Channels are notified once the second poll confirms it; zero notifies at once.
    package let confirmAfter: Duration
    /// Whether a token without an expiry is a condition.
    package let mustExpire: Bool
    /// The permissions that must be covered.
    package let require: PermissionSet
    /// The permissions that it may hold at most; nil permits anything, an empty set nothing.
    package let allow: PermissionSet?
    /// The channels to notify.
    package let channels: [ChannelRoute]

    package init(
        warnBefore: [Stage] = Policy.defaultStages,
        criticalBefore: Stage = Policy.defaultCriticalStage,
        remindCritical: Reminder = .diminishing,
        remindWarning: Reminder = .every(.days(7)),
        remindInfo: Reminder = .never,
        unreachableAfter: Duration = .hours(2),
        unreachableCriticalAfter: Duration = .hours(24),
        confirmAfter: Duration = .seconds(30),
        mustExpire: Bool = false,
        require: PermissionSet = PermissionSet([]),
        allow: PermissionSet? = nil,
        channels: [ChannelRoute] = []
    ) {
        self.warnBefore = warnBefore
        self.criticalBefore = criticalBefore
        fixedStages = Self.fixedStages(warnBefore, critical: criticalBefore)
        self.remindCritical = remindCritical
        self.remindWarning = remindWarning
        self.remindInfo = remindInfo
        self.unreachableAfter = unreachableAfter
        self.unreachableCriticalAfter = unreachableCriticalAfter
        self.confirmAfter = confirmAfter
        self.mustExpire = mustExpire
        self.require = require
        self.allow = allow
        self.channels = channels
    }

    package static let defaultStages = [30, 14, 7, 3, 1].map { (days: Int64) in
        Stage(.before(.days(days)), text: "\(days)d")
    }

    package static let defaultCriticalStage = Stage(.before(.days(3)), text: "3d")

    /// Returns the same policy with these channels to notify.
    package func telling(_ channels: [ChannelRoute]) -> Policy {
        copy(for: channels, judgesFacts: true)
    }

    /// The same policy without the judgement of a token's facts.
    ///
    /// None of it applies to a token whose answers are about other tokens.
    package var withoutFacts: Policy { copy(for: channels, judgesFacts: false) }

    private func copy(for channels: [ChannelRoute], judgesFacts: Bool) -> Policy {
        Policy(
            warnBefore: warnBefore,
            criticalBefore: criticalBefore,
            remindCritical: remindCritical,
            remindWarning: remindWarning,
            remindInfo: remindInfo,
            unreachableAfter: unreachableAfter,
            unreachableCriticalAfter: unreachableCriticalAfter,
            confirmAfter: confirmAfter,
            mustExpire: judgesFacts && mustExpire,
            require: judgesFacts ? require : PermissionSet([]),
            allow: judgesFacts ? allow : nil,
            channels: channels
        )
    }

    package func reminder(for severity: Severity) -> Reminder {
        switch severity {
        case .critical: remindCritical
        case .warning: remindWarning
        case .info: remindInfo
        }
    }

    package static func == (left: Policy, right: Policy) -> Bool {
        left === right || left.identity == right.identity
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(warnBefore)
        hasher.combine(require)
        hasher.combine(unreachableAfter)
    }

    private struct Identity: Hashable {
        let stages: [Stage]
        let reminders: [Reminder]
        let durations: [Duration]
        let mustExpire: Bool
        let require: PermissionSet
        let allow: PermissionSet?
        let channels: [ChannelRoute]
    }

    private var identity: Identity {
        Identity(
            stages: warnBefore + [criticalBefore],
            reminders: [remindCritical, remindWarning, remindInfo],
            durations: [unreachableAfter, unreachableCriticalAfter, confirmAfter],
            mustExpire: mustExpire,
            require: require,
            allow: allow,
            channels: channels
        )
    }
}
