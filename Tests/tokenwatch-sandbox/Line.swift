import Alerting
import Formats
import Glibc
import Monitor
import Sandbox

/// Lines for a person at the terminal.
enum Line {
    /// Writes a line to standard output, at once: a script reads the port from it.
    static func print(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes a line to standard error.
    static func complain(_ text: String) { write("tokenwatch-sandbox: \(text)", to: STDERR_FILENO) }

    /// What a webhook carries: `webhook ops: warning expiring raised: SUMMARY`, or the start of its body
    /// if it is no event.
    static func of(_ record: HookRecord) -> String {
        let start = "webhook \(record.hook.escapedForTerminal)"
        var said = String(decoding: record.body.prefix(400), as: UTF8.self).escapedForTerminal
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
            // Nobody reads: the stand-in continues for its clients.
            guard count > 0 else { return }
            sent += count
        }
    }
}
