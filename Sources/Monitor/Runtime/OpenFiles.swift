import Glibc
import HTTP

/// The limit of open files and sockets of this process, and their allocation.
///
/// A share is reserved for clients: a daemon that polls with its last descriptor cannot answer.
package struct OpenFiles: Hashable, Sendable {
    /// The current limit RLIMIT_NOFILE.
    package let limit: Int

    /// The limit to request: more than the highest number of polls needs.
    ///
    /// It is not the maximum: commands inherit the limit, and some programs close every descriptor
    /// up to the limit, which may be 2^30.
    private static let wanted = 4096
    /// The minimum.
    ///
    /// With fewer files, the daemon may start, but neither poll nor answer: 32 are too few, 40 are
    /// enough for one channel.
    package static let least = 48
    /// The files for the database, its journal, log, epoll, timers, secrets, channels and commands.
    private static let ownFiles = 64
    /// The files for a connection, and for the lookup of its address.
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

    /// The reason why the limit is too low for the daemon; nil if it is not.
    package var shortage: String? {
        guard limit < Self.least else { return nil }
        return "the limit of open files is \(limit), and the daemon needs \(Self.least) or more; "
            + "raise it: LimitNOFILE=, ulimit -Hn"
    }

    /// The most connections to the status socket: at most 256 and a quarter of all files.
    package var clients: Int { max(1, min(256, limit / 4)) }

    /// The most concurrent requests: this number of polls and of deliveries each; at least one.
    package var requests: Int {
        max(1, (limit - clients - Self.ownFiles) / (2 * Self.filesOfRequest))
    }
}

extension HTTPLimits {
    /// Limits the connections to the number of files for them.
    package init(_ files: OpenFiles) {
        self.init()
        let most = connections
        connections = files.clients
        keptForUnix = keptForUnix * connections / most
        keptForOwner = keptForOwner * connections / most
        perUser = max(1, perUser * connections / most)
    }
}
