import Alerting

/// The format of a webhook's messages.
package enum WebhookFormat: Hashable, Sendable {
    /// A format of a `[formats.NAME]`, built in or not.
    case data(MessageFormat)
    /// Code, because it must repeat active alerts.
    case alertmanager

    /// Nil for code.
    var data: MessageFormat? {
        if case .data(let format) = self { format } else { nil }
    }

    package var name: String { data?.name ?? "alertmanager" }

    /// Whether a message may contain several events.
    package var takesDigests: Bool { data?.takesDigests ?? false }

    /// Whether requests have a path of their own, which follows the URL's.
    var hasPath: Bool { data?.hasPath ?? false }

    /// Where requests of a format of the configuration go after the URL, as part of a channel's address.
    ///
    /// Those of built-in formats do not change.
    var ownPlaces: [String] {
        guard let data, BuiltinFormats.named(data.name)?.format != data else { return [] }
        return data.places
    }

    var answers: AnswerRule { data?.answers ?? AnswerRule() }

    /// The default path, for a URL without one.
    var usualPath: String? { data == nil ? "/api/v2/alerts" : nil }
}

/// A request: a body, and its headers.
struct WebhookMessage: Sendable {
    var method = "POST"
    /// Appended to the channel's address.
    var path = ""
    /// With the content type, names in lower case.
    var headers: [(name: String, value: String)]
    var body: [UInt8]
}
