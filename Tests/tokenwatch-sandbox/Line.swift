import Alerting
import Formats
import Glibc
import Monitor
import Sandbox

/// Lines for whoever watches.
enum Line {
    /// Writes a line to standard output, at once: a script reads the port from it.
    static func print(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes a line to standard error.
    static func complain(_ text: String) { write("tokenwatch-sandbox: \(text)", to: STDERR_FILENO) }

    /// What a webhook says: `webhook ops: warning expiring raised: SUMMARY`.
    static func of(_ record: HookRecord) -> String {
        let start = "webhook \(record.hook.escapedForTerminal)"
        var said = "\(record.body.count) bytes that are no event"
        if let event = try? JSONValue(parsing: record.body),
            let severity = event["severity"]?.string, let type = event["type"]?.string,
            let phase = event["phase"]?.string, let summary = event["summary"]?.string
        {
            said = "\(severity) \(type) \(phase): \(summary)".escapedForTerminal
        }
        switch record.answered {
        case .some(200): return "\(start): \(said)"
        case .some(let status): return "\(start) (answered \(status)): \(said)"
        case nil: return "\(start) (cut): \(said)"
        }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array((text + "\n").utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            // Nobody reads: the stand-in goes on for those who talk to it.
            guard count > 0 else { return }
            sent += count
        }
    }
}
