import Alerting

/// Messages for Slack's incoming webhooks, and for Mattermost's, which take the same.
///
/// https://docs.slack.dev/messaging/formatting-message-text
enum SlackFormat {
    static func message(for event: EventFields) -> WebhookMessage {
        let text = NoticeText(event).lines.map { $0.map(escaped).joined() }
            .joined(separator: "\n")
        var json = JSONWriter(reserving: 1024)
        json.object { json in
            json.key("text")
            json.value(text)
            // Nothing a provider wrote becomes a preview.
            json.key("unfurl_links")
            json.value(false)
            json.key("unfurl_media")
            json.value(false)
        }
        return WebhookMessage(json: json.bytes)
    }

    private static func escaped(_ piece: NoticeText.Piece) -> String {
        switch piece {
        case .text(let text): escaped(text)
        // https://docs.mattermost.com/developer/webhooks-incoming.html takes it, too.
        case .link(let address): "<\(address.replacing("&", with: "&amp;"))>"
        }
    }

    /// The text as it is to be seen: no link, image, mention or markup can be in it.
    ///
    /// Slack knows mentions and links by `<…>` alone. Mattermost knows mentions by the word, and links
    /// and images by Markdown: spaces that are not seen part the signs that would make one.
    static func escaped(_ text: String) -> String {
        var result = text.replacing("&", with: "&amp;")
            .replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;")
            .replacing("](", with: "]\u{200b}(")
            .replacing("][", with: "]\u{200b}[")
        for word in ["channel", "here", "everyone", "all"] {
            result = parted(result, at: word)
        }
        return result
    }

    private static func parted(_ text: String, at word: String) -> String {
        let mention = Array("@\(word)".utf8)
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            result.append(bytes[index])
            let isMention =
                bytes.count - index >= mention.count
                && zip(bytes[index...], mention).allSatisfy { $0 == $1 || $0 | 0x20 == $1 }
            if isMention { result.append(contentsOf: "\u{200b}".utf8) }
            index += 1
        }
        return String(decoding: result, as: UTF8.self)
    }
}
