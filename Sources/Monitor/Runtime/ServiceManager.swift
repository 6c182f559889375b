import Alerting
import CLinux
import Glibc
import System

/// Notifies systemd of the service's state (sd_notify(3)); does nothing without a socket.
package struct ServiceManager: Sendable {
    /// The value of `$NOTIFY_SOCKET`: a path, or `@` and an abstract name; nil without a socket.
    private let socketPath: String?
    /// The watchdog's time (`WatchdogSec=`); nil if it is off.
    package let watchdog: Duration?

    /// - Parameters:
    ///   - environment: the environment of the process.
    ///   - processID: the number of the process, which a watchdog's `$WATCHDOG_PID` contains.
    package init(environment: [String: String], processID: Int32 = getpid()) {
        let path = environment["NOTIFY_SOCKET"].flatMap { name in
            name.hasPrefix("/") || name.hasPrefix("@") && name != "@" ? name : nil
        }
        socketPath = path
        // According to sd_watchdog_enabled(3), the variables may belong to a parent process.
        let isMeant = environment["WATCHDOG_PID"].map { $0 == String(processID) } ?? true
        let interval = environment["WATCHDOG_USEC"].flatMap { UInt64($0) } ?? 0
        watchdog =
            path != nil && isMeant && (1...UInt64(Int64.max)).contains(interval)
            ? .microseconds(Int64(interval)) : nil
    }

    /// Whether there is a socket to notify.
    package var isListening: Bool { socketPath != nil }

    /// Notifies systemd that the start or a reload has ended.
    package func ready(status: String) { send("READY=1\n\(line(of: status))") }

    /// Notifies systemd that a reload begins; `ready` ends it, whether or not it succeeded.
    ///
    /// For a reload that systemd requested, it accepts only a notification that begins after its
    /// request: `Type=notify-reload`, systemd.service(5).
    package func reloading() {
        send("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonicMicroseconds())\n")
    }

    package func stopping() { send("STOPPING=1\n\(line(of: "stopping"))") }

    /// Sends one line for `systemctl status`.
    package func status(_ status: String) { send(line(of: status)) }

    /// Sends a sign of life for the watchdog.
    package func isAlive() { send("WATCHDOG=1\n") }

    /// Requests this much time, from now, for the current start, reload or stop.
    package func extend(by duration: Duration, status: String) {
        let microseconds = duration.milliseconds * 1000
        send("EXTEND_TIMEOUT_USEC=\(microseconds)\n\(line(of: status))")
    }

    /// The longest status: more than a terminal shows, and short enough for a datagram to systemd.
    private static let longestStatus = 1000

    private func line(of status: String) -> String {
        let shown = String(status.escapedForTerminal.prefix(Self.longestStatus))
        return "STATUS=\(shown)\n"
    }

    private func send(_ message: String) {
        guard let socketPath else { return }
        let descriptor = socket(AF_UNIX, clinux_datagram | clinux_close_on_exec, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // A service manager that does not read must not stop the daemon.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        var path = Array(socketPath.utf8)
        // An abstract socket's name begins with a zero byte, which the variable contains as '@'.
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        let bytes = Array(message.utf8)
        _ = UnixAddress.with(path) { address, length in
            sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, length)
        }
    }
}
