import Alerting

/// One entry for the journal, in its native protocol.
///
/// https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
enum JournalMessage {
    /// A line for a person, cut to a few lines of a terminal.
    private static let maximumTextBytes = 4096

    static func bytes(of delivery: Delivery, facility: SyslogFacility) -> [UInt8] {
        var entry: [UInt8] = []
        for (name, value) in fields(of: delivery, facility: facility) {
            append(name, value, to: &entry)
        }
        return entry
    }

    /// The entry's fields, without those that do not apply to the event.
    static func fields(
        of delivery: Delivery,
        facility: SyslogFacility
    ) -> [(name: String, value: String)] {
        let text = ("\(SyslogMessage.word(for: delivery)): \(delivery.summary)").escapedForTerminal(
            maximumBytes: maximumTextBytes
        )
        let subject = delivery.subject.split(separator: ":", maxSplits: 1).map(String.init)
        let name = subject.count == 2 ? subject[1] : nil
        let fields: [(name: String, value: String?)] = [
            ("MESSAGE", text),
            ("PRIORITY", String(SyslogMessage.level(of: delivery))),
            ("SYSLOG_IDENTIFIER", "tokenwatchd"),
            ("SYSLOG_FACILITY", String(facility.rawValue)),
            ("MESSAGE_ID", JournalMessageID.of(type: delivery.type)),
            ("TOKENWATCH_EVENT_ID", delivery.eventID.description),
            ("TOKENWATCH_TYPE", delivery.type),
            ("TOKENWATCH_PHASE", delivery.phase.rawValue),
            ("TOKENWATCH_SEVERITY", delivery.severity.rawValue),
            ("TOKENWATCH_TOKEN", subject.first == "token" ? name : nil),
            ("TOKENWATCH_HOST", subject.first == "host" ? name : nil),
            ("TOKENWATCH_EVENT", delivery.body),
        ]
        return fields.compactMap { field in field.value.map { (field.name, $0) } }
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
