import Alerting

/// The format of a webhook's messages.
package enum WebhookFormat: Hashable, Sendable {
    /// A format of a `[formats.NAME]` table, built in or not.
    case data(MessageFormat)
    /// The code for Alertmanager, which must repeat active alerts.
    case alertmanager

    /// The data format; nil for code.
    var data: MessageFormat? {
        if case .data(let format) = self { format } else { nil }
    }

    package var name: String { data?.name ?? "alertmanager" }

    /// Whether a message may contain several events.
    package var takesDigests: Bool { data?.takesDigests ?? false }

    /// Whether requests have a path of their own, which follows the URL's.
    var hasPath: Bool { data?.hasPath ?? false }

    /// The paths after a channel's URL in a configured format, as part of the channel's address.
    ///
    /// Built-in formats have none here, because their paths do not change.
    var ownPlaces: [String] {
        guard let data, BuiltinFormats.named(data.name)?.format != data else { return [] }
        return data.places
    }

    var answers: AnswerRule { data?.answers ?? AnswerRule() }

    /// The default path for a URL without a path.
    var usualPath: String? { data == nil ? "/api/v2/alerts" : nil }
}

/// A request with a body and headers.
struct WebhookMessage: Sendable {
    var method = "POST"
    /// The path that is appended to the channel's address.
    var path = ""
    /// The headers with the content type; names are in lower case.
    var headers: [(name: String, value: String)]
    var body: [UInt8]
}
