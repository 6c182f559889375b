extension Event {
    /// The event as every channel, the record and the socket show it, on one line.
    package func json(instance: String) -> String {
        var writer = JSONWriter(reserving: 1024)
        writer.object { json in
            json.key("version")
            json.value(1)
            json.key("id")
            json.value(id.description)
            json.key("instance")
            json.value(instance)
            json.key("subject")
            json.value(subject.kind)
            json.key("type")
            json.value(kind.name)
            json.key("phase")
            json.value(phase.rawValue)
            json.key("severity")
            json.value(severity.rawValue)
            json.key("at")
            json.value(at)
            json.key("summary")
            json.value(summary)
            writeSubject(into: &json)
            json.key("alert_id")
            json.value(alertID?.description)
            json.key("since")
            json.value(since)
            json.key("next_reminder_at")
            json.value(nextReminderAt)
            json.key("acknowledged_by")
            json.value(acknowledgedBy)
            json.key("reason")
            json.value(reason)
            json.key("details")
            json.value(details)
        }
        return writer.text
    }

    private func writeSubject(into json: inout JSONWriter) {
        json.key("token")
        if case .token(let card) = subject {
            json.object { json in
                json.key("id")
                json.value(card.id.text)
                json.key("name")
                json.value(card.name)
                json.key("provider")
                json.value(card.provider)
                json.key("account")
                json.value(card.account)
                json.key("account_name")
                json.value(card.holder?.name)
                json.key("company")
                json.value(card.holder?.company)
                json.key("owner")
                json.value(card.owner)
                json.key("renew_url")
                json.value(card.renewURL)
                json.key("note")
                json.value(card.note)
            }
        } else {
            json.null()
        }
        json.key("host")
        if case .host(let host) = subject {
            json.value(host)
        } else {
            json.null()
        }
    }
}

extension JSONWriter {
    /// An object with a member for each figure.
    ///
    /// Of a list that is too long, the rest is counted in a member of its own, `KEY_omitted`.
    package mutating func value(_ details: [Detail]) {
        object { json in
            for detail in details {
                json.key(detail.key)
                guard case .texts(let texts) = detail.value else {
                    detail.value.write(into: &json)
                    continue
                }
                let (shown, omitted) = texts.cut(toBytes: Detail.longestList)
                json.value(shown)
                guard omitted > 0 else { continue }
                json.key(detail.key + "_omitted")
                json.value(omitted)
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
    /// Bytes of a list in an event: a provider may name ever new permissions at every poll.
    static let longestList = 64 << 10
}

extension [String] {
    /// The first texts that fit into so many bytes, and how many do not.
    package func cut(toBytes limit: Int) -> (texts: [String], omitted: Int) {
        var bytes = 0
        // With quotation marks and a comma; what is escaped may take more.
        let end = firstIndex { text in
            bytes += text.utf8.count + 3
            return bytes > limit
        }
        guard let end else { return (self, 0) }
        return (Array(self[..<end]), count - end)
    }
}
