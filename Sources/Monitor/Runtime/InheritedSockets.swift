import Glibc
import HTTP

/// Sockets that systemd made and hands over at the start: sd_listen_fds(3).
enum InheritedSockets {
    /// What a socket unit calls them by `FileDescriptorName=`.
    private static let name = "status"
    /// What they are called where it does not; the first by systemd, the second by itself.
    private static let unnamed = ["tokenwatchd.socket", "unknown"]
    /// SD_LISTEN_FDS_START.
    private static let first: Int32 = 3
    /// More than any unit hands over.
    private static let most: Int32 = 64

    /// The sockets of the status server; empty if it is to make its own.
    ///
    /// - Parameters:
    ///   - environment: of the process.
    ///   - processID: of the process; what is meant for another is left alone.
    /// - Returns: Unix sockets that listen, whose files stay when they are closed.
    /// - Throws: `ListeningError` for anything else that was handed over: it would never be answered.
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
