import Alerting
import Glibc

extension ChannelSettings {
    /// The text about a channel in the daemon's log, such as `log (syslog)`, without any secret.
    var summary: String {
        switch kind {
        case .syslog: "\(name) (syslog)"
        case .journal: "\(name) (journal)"
        case .stderr(let format): "\(name) (stderr, \(format.rawValue))"
        case .webhook(let webhook): "\(name) (webhook, \(webhook.format.name))"
        case .mail(let mail): "\(name) (mail, \(mail.server.place))"
        case .command(let command):
            "\(name) (command \(command.argv[0].escapedForTerminal(maximumBytes: 200)))"
        }
    }

    /// The reason why the channel cannot work on this machine, with advice; nil if it probably can.
    var obstacle: String? {
        switch kind {
        case .syslog(let socket, _): missing(socket, "no log daemon is running")
        case .journal(let socket): missing(socket, "systemd's journal is not running")
        case .command(let command):
            access(command.argv[0], X_OK) == 0
                ? nil
                : "channels.\(name): \(command.argv[0].escapedForTerminal(maximumBytes: 300)): "
                    + "\(String(cString: strerror(errno))); the daemon's user must be able to execute "
                    + "it (in the service: ExecPaths=)"
        case .stderr, .webhook, .mail: nil
        }
    }

    private func missing(_ socket: String, _ reason: String) -> String? {
        guard access(socket, F_OK) != 0 else { return nil }
        return "channels.\(name): \(socket.escapedForTerminal(maximumBytes: 300)) does not exist: "
            + "\(reason); use another channel, such as type = \"stderr\""
    }
}
