import Alerting
import Glibc
import HTTP

/// The reason why the daemon's socket cannot be used, and the remedy.
struct SocketProblem: Error, CustomStringConvertible {
    let description: String
    /// Whether the only problem is that no daemon runs.
    let isAbsence: Bool

    init(_ description: String, isAbsence: Bool = false) {
        self.description = description
        self.isAbsence = isAbsence
    }

    /// Creates the problem of a socket; nil if nothing is wrong with the socket itself.
    init?(path: String, configuration: String?) {
        var status = stat()
        let shown = path.escapedForTerminal
        if stat(path, &status) != 0 {
            if errno == EACCES {
                self.init(Self.refused(shown, Self.closedDirectory(above: path)))
                return
            }
            self.init(Self.noDaemon(shown, configuration), isAbsence: true)
            return
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            self.init("\(shown) is not a socket; name the daemon's socket with --socket PATH")
            return
        }
        if access(path, W_OK) != 0, errno == EACCES {
            self.init(Self.refused(shown, status.st_gid))
            return
        }
        // The socket exists and can be opened: it is left over, or the daemon is too busy.
        guard Self.isLeftOver(path) else { return nil }
        self.init(Self.noDaemon(shown, configuration), isAbsence: true)
    }

    private static func noDaemon(_ path: String, _ configuration: String?) -> String {
        "the daemon is not running: nothing listens on \(path); start it with: "
            + start(configuration) + (configuration == nil ? ", or: tokenwatchd run" : "")
    }

    /// Returns the command that starts the daemon with a configuration; nil is the usual one.
    static func start(_ configuration: String?) -> String {
        configuration.map { "tokenwatchd run --config \($0.escapedForTerminal.shellQuoted)" }
            ?? "sudo systemctl enable --now tokenwatchd"
    }

    private static func refused(_ path: String, _ group: gid_t?) -> String {
        let problem = "permission denied: \(path)"
        // Reading a status is no reason to join root's group.
        guard let group, group != 0 else { return "\(problem); run it with sudo" }
        let name = getgrgid(group).map { String(cString: $0.pointee.gr_name) } ?? "\(group)"
        let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "USER"
        return "\(problem); join the group \(name) and log in again: "
            + "sudo usermod -aG \(name) \(user)"
    }

    /// The group of the outermost directory in the path that this user may not enter.
    private static func closedDirectory(above path: String) -> gid_t? {
        var end = path.startIndex
        while let slash = path[end...].dropFirst().firstIndex(of: "/") {
            end = slash
            let directory = String(path[..<slash])
            var status = stat()
            guard stat(directory, &status) == 0 else { return nil }
            if access(directory, X_OK) != 0 { return status.st_gid }
        }
        return nil
    }

    /// Whether nothing answers behind a socket.
    private static func isLeftOver(_ path: String) -> Bool {
        // A stopped daemon may have a full backlog: connecting must not wait for it.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard path.utf8.count <= SocketAddress.maximumPathBytes else { return false }
        let result = SocketAddress.withUnix(path) { connect(descriptor, $0, $1) }
        return result != 0 && errno == ECONNREFUSED
    }
}
