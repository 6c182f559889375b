import CLinux
import Glibc

/// Accepts clients from listening sockets.
enum HTTPAcceptor {
    /// The result of an attempt to accept.
    enum Outcome {
        case client(socket: Int32, peer: HTTPPeer)
        /// No client waits.
        case none
        /// The client has left already.
        case lost
        /// The process has no descriptors or memory left; retrying at once would only spin.
        case exhausted
    }

    /// Accepts the next client, its socket non-blocking and closed on exec.
    static func accept(_ listener: ListeningSocket) -> Outcome {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let socket = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                clinux_accept(listener.descriptor, $0, &length)
            }
        }
        guard socket >= 0 else {
            switch errno {
            case EAGAIN: return .none
            // As accept(2) advises, errors of the network count as a client that has left.
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET,
                EHOSTUNREACH, ENETUNREACH, EPERM:
                return .lost
            default: return .exhausted
            }
        }
        if listener.isUnix { return .client(socket: socket, peer: credentials(of: socket)) }
        let (address, port) = SocketAddress.tcp(storage) ?? ("", 0)
        return .client(socket: socket, peer: .tcp(address: address, port: port))
    }

    /// Returns the user of the process when it connected; nobody (65534) if the kernel has none.
    private static func credentials(of socket: Int32) -> HTTPPeer {
        // The layout of struct ucred in <sys/socket.h>, which is declared for _GNU_SOURCE alone.
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 65534, 65534)
        var length = socklen_t(MemoryLayout.size(ofValue: credentials))
        let result = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length)
        guard result == 0 else { return .unix(uid: 65534, gid: 65534, pid: 0) }
        return .unix(uid: credentials.uid, gid: credentials.gid, pid: credentials.pid)
    }
}
