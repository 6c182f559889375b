import Alerting
import Glibc

/// The facility of a message (RFC 3164 §4.1.1).
///
/// `kern` is reserved for the kernel.
package enum SyslogFacility: String, Hashable, Sendable, CaseIterable {
    case user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp
    case local0, local1, local2, local3, local4, local5, local6, local7

    /// The number: 1 to 11, and 16 to 23 for the local ones.
    package var number: Int {
        let place = Self.allCases.firstIndex(of: self) ?? 0
        return place < 11 ? place + 1 : place + 5
    }
}

/// One line for `/dev/log`, in the form of glibc's `syslog(3)`.
///
/// `<PRI>Mmm dd hh:mm:ss tokenwatchd[PID]: TEXT`: the local daemon adds the host's name.
enum SyslogMessage {
    /// The longest message that rsyslog accepts by default: 8 KiB (`maxMessageSize`).
    static let maximumBytes = 8192

    static func bytes(
        of delivery: Delivery,
        facility: SyslogFacility,
        processID: Int32,
        at now: Instant
    ) -> [UInt8] {
        let priority = facility.number * 8 + level(of: delivery)
        let head = "<\(priority)>\(timestamp(now)) tokenwatchd[\(processID)]: "
        let tail = " [\(facts(of: delivery))]"
        let text = ("\(word(for: delivery)): \(delivery.summary)").escapedForTerminal(
            maximumBytes: maximumBytes - head.utf8.count - tail.utf8.count
        )
        return Array((head + text + tail).utf8)
    }

    /// Returns the level by RFC 3164 §4.1.1: critical 2, warning 4, notice 5, informational 6.
    static func level(of delivery: Delivery) -> Int {
        if delivery.phase == .resolved { return 5 }
        return switch delivery.severity {
        case .critical: 2
        case .warning: 4
        case .info: 6
        }
    }

    static func word(for delivery: Delivery) -> String {
        delivery.phase == .resolved ? "resolved" : delivery.severity.rawValue
    }

    /// Returns the part for scripts: `expiring raised token=deploy event=01J…`.
    static func facts(of delivery: Delivery) -> String {
        let (kind, name) = delivery.subjectParts
        let subject = [kind, name].compactMap { $0?.escapedForTerminal(maximumBytes: 300) }
            .joined(separator: "=")
        let type = delivery.type.escapedForTerminal(maximumBytes: 100)
        return "\(type) \(delivery.phase.rawValue) \(subject) event=\(delivery.eventID)"
    }

    /// Returns local time in the form of `syslog(3)`: `Nov  6 08:49:37`.
    private static func timestamp(_ now: Instant) -> String {
        var seconds = time_t(now.seconds)
        var local = tm()
        localtime_r(&seconds, &local)
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        var text = months[Int(local.tm_mon)] + (local.tm_mday < 10 ? "  " : " ")
        text += "\(local.tm_mday) "
        text.append(padded: Int(local.tm_hour), to: 2)
        text += ":"
        text.append(padded: Int(local.tm_min), to: 2)
        text += ":"
        text.append(padded: Int(local.tm_sec), to: 2)
        return text
    }
}
