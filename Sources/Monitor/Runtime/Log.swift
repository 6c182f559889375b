import Alerting
import Glibc
import System

/// The daemon's log: one line per entry, on standard error.
///
/// Under systemd's journal each line begins with its priority (`<4>`, sd-daemon(3)); elsewhere
/// with the time. It never contains a secret: values with a secret cannot be printed.
package struct Log: Sendable {
    private let level: LogLevel
    private let isJournal: Bool

    package init(level: LogLevel, environment: [String: String]) {
        self.level = level
        isJournal = Self.isJournal(environment["JOURNAL_STREAM"])
    }

    package func error(_ message: String) { write(message, .error, priority: 3) }
    package func warning(_ message: String) { write(message, .warning, priority: 4) }
    package func info(_ message: String) { write(message, .info, priority: 6) }
    package func debug(_ message: String) { write(message, .debug, priority: 7) }

    /// Logs the beginning or the end of a failure.
    package func note(_ message: String, isProblem: Bool) {
        if isProblem { warning(message) } else { info(message) }
    }

    private func write(_ message: String, _ level: LogLevel, priority: Int) {
        guard level <= self.level else { return }
        let start = isJournal ? "<\(priority)>" : "\(SystemClock.now().instant.rfc3339) "
        let word = level <= .warning ? "\(level.rawValue): " : ""
        let line = "\(start)\(word)\(message.escapedForTerminal)\n"
        LogOutput.standardError.write(Array(line.utf8))
    }

    /// Whether standard error is the stream that systemd named by device and inode, in decimal.
    private static func isJournal(_ stream: String?) -> Bool {
        guard let stream else { return false }
        var status = stat()
        guard fstat(2, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }
}
