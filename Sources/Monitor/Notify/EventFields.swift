import Alerting
import Formats

/// The fields of an event, read from its JSON line, for formats and programs.
struct EventFields: Hashable, Sendable {
    var id: String
    var instance: String
    /// The subject: `token`, `host` or `daemon`.
    var subject: String
    var type: String
    var phase: Event.Phase
    var severity: Severity
    /// The time in RFC 3339, exactly as it was written.
    var at: String
    var summary: String
    var token: Token?
    /// The `host` or `host:port` of an event about a host.
    var host: String?
    var alertID: String?
    var since: String?
    /// The details, in the order they were written.
    var details: [JSONMember] = []

    struct Token: Hashable, Sendable {
        var id: String
        var name: String?
        var provider: String
        var account: String?
        var accountName: String?
        var company: String?
        var owner: String?
        var renewURL: String?
        var note: String?
    }

    /// Reads a delivery; its row completes its JSON.
    init(_ delivery: Delivery) {
        let json = (try? JSONValue(parsing: Array(delivery.body.utf8))) ?? .null
        id = delivery.eventID.description
        instance = json["instance"]?.string ?? ""
        let (kind, name) = delivery.subjectParts
        subject = kind
        type = delivery.type
        phase = delivery.phase
        severity = delivery.severity
        at = json["at"]?.string ?? delivery.createdAt.rfc3339
        summary = delivery.summary
        token = subject == "token" ? Token(json["token"], id: name ?? "") : nil
        host = json["host"]?.string ?? (subject == "host" ? name : nil)
        alertID = json["alert_id"]?.string
        since = json["since"]?.string
        details = json["details"]?.members ?? []
    }

    /// The fields of an event without a delivery.
    init(_ event: Event, instance: String) {
        self.init(Delivery(event, to: "", row: 0, instance: instance, at: event.at))
    }

    /// Reads the fields of an event's JSON; nil if it is not an event.
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.string.flatMap({ EventID($0) }),
            let subject = json["subject"]?.string, let type = json["type"]?.string,
            let phase = json["phase"]?.string.flatMap({ Event.Phase(rawValue: $0) }),
            let severity = json["severity"]?.string.flatMap({ Severity(rawValue: $0) }),
            let summary = json["summary"]?.string
        else { return nil }
        self.id = id.description
        instance = json["instance"]?.string ?? ""
        self.subject = subject
        self.type = type
        self.phase = phase
        self.severity = severity
        at = json["at"]?.string ?? ""
        self.summary = summary
        token = subject == "token" ? Token(json["token"], id: "") : nil
        host = json["host"]?.string
        alertID = json["alert_id"]?.string
        since = json["since"]?.string
        details = json["details"]?.members ?? []
    }

    /// The severity, or `resolved`: the first word of a notification.
    var word: String { phase == .resolved ? "resolved" : severity.rawValue }

    /// The details for a person: `stage: 7d; seconds_left: 601200`.
    var detailsText: String { Self.text(of: details) }

    static func text(of details: [JSONMember]) -> String {
        details.compactMap { member in
            text(of: member.value).map { "\(member.key): \($0)" }
        }
        .joined(separator: "; ")
    }

    private static func text(of value: JSONValue) -> String? {
        switch value {
        case .null: nil
        case .bool(let flag): flag ? "yes" : "no"
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .string(let text): text
        case .array(let elements): elements.compactMap(text(of:)).joined(separator: ", ")
        case .object(let members):
            members.compactMap { member in text(of: member.value).map { "\(member.key) \($0)" } }
                .joined(separator: ", ")
        }
    }
}

extension EventFields.Token {
    fileprivate init(_ json: JSONValue?, id: String) {
        self.id = json?["id"]?.string ?? id
        name = json?["name"]?.string
        provider = json?["provider"]?.string ?? ""
        account = json?["account"]?.string
        accountName = json?["account_name"]?.string
        company = json?["company"]?.string
        owner = json?["owner"]?.string
        renewURL = json?["renew_url"]?.string
        note = json?["note"]?.string
    }
}
