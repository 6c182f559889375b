import Alerting

/// The format of a webhook's messages.
package enum WebhookFormat: Hashable, Sendable {
    /// A format of a `[formats.NAME]`, built in or not.
    case data(MessageFormat)
    /// Code, because it must repeat active alerts.
    case alertmanager

    package var name: String {
        switch self {
        case .data(let format): format.name
        case .alertmanager: "alertmanager"
        }
    }

    /// Whether a message may contain several events.
    package var takesDigests: Bool {
        switch self {
        case .data(let format): format.takesDigests
        case .alertmanager: false
        }
    }

    /// Whether requests have a path of their own, which follows the URL's.
    var hasPath: Bool {
        switch self {
        case .data(let format): format.hasPath
        case .alertmanager: false
        }
    }

    /// Where requests of a format of the configuration go after the URL, as part of a channel's address.
    ///
    /// Those of built-in formats do not change.
    var ownPlaces: [String] {
        guard case .data(let format) = self, BuiltinFormats.named(format.name)?.format != format
        else {
            return []
        }
        return format.places
    }

    var answers: AnswerRule {
        switch self {
        case .data(let format): format.answers
        case .alertmanager: AnswerRule()
        }
    }

    /// The default path, for a URL without one.
    var usualPath: String? {
        switch self {
        case .data: nil
        case .alertmanager: "/api/v2/alerts"
        }
    }
}

/// A request: a body, and its headers.
struct WebhookMessage: Sendable {
    var method = "POST"
    /// Appended to the channel's address.
    var path = ""
    /// With the content type, names in lower case.
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    init(
        method: String = "POST",
        path: String = "",
        headers: [(name: String, value: String)],
        body: [UInt8]
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }

    init(json body: [UInt8]) {
        self.init(headers: [(name: "content-type", value: "application/json")], body: body)
    }
}
