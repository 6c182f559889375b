import Alerting

/// Messages for Discord's webhooks.
///
/// https://discord.com/developers/docs/resources/webhook#execute-webhook
enum DiscordFormat {
    /// Counted by Discord in characters, and here in UTF-16 units, of which there are never fewer.
    static let maximumUnits = 2000

    static func message(for event: EventFields) -> WebhookMessage {
        let pieces = NoticeText(event).lines.enumerated().flatMap { index, line in
            (index == 0 ? [] : ["\n"]) + line.flatMap(escaped)
        }
        let content = Cut.joined(pieces, maximum: maximumUnits) { $0.utf16.count }
        var json = JSONWriter(reserving: 1024)
        json.object { json in
            json.key("content")
            json.value(content)
            json.key("allowed_mentions")
            json.object { json in
                json.key("parse")
                json.value([String]())
            }
            // SUPPRESS_EMBEDS: nothing a provider wrote becomes a preview.
            json.key("flags")
            json.value(4)
        }
        return WebhookMessage(json: json.bytes)
    }

    /// Discord shows what stands in `<…>` as a link without a look at what is in it.
    private static func escaped(_ piece: NoticeText.Piece) -> [String] {
        switch piece {
        case .text(let text): text.unicodeScalars.map(escaped)
        case .link(let address): ["<\(address)>"]
        }
    }

    /// The character, with a backslash where it could be markup, a mention or a masked link.
    static func escaped(_ scalar: Unicode.Scalar) -> String {
        "\\*_~`|<>[]()#@".unicodeScalars.contains(scalar) ? "\\\(scalar)" : String(scalar)
    }

    /// What an answer asks for: `{"message": "…", "retry_after": 0.35, "global": false}`.
    ///
    /// https://discord.com/developers/docs/topics/rate-limits#exceeding-a-rate-limit
    static func retryAfter(in body: [UInt8]) -> Duration? {
        guard let seconds = (try? JSONValue(parsing: body))?["retry_after"]?.double, seconds >= 0
        else { return nil }
        let milliseconds = min(
            (seconds * 1000).rounded(.up),
            Double(RetryAfter.maximum.milliseconds)
        )
        return .milliseconds(Int64(milliseconds))
    }
}
