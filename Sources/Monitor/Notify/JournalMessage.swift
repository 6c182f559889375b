import Alerting

/// An entry for the journal, in its native protocol.
///
/// https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
enum JournalMessage {
    /// The longest text for a person: a few lines of a terminal.
    private static let maximumTextBytes = 4096

    /// Returns the entry with the fields that apply to the event.
    static func bytes(of delivery: Delivery) -> [UInt8] {
        let text = ("\(SyslogMessage.word(for: delivery)): \(delivery.summary)").escapedForTerminal(
            maximumBytes: maximumTextBytes
        )
        let (kind, name) = delivery.subjectParts
        let fields: [(name: String, value: String?)] = [
            ("MESSAGE", text),
            ("PRIORITY", String(SyslogMessage.level(of: delivery))),
            ("SYSLOG_IDENTIFIER", "tokenwatchd"),
            ("SYSLOG_FACILITY", String(SyslogFacility.daemon.number)),
            ("MESSAGE_ID", JournalMessageID.of(type: delivery.type)),
            ("TOKENWATCH_EVENT_ID", delivery.eventID.description),
            ("TOKENWATCH_TYPE", delivery.type),
            ("TOKENWATCH_PHASE", delivery.phase.rawValue),
            ("TOKENWATCH_SEVERITY", delivery.severity.rawValue),
            ("TOKENWATCH_TOKEN", kind == "token" ? name : nil),
            ("TOKENWATCH_HOST", kind == "host" ? name : nil),
            ("TOKENWATCH_EVENT", delivery.body),
        ]
        var entry: [UInt8] = []
        for case (let name, let value?) in fields { append(name, value, to: &entry) }
        return entry
    }

    /// Adds a field: `NAME=VALUE`, or, if the value has a line feed, with its length before it.
    static func append(_ name: String, _ value: String, to entry: inout [UInt8]) {
        entry.append(contentsOf: name.utf8)
        if value.utf8.contains(UInt8(ascii: "\n")) {
            entry.append(UInt8(ascii: "\n"))
            let count = UInt64(value.utf8.count)
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                entry.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        } else {
            entry.append(UInt8(ascii: "="))
        }
        entry.append(contentsOf: value.utf8)
        entry.append(UInt8(ascii: "\n"))
    }
}
