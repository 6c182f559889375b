import Alerting

/// What a webhook's message looks like.
package enum WebhookFormat: String, Hashable, Sendable, CaseIterable {
    /// The event's own JSON.
    case json
    case slack
    case discord
    case ntfy
    case alertmanager

    /// The message for a delivery that is sent now; `page` is the daemon's page for people.
    func message(for delivery: Delivery, at now: Instant, page: String? = nil) -> WebhookMessage {
        switch self {
        case .json: WebhookMessage(json: Array(delivery.body.utf8))
        case .slack: SlackFormat.message(for: EventFields(delivery))
        case .discord: DiscordFormat.message(for: EventFields(delivery))
        case .ntfy: NtfyFormat.message(for: EventFields(delivery))
        case .alertmanager:
            AlertmanagerFormat.message(
                of: AlertmanagerFormat.alerts(for: EventFields(delivery), at: now),
                page: page
            )
        }
    }

    /// How long a receiver asks to be left alone in the body of its answer; nil if it does not.
    func retryAfter(in body: [UInt8]) -> Duration? {
        switch self {
        case .discord: DiscordFormat.retryAfter(in: body)
        case .json, .slack, .ntfy, .alertmanager: nil
        }
    }

    /// Where a message goes if the URL names a server and nothing on it.
    var path: String? {
        switch self {
        case .alertmanager: "/api/v2/alerts"
        case .json, .slack, .discord, .ntfy: nil
        }
    }
}

/// What is posted: a body, and the headers that belong to it.
struct WebhookMessage: Sendable {
    /// With the content type, in lower case.
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    init(headers: [(name: String, value: String)], body: [UInt8]) {
        self.headers = headers
        self.body = body
    }

    init(json body: [UInt8]) {
        self.init(headers: [(name: "content-type", value: "application/json")], body: body)
    }
}
