/// The reason why a socket cannot listen; the description includes the fix.
package enum ListeningError: Error, Equatable, CustomStringConvertible {
    /// The path does not fit in `sockaddr_un` (107 bytes).
    case pathTooLong(String)
    /// Another process answers on the socket.
    case inUse(String)
    /// Another process listens on the TCP address.
    case portInUse(String)
    /// This machine does not have the TCP address.
    case noSuchAddress(String)
    /// The existing file is not a stale socket.
    case notASocket(String)
    /// The host is not an IPv4 or IPv6 literal.
    case notAnAddress(String)
    /// The inherited descriptor is not a listening stream socket.
    case notListening(Int32)
    /// The inherited descriptor is a TCP socket, where a Unix one is expected.
    case notUnix(Int32)
    /// The inherited descriptor has a name that means nothing here.
    case unknownName(Int32, String)
    /// A system call failed: the place, the call, and its error.
    case system(place: String, call: String, error: String)

    package var description: String {
        switch self {
        case .pathTooLong(let path):
            "\(path): the path has \(path.utf8.count) bytes; a Unix socket's has at most 107"
        case .inUse(let path):
            "\(path): another process answers on this socket; stop it or choose another path"
        case .portInUse(let place):
            "\(place): another process listens on this address; stop it or change daemon.listen"
        case .noSuchAddress(let place):
            "\(place): no interface of this machine has this address; change daemon.listen"
        case .notASocket(let path):
            "\(path): there is a file that is not a stream socket; "
                + "remove it or choose another path"
        case .notAnAddress(let host):
            "\(host): not an IPv4 or IPv6 address, such as 127.0.0.1 or ::1"
        case .notListening(let descriptor):
            "descriptor \(descriptor): not a listening stream socket; "
                + "a socket unit needs ListenStream= and Accept=no"
        case .notUnix(let descriptor):
            "descriptor \(descriptor): the status socket is a Unix one; a socket unit needs "
                + "ListenStream= with a path. For TCP set daemon.listen"
        case .unknownName(let descriptor, let name):
            "descriptor \(descriptor): is called \"\(name)\"; a socket unit needs "
                + "FileDescriptorName=status"
        case .system(let place, let call, let error):
            "\(place): \(call): \(error)"
        }
    }
}
