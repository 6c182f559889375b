import Glibc
import HTTP

/// How many files and sockets this process may have open, and what it may use them for.
///
/// A share is reserved for clients: a daemon that polls with its last descriptor cannot answer.
package struct OpenFiles: Hashable, Sendable {
    /// RLIMIT_NOFILE as it is in force.
    package let limit: Int

    /// More than the most polls that may be configured need.
    ///
    /// Not the maximum: commands inherit the limit, and some programs close every
    /// descriptor up to the limit, which may be 2^30.
    private static let wanted = 4096
    /// With fewer the daemon may start, but neither polls nor answers: 32 are too few, 40 suffice for one
    /// channel.
    package static let least = 48
    /// The database and its journal, the log, epoll sets, timers, secrets, channels, commands.
    private static let ownFiles = 64
    /// A connection, and what finding its address takes.
    private static let filesOfRequest = 3

    package init(limit: Int) { self.limit = limit }

    /// Raises the limit of this process as far as useful and allowed.
    package static func raised() -> OpenFiles {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return OpenFiles(limit: 1024) }
        let most = min(limit.rlim_max, rlim_t(wanted))
        if limit.rlim_cur < most {
            let old = limit.rlim_cur
            limit.rlim_cur = most
            if setrlimit(resource, &limit) != 0 { limit.rlim_cur = old }
        }
        return OpenFiles(limit: Int(clamping: limit.rlim_cur))
    }

    /// Why the daemon cannot work with them; nil if it can.
    package var shortage: String? {
        guard limit < Self.least else { return nil }
        return "the limit of open files is \(limit), and the daemon needs \(Self.least) or more; "
            + "raise it: LimitNOFILE=, ulimit -Hn"
    }

    /// Connections to the status socket, at most 256 and a quarter of all.
    package var clients: Int { max(1, min(256, limit / 4)) }

    /// Requests at once: so many polls, and as many deliveries; at least one.
    package var requests: Int {
        max(1, (limit - clients - Self.ownFiles) / (2 * Self.filesOfRequest))
    }
}

extension HTTPLimits {
    /// No more connections than there are files for them.
    package init(_ files: OpenFiles) {
        self.init()
        let most = connections
        connections = files.clients
        keptForUnix = keptForUnix * connections / most
        keptForOwner = keptForOwner * connections / most
        perUser = max(1, perUser * connections / most)
    }
}
