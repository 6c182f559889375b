package import Alerting
import Formats
import HTTP
import Store

/// A destination of events.
///
/// A channel ends every delivery within a bounded time, and sooner when its task is cancelled.
/// Its errors contain no secret: they are logged, stored and shown.
package protocol Channel: Sendable {
    /// The name in the configuration.
    var name: String { get }

    func deliver(_ delivery: Delivery) async -> DeliveryResult

    /// Delivers several events in one message.
    func deliver(_ digest: Digest) async -> DeliveryResult
}

extension Channel {
    /// A channel without such messages gets the newest event of each alert, one by one.
    package func deliver(_ digest: Digest) async -> DeliveryResult {
        for notice in digest.notices {
            let result = await deliver(notice)
            guard result.error == nil else { return result }
        }
        return .delivered
    }
}

/// A channel as the configuration has it.
package struct ChannelSetup: Sendable {
    package let channel: any Channel
    /// The age from which a failed delivery is dropped.
    package let giveUpAfter: Duration
    /// It stays the same while settings and secrets do, so that the waits survive a reload.
    package let revision: UInt64
    /// A keyed digest of address and format; nil if they cannot be read now.
    package let address: SecretDigest?
    package let timing: ChannelTiming

    package init(
        channel: any Channel,
        giveUpAfter: Duration = .days(3),
        timing: ChannelTiming = ChannelTiming(),
        revision: UInt64,
        address: SecretDigest? = nil
    ) {
        self.channel = channel
        self.giveUpAfter = giveUpAfter
        self.timing = timing
        self.revision = revision
        self.address = address
    }
}

/// The times at which a channel sends.
package struct ChannelTiming: Hashable, Sendable {
    /// How long a notification waits for others to be one message with; nil for a message each.
    package var groupWait: Duration?
    package var quiet: QuietHours?

    package init(groupWait: Duration? = nil, quiet: QuietHours? = nil) {
        self.groupWait = groupWait
        self.quiet = quiet
    }

    /// Notifications in one message; the rest goes into another one.
    static let mostInDigest = 1024

    /// Those of a channel whose receiver takes everything.
    var limits: ChannelQueue.Limits {
        var limits = ChannelQueue.Limits(groupWait: groupWait, quiet: quiet)
        if groupWait != nil { limits.lookAhead = Self.mostInDigest }
        return limits
    }
}

/// The reason why a channel cannot be made from its settings, without their secrets.
///
/// The description continues a sentence that begins with the setting's place.
package struct ChannelSetupError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
