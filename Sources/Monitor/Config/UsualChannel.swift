import Alerting
import Formats
import Glibc

/// Where events go without `[channels]`.
package enum UsualChannel: String, Hashable, Sendable {
    case syslog
    case stderr

    /// That of a daemon in the foreground: a person at a terminal sees its events, and so does the
    /// runtime of a container without a log daemon.
    package static func ofDaemon() -> UsualChannel {
        isatty(STDERR_FILENO) == 1 || access("/dev/log", F_OK) != 0 ? .stderr : .syslog
    }

    var settings: ChannelSettings {
        ChannelSettings(
            name: rawValue,
            kind: self == .syslog
                ? .syslog(socket: "/dev/log", facility: .daemon) : .stderr(.text),
            minimumSeverity: .info,
            giveUpAfter: .days(3),
            place: FilePlace(file: 0, .start)
        )
    }
}
