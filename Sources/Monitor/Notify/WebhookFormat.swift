import Alerting

/// What a webhook's body looks like.
package enum WebhookFormat: String, Hashable, Sendable, CaseIterable {
    /// The event's own JSON.
    case json

    /// The content type and the body for a delivery.
    func render(_ delivery: Delivery) -> (contentType: String, body: [UInt8]) {
        switch self {
        case .json: ("application/json", Array(delivery.body.utf8))
        }
    }
}
