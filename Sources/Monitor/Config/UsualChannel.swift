import Alerting
import Formats
import Glibc

/// The default channel, without `[channels]`.
package enum UsualChannel: String, Hashable, Sendable {
    case syslog
    case stderr

    /// The default of this process: standard error on a terminal, or without a log daemon as in most
    /// containers; otherwise syslog.
    package static func ofDaemon() -> UsualChannel {
        isatty(STDERR_FILENO) == 1 ? .stderr : ofService()
    }

    /// The default of the daemon as commands assume it: a service, whose standard error is no terminal.
    package static func ofService() -> UsualChannel {
        access("/dev/log", F_OK) != 0 ? .stderr : .syslog
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
