import Alerting

/// Messages for Discord's webhooks.
///
/// https://discord.com/developers/docs/resources/webhook#execute-webhook
enum DiscordFormat {
    /// Counted by Discord in characters, and here in UTF-16 units, of which there are never fewer.
    static let maximumUnits = 2000

    static func message(for event: EventFields) -> WebhookMessage {
        let pieces = NoticeText(event).lines.enumerated().flatMap { index, line in
            (index == 0 ? [] : ["\n"]) + line.unicodeScalars.map(escaped)
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

    /// The character, with a backslash where it could be markup, a mention or a masked link.
    static func escaped(_ scalar: Unicode.Scalar) -> String {
        "\\*_~`|<>[]()#@".unicodeScalars.contains(scalar) ? "\\\(scalar)" : String(scalar)
    }
}
