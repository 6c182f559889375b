import Alerting
import Formats
import Glibc

/// The default channel if there is no `[channels]`.
package enum UsualChannel: String, Hashable, Sendable {
    case syslog
    case stderr

    /// Returns the default of this process: standard error or syslog.
    ///
    /// Standard error is the default on a terminal, or without a log daemon as in most containers.
    package static func ofDaemon() -> UsualChannel {
        isatty(STDERR_FILENO) == 1 ? .stderr : ofService()
    }

    /// Returns the default that commands assume: the daemon is a service without a terminal.
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
