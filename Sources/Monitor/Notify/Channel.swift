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
    package func deliver(_ digest: Digest) async -> DeliveryResult {
        await deliver(eachOf: digest)
    }

    /// A channel without such messages gets the newest event of each alert, one by one.
    func deliver(eachOf digest: Digest) async -> DeliveryResult {
        for notice in digest.notices {
            let result = await deliver(notice)
            guard result.error == nil else { return result }
        }
        return .delivered
    }
}

extension DeliveryResult {
    /// A failure whose receiver asked for no pause.
    static func retry(error: String) -> DeliveryResult { .retry(error: error, after: nil) }
}

extension Delivery {
    /// `token` or another kind, and the name behind it, if there is one.
    var subjectParts: (kind: String, name: String?) {
        let parts = subject.split(separator: ":", maxSplits: 1).map(String.init)
        return (parts.first ?? "", parts.count == 2 ? parts[1] : nil)
    }
}

/// A channel as the configuration has it.
package struct ChannelSetup: Sendable {
    package let channel: any Channel
    /// The age from which a failed delivery is dropped.
    package var giveUpAfter = Duration.days(3)
    package var timing = ChannelTiming()
    /// It stays the same while settings and secrets do, so that the waits survive a reload.
    package let revision: UInt64
    /// A keyed digest of address and format; nil if they cannot be read now.
    package var address: SecretDigest?
}

/// The times at which a channel sends.
package struct ChannelTiming: Hashable, Sendable {
    /// How long a notification waits for others to be one message with; nil for a message each.
    package var groupWait: Duration?
    package var quiet: QuietHours?

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
