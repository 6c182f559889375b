import Alerting
import Formats

extension Query {
    static let insertEvent = Query(
        "writing an event",
        """
        INSERT INTO events (id, at, subject, type, phase, severity, summary, alert_id, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    )
}

extension Connection {
    /// Writes an event and its deliveries.
    func write(_ event: Event, instance: String) throws {
        let subject = SubjectKey.of(event.subject)
        try run(
            .insertEvent,
            event.id,
            event.at,
            subject,
            event.kind.name,
            event.phase.rawValue,
            event.severity.rawValue,
            event.summary,
            event.alertID,
            event.json(instance: instance)
        )
        try writeDeliveries(of: event, subject: subject)
    }
}

/// The stored JSON of an event.
enum EventBody {
    /// Whether it is one line of JSON that names its event, as this program writes it.
    static func isSound(_ body: String, of id: EventID) -> Bool {
        let bytes = Array(body.utf8)
        guard !bytes.contains(UInt8(ascii: "\n")) else { return false }
        var tokens = JSONTokenizer(bytes)
        var isNamed = false
        do throws(JSONError) {
            guard case .beginObject = try tokens.some() else { return false }
            while let token = try tokens.next() {
                guard case .key(let name) = token, tokens.depth == 1,
                    tokens.string(name) == "id"
                else { continue }
                guard case .string(let text) = try tokens.some(),
                    tokens.string(text) == id.description
                else { return false }
                isNamed = true
            }
        } catch {
            return false
        }
        return isNamed
    }
}

extension Event.Kind {
    /// Whether it is the name of a condition, a change or a test.
    static func isKnown(_ name: String) -> Bool {
        Condition(rawValue: name) != nil || Change(rawValue: name) != nil || name == "test"
    }
}

extension Row {
    /// Reads an event of the record: `id, body, subject, at, type, phase, severity, summary`.
    ///
    /// Damaged JSON is replaced by the content of the other columns. Nil without an id, because
    /// nobody could continue after it.
    mutating func eventLine() throws -> StoredEventLine? {
        guard let id = EventID(try text()) else { return nil }
        let body = try text()
        if EventBody.isSound(body, of: id) {
            return StoredEventLine(id: id, body: body)
        }
        let subject = try text()
        let at = try instant()
        let (type, phase, severity) = (try text(), try text(), try text())
        let summary = try text()
        var writer = JSONWriter(reserving: 512)
        writer.object { json in
            json.field("version", 1)
            json.field("id", id.description)
            json.key("instance")
            json.null()
            json.field("subject", subject.prefix { $0 != ":" }.description)
            json.field("type", type)
            json.field("phase", phase)
            json.field(
                "severity",
                Severity(rawValue: severity)?.rawValue ?? Severity.critical.rawValue
            )
            json.field("at", at)
            json.field("summary", summary)
            for key in [
                "token", "host", "alert_id", "since", "next_reminder_at", "acknowledged_by",
                "reason",
            ] {
                json.key(key)
                json.null()
            }
            json.field("details", [Detail("damaged", "the stored event is not valid JSON")])
        }
        return StoredEventLine(id: id, body: writer.text)
    }
}
