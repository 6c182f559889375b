import CCurl
import CLinux
import Glibc
import Synchronization

/// A listening stream socket; it is closed with its server or its last owner.
package final class ListeningSocket: Sendable {
    /// A file of the file system, with the identity to recognise it by.
    private struct FileIdentity: Equatable {
        var device: dev_t
        var inode: ino_t
        var isSocket: Bool

        /// Reads the file at a path, without following links.
        init?(path: String) {
            var status = stat()
            guard lstat(path, &status) == 0 else { return nil }
            device = status.st_dev
            inode = status.st_ino
            isSocket = status.st_mode & S_IFMT == S_IFSOCK
        }
    }

    /// The maximum of connections that the kernel keeps until they are accepted.
    private static let backlog: Int32 = 512

    /// The descriptor, open until `close`.
    let descriptor: Int32
    /// The bound port of a TCP socket, even if 0 was requested.
    package let port: UInt16?
    /// The file to remove at the end, if it is still this socket's own.
    private let file: (path: String, identity: FileIdentity)?
    private let isClosed = Atomic(false)

    private init(descriptor: Int32, file: (path: String, identity: FileIdentity)? = nil) {
        self.descriptor = descriptor
        self.file = file
        port = SocketAddress.tcp(SocketAddress.local(descriptor))?.port
    }

    deinit { close() }

    /// Whether this is a Unix socket, whose clients are known by their credentials.
    package var isUnix: Bool { port == nil }

    /// The path of its file, as bound; nil for TCP and abstract sockets.
    package var path: String? {
        isUnix ? SocketAddress.unixPath(SocketAddress.local(descriptor)) : nil
    }

    /// Stops listening, and removes the socket's file if it is still its own.
    package func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        if let file, FileIdentity(path: file.path) == file.identity { unlink(file.path) }
        Glibc.close(descriptor)
    }

    /// Listens on a Unix socket, in place of a stale one.
    ///
    /// - Parameters:
    ///   - path: at most 107 bytes; the directory exists.
    ///   - mode: the mode of the file, regardless of the umask; it is never laxer, even for a
    ///     moment.
    /// - Returns: a socket whose file is removed with it.
    /// - Throws: `ListeningError`.
    package static func unix(path: String, mode: UInt16) throws(ListeningError) -> ListeningSocket {
        guard path.utf8.count <= SocketAddress.maximumPathBytes else {
            throw .pathTooLong(path)
        }
        try removeStaleSocket(path)
        let descriptor = try newSocket(AF_UNIX, place: path)
        do throws(ListeningError) {
            // Linux gives the file the socket's mode minus the umask: stricter at first.
            try check(fchmod(descriptor, mode_t(mode)), "fchmod", path)
            let bound = SocketAddress.withUnix(path) { Glibc.bind(descriptor, $0, $1) }
            if bound != 0, errno == EADDRINUSE { throw ListeningError.inUse(path) }
            try check(bound, "bind", path)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        let file = FileIdentity(path: path).map { (path, $0) }
        let socket = ListeningSocket(descriptor: descriptor, file: file)
        // The umask's effect is undone before anything can connect.
        try check(chmod(path, mode_t(mode)), "chmod", path)
        try check(listen(descriptor, backlog), "listen", path)
        return socket
    }

    /// Listens on a TCP address.
    ///
    /// - Parameters:
    ///   - host: an IPv4 or IPv6 literal.
    ///   - port: 0 for a free one; see `port`.
    /// - Returns: a socket that is bound to the address.
    /// - Throws: `ListeningError`.
    package static func tcp(host: String, port: UInt16) throws(ListeningError) -> ListeningSocket {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let family = SocketAddress.withTCP(host: host, port: port) { address, _ in
            Int32(address.pointee.sa_family)
        }
        guard let family else { throw .notAnAddress(host) }
        let descriptor = try newSocket(family, place: place)
        do throws(ListeningError) {
            try setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, place)
            // Accepted sockets inherit this: an answer is sent whole, so waiting gains nothing.
            try setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, place)
            if family == AF_INET6 {
                try setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, place)
            }
            let bound = SocketAddress.withTCP(host: host, port: port) {
                Glibc.bind(descriptor, $0, $1)
            }
            if bound != 0, errno == EADDRINUSE { throw ListeningError.portInUse(place) }
            if bound != 0, errno == EADDRNOTAVAIL { throw ListeningError.noSuchAddress(place) }
            try check(bound ?? -1, "bind", place)
            try check(listen(descriptor, backlog), "listen", place)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return ListeningSocket(descriptor: descriptor)
    }

    /// Takes over a socket that is already listening, such as systemd's (sd_listen_fds(3)).
    ///
    /// Its file, if it has one, belongs to its creator and stays.
    ///
    /// - Throws: `ListeningError`.
    package static func inherited(fd: Int32) throws(ListeningError) -> ListeningSocket {
        let place = "descriptor \(fd)"
        guard option(fd, SO_TYPE) == clinux_stream, option(fd, SO_ACCEPTCONN) == 1,
            [AF_UNIX, AF_INET, AF_INET6].contains(option(fd, SO_DOMAIN))
        else { throw .notListening(fd) }
        try check(fcntl(fd, F_SETFD, FD_CLOEXEC), "fcntl", place)
        try check(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), "fcntl", place)
        return ListeningSocket(descriptor: fd)
    }

    /// Removes a socket on which nobody answers.
    ///
    /// - Throws: `inUse` for a socket in use, `notASocket` for every other file.
    private static func removeStaleSocket(_ path: String) throws(ListeningError) {
        guard let found = FileIdentity(path: path) else { return }
        guard found.isSocket else { throw .notASocket(path) }
        let descriptor = try newSocket(AF_UNIX, place: path)
        defer { Glibc.close(descriptor) }
        let connected = SocketAddress.withUnix(path) { connect(descriptor, $0, $1) }
        switch connected == 0 ? 0 : errno {
        case 0, EAGAIN: throw .inUse(path)  // EAGAIN: its backlog is full
        case EPROTOTYPE: throw .notASocket(path)  // a datagram socket
        case ENOENT: return
        case ECONNREFUSED:
            guard FileIdentity(path: path) == found else { throw .inUse(path) }
            try check(unlink(path), "unlink", path)
        default: try check(-1, "connect", path)
        }
    }

    private static func newSocket(_ family: Int32, place: String) throws(ListeningError) -> Int32 {
        let type = clinux_stream | clinux_close_on_exec | clinux_non_blocking
        let descriptor = socket(family, type, 0)
        try check(descriptor, "socket", place)
        return descriptor
    }

    private static func setOption(
        _ descriptor: Int32,
        _ level: Int32,
        _ name: Int32,
        _ place: String
    ) throws(ListeningError) {
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        try check(setsockopt(descriptor, level, name, &on, size), "setsockopt", place)
    }

    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }

    private static func check(
        _ result: Int32,
        _ call: String,
        _ place: String
    ) throws(ListeningError) {
        guard result < 0 else { return }
        throw .system(place: place, call: call, error: String(cString: strerror(errno)))
    }
}
