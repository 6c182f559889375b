/// Whether a channel works, as far as this run knows.
package enum ChannelHealth: Hashable, Sendable {
    /// No attempt was made yet, and nothing has been pending for long.
    case unknown
    case well
    case failing(ChannelTrouble)
}

/// The reason why a channel counts as failing.
package struct ChannelTrouble: Hashable, Sendable {
    /// A delivery was dropped, and none has succeeded since.
    package let hasGivenUp: Bool
    /// The start of the oldest delivery's wait, if that is too long.
    ///
    /// The steady clock counts, so that setting a wall clock makes no wait longer.
    package let waitingSince: Moment?
    /// The last error, without secrets.
    package let error: String?

    /// The longest acceptable wait of a delivery.
    package static let longestWait: Duration = .hours(1)

    /// The finding about the channel of this name.
    package func finding(channel name: String, at now: Now) -> Finding {
        var summary = "channel \(name) fails: "
        if hasGivenUp {
            summary += "a delivery was dropped"
        } else if let waitingSince {
            summary += "deliveries have waited for \((now.moment - waitingSince).forPeople)"
        }
        if let error { summary += ": \(error)" }
        return Finding(
            .channelFailing,
            .warning,
            summary,
            details: [
                Detail("channel", name), Detail("given_up", hasGivenUp ? "yes" : "no"),
                Detail("waiting_since", waitingSince.map(now.instant(of:))),
                Detail("last_error", error),
            ]
        )
    }
}

extension ChannelQueue {
    /// The health of the channel.
    package func health(at now: Moment) -> ChannelHealth {
        let waitingSince = oldestWaiting.flatMap { oldest in
            oldest + ChannelTrouble.longestWait <= now ? oldest : nil
        }
        if hasGivenUp || waitingSince != nil {
            return .failing(
                ChannelTrouble(hasGivenUp: hasGivenUp, waitingSince: waitingSince, error: lastError)
            )
        }
        return isProvenWell ? .well : .unknown
    }

    /// The time at which the channel fails without a delivery; nil if none waits or it has failed.
    package func failsAt(after now: Moment) -> Moment? {
        guard let oldestWaiting else { return nil }
        let moment = oldestWaiting + ChannelTrouble.longestWait
        return moment > now ? moment : nil
    }
}
