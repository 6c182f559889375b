import Alerting

/// Messages for ntfy: the text posted to the topic's URL, the rest in headers.
///
/// https://docs.ntfy.sh/publish/
enum NtfyFormat {
    /// ntfy makes a file of what is longer than 4096 bytes.
    static let maximumBytes = 4000

    static func message(for event: EventFields) -> WebhookMessage {
        let text = NoticeText(event).plain
        let body = Cut.joined(text.unicodeScalars.map { String($0) }, maximum: maximumBytes) {
            $0.utf8.count
        }
        let subject = event.token?.id ?? event.host ?? event.instance
        var headers = [
            (name: "content-type", value: "text/plain; charset=utf-8"),
            (
                name: "title",
                value: EncodedWords.header("\(subject): \(event.type) (\(event.word))")
            ),
            (name: "priority", value: String(priority(of: event))),
            (name: "tags", value: "\(symbol(of: event)),\(event.type)"),
        ]
        if let url = event.token?.renewURL, WebAddress.isOne(url) {
            headers.append((name: "click", value: url))
        }
        return WebhookMessage(headers: headers, body: Array(body.utf8))
    }

    /// 5 rings until it is seen to, 3 is ntfy's default.
    private static func priority(of event: EventFields) -> Int {
        if event.phase == .resolved { return 3 }
        return switch event.severity {
        case .critical: 5
        case .warning: 4
        case .info: 3
        }
    }

    /// Names that ntfy shows as a sign.
    private static func symbol(of event: EventFields) -> String {
        if event.phase == .resolved { return "white_check_mark" }
        return switch event.severity {
        case .critical: "rotating_light"
        case .warning: "warning"
        case .info: "information_source"
        }
    }
}

/// Headers whose text is not all ASCII (RFC 2047 §2).
enum EncodedWords {
    /// The text itself if it is printable ASCII, else in base 64; control characters are spelled out.
    static func header(_ text: String) -> String {
        let text = text.escapedForTerminal(maximumBytes: 300)
        let isPlain = text.utf8.allSatisfy { (0x20...0x7e).contains($0) } && !text.contains("=?")
        if isPlain { return text }
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if words[words.count - 1].count + bytes.count > maximumBytes { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?UTF-8?B?\(Base64.encode($0))?=" }.joined(separator: " ")
    }

    /// A word has at most 75 characters, 12 of them around the base 64.
    private static let maximumBytes = 45
}
