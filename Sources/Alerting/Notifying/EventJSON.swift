extension Event {
    /// The event on one line, as every channel, the record and the socket show it.
    package func json(instance: String) -> String {
        var writer = JSONWriter(reserving: 1024)
        writer.object { json in
            json.field("version", 1)
            json.field("id", id.description)
            json.field("instance", instance)
            json.field("subject", subject.kind)
            json.field("type", kind.name)
            json.field("phase", phase.rawValue)
            json.field("severity", severity.rawValue)
            json.field("at", at)
            json.field("summary", summary)
            json.field("token", subject.token) { $0.write(into: &$1) }
            json.field("host", subject.host)
            json.field("alert_id", alertID?.description)
            json.field("since", since)
            json.field("next_reminder_at", nextReminderAt)
            json.field("acknowledged_by", acknowledgedBy)
            json.field("reason", reason)
            json.field("details", details)
        }
        return writer.text
    }
}

extension TokenCard {
    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.field("id", id.text)
            json.field("name", name)
            json.field("provider", provider)
            json.field("account", account)
            json.field("account_name", holder?.name)
            json.field("company", holder?.company)
            json.field("owner", owner)
            json.field("renew_url", renewURL)
            json.field("note", note)
        }
    }
}

extension JSONWriter {
    /// Writes an object with a member for each figure.
    ///
    /// The rest of a list that is too long is counted in a member of its own, `KEY_omitted`.
    package mutating func field(_ key: String, _ details: [Detail]) {
        object(key) { json in
            for detail in details {
                json.key(detail.key)
                guard case .texts(let texts) = detail.value else {
                    detail.value.write(into: &json)
                    continue
                }
                let (shown, omitted) = texts.cut(toBytes: Detail.longestList)
                json.value(shown)
                guard omitted > 0 else { continue }
                json.field(detail.key + "_omitted", omitted)
            }
        }
    }
}

extension Detail.Value {
    fileprivate func write(into json: inout JSONWriter) {
        switch self {
        case .text(let text): json.value(text)
        case .instant(let instant): json.value(instant)
        case .integer(let number): json.value(number)
        case .texts(let texts): json.value(texts)
        case .null: json.null()
        }
    }
}

extension Detail {
    /// The maximum size of a list in an event: a provider may name new permissions at every poll.
    static let longestList = 64 << 10
}

extension [String] {
    /// The first texts that fit into a number of bytes, and the number of those that do not.
    package func cut(toBytes limit: Int) -> (texts: [String], omitted: Int) {
        var bytes = 0
        // With quotation marks and a comma; escaped characters may take more.
        let end = firstIndex { text in
            bytes += text.utf8.count + 3
            return bytes > limit
        }
        guard let end else { return (self, 0) }
        return (Array(self[..<end]), count - end)
    }
}
