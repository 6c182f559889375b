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

    /// Delivers the newest event of each alert one by one, for a channel without such messages.
    func deliver(eachOf digest: Digest) async -> DeliveryResult {
        for notice in digest.notices {
            let result = await deliver(notice)
            guard result.error == nil else { return result }
        }
        return .delivered
    }
}

extension DeliveryResult {
    /// Returns a retry for a receiver that requested no pause.
    static func retry(error: String) -> DeliveryResult { .retry(error: error, after: nil) }
}

extension Delivery {
    /// The kind, such as `token`, and the name after it, if there is one.
    var subjectParts: (kind: String, name: String?) {
        let parts = subject.split(separator: ":", maxSplits: 1).map(String.init)
        return (parts.first ?? "", parts.count == 2 ? parts[1] : nil)
    }
}

/// A channel in the form that the configuration has it.
package struct ChannelSetup: Sendable {
    package let channel: any Channel
    /// The age from which a failed delivery is dropped.
    package var giveUpAfter = Duration.days(3)
    package var timing = ChannelTiming()
    /// The number that changes with settings and secrets; if equal, the waits survive a reload.
    package let revision: UInt64
    /// The keyed digest of address and format; nil if they cannot be read now.
    package var address: SecretDigest?
}

/// The times at which a channel sends.
package struct ChannelTiming: Hashable, Sendable {
    /// The time that a notification waits for others in one message; nil for a message each.
    package var groupWait: Duration?
    package var quiet: QuietHours?

    /// The most notifications in one message; another message contains the rest.
    static let mostInDigest = 1024

    /// The limits of a channel whose receiver accepts all notifications.
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
