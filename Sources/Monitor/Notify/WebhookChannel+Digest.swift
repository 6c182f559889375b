package import Alerting
import Formats
import HTTP
import Store

extension WebhookChannel {
    /// Delivers several events as one message; a format for programs gets them one by one.
    package func deliver(_ digest: Digest) async -> DeliveryResult {
        guard case .data(let format) = format, format.takesDigests else {
            for notice in digest.notices {
                let result = await deliver(notice)
                guard result.error == nil else { return result }
            }
            return .delivered
        }
        return await deliver(Message(digest), format)
    }
}
