import Glibc
import HTTP

/// The sockets that systemd passes at the start: sd_listen_fds(3).
enum InheritedSockets {
    /// The name that a socket unit sets with `FileDescriptorName=`.
    private static let name = "status"
    /// The names without this setting: the socket unit's name, and systemd's `unknown`.
    private static let unnamed = ["tokenwatchd.socket", "unknown"]
    /// The first descriptor: SD_LISTEN_FDS_START.
    private static let first: Int32 = 3
    /// The most descriptors: more than any unit passes.
    private static let most: Int32 = 64

    /// Returns the sockets of the status server; empty if the server makes its own.
    ///
    /// - Parameters:
    ///   - environment: the environment of the process.
    ///   - processID: the number of the process; sockets for another process are ignored.
    /// - Returns: listening Unix sockets; closing them keeps their files.
    /// - Throws: `ListeningError` for any other descriptor, because nothing would answer on it.
    static func take(
        environment: [String: String],
        processID: Int32 = getpid()
    ) throws(ListeningError) -> [ListeningSocket] {
        guard environment["LISTEN_PID"] == String(processID),
            let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), (1...most).contains(count)
        else { return [] }
        let names = environment["LISTEN_FDNAMES"].map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
        var sockets: [ListeningSocket] = []
        for index in 0..<count {
            let descriptor = first + index
            let name = names.flatMap { $0.indices.contains(Int(index)) ? $0[Int(index)] : nil }
            if let name, name != Self.name, !unnamed.contains(name) {
                throw .unknownName(descriptor, name)
            }
            let socket = try ListeningSocket.inherited(fd: descriptor)
            guard socket.isUnix else { throw .notUnix(descriptor) }
            sockets.append(socket)
        }
        return sockets
    }
}
