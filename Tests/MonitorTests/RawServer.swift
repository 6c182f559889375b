import Foundation
import Glibc
import Synchronization
import Testing

@testable import HTTP
@testable import Monitor

/// A server that sends whatever bytes a test wants, over loopback TCP or a Unix socket.
///
/// Each connection has a thread that runs the script and then closes the connection.
final class RawServer: Sendable {
    typealias Script = @Sendable (RawConnection) -> Void

    /// The TCP port; 0 for a Unix socket.
    let port: UInt16
    private let listener: Int32
    private let accepted = Counter()

    var url: String { "http://127.0.0.1:\(port)/" }
    var connections: Int { accepted.count }

    /// Listens on a free port of 127.0.0.1.
    init(script: @escaping Script) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let listener = try Self.listen(family: AF_INET, address: address)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(listener, $0, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        self.listener = listener
        Self.serve(listener, accepted, script)
    }

    /// Listens on a Unix socket, which must not exist yet.
    init(unixSocketPath path: String, script: @escaping Script) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        listener = try Self.listen(family: AF_UNIX, address: address)
        port = 0
        Self.serve(listener, accepted, script)
    }

    deinit {
        // Ends the accepting thread, which closes the socket.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// A port of 127.0.0.1 on which nothing listens, nor will while this process runs.
    ///
    /// A port that is only free is soon another test's: this one stays bound, without listening.
    static func deadPort() throws -> UInt16 {
        try #require(UInt16(exactly: heldPort))
    }

    private static let heldPort: Int = {
        let socket = newSocket(AF_INET, SOCK_STREAM)
        let isBound = SocketAddress.withTCP(host: "127.0.0.1", port: 0) { bind(socket, $0, $1) }
        guard isBound == 0 else { return -1 }
        return SocketAddress.tcp(SocketAddress.local(socket)).map { Int($0.port) } ?? -1
    }()

    private static func listen<Address>(family: Int32, address: Address) throws -> Int32 {
        let socket = newSocket(family, SOCK_STREAM)
        let isBound = withUnsafeBytes(of: address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                bind(socket, $0.baseAddress, socklen_t(bytes.count)) == 0
            }
        }
        guard isBound, Glibc.listen(socket, 512) == 0 else {
            throw POSIXError(.init(rawValue: errno) ?? .EINVAL)
        }
        return socket
    }

    private static func serve(_ listener: Int32, _ accepted: Counter, _ script: @escaping Script) {
        Thread.detachNewThread {
            while true {
                let socket = accept(listener, nil, nil)
                if socket < 0 {
                    // EINVAL is the word of `deinit`. Closed before it, the number is another's.
                    if errno == EINVAL { break }
                    continue
                }
                _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
                let connection = RawConnection(socket: socket, number: accepted.increment())
                Thread.detachNewThread {
                    script(connection)
                    connection.close()
                }
            }
            close(listener)
        }
    }
}

/// One accepted connection, read and written by blocking calls.
struct RawConnection: Sendable {
    let socket: Int32
    /// 1 for the first connection the server accepted.
    let number: Int

    /// The next request's head with its empty line; nil if the client closed the connection.
    func readHead() -> String? {
        var head: [UInt8] = []
        while !head.ends(with: "\r\n\r\n") {
            guard let byte = read(count: 1)?.first else { return nil }
            head.append(byte)
        }
        return String(decoding: head, as: UTF8.self)
    }

    func read(count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: count)
        while bytes.count < count {
            let received = recv(socket, &chunk, count - bytes.count, 0)
            guard received > 0 else { return nil }
            bytes += chunk[..<received]
        }
        return bytes
    }

    /// Sends all, or what can be sent until the client closes the connection.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest.removeFirst(count)
        }
        return true
    }

    /// Sends a 200 with this body.
    func answer(_ body: String, fields: String = "") {
        send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }

    /// Blocks until the client closes the connection.
    func waitForEnd() {
        while read(count: 1) != nil {}
    }

    fileprivate func close() {
        shutdown(socket, Int32(SHUT_WR))
        Glibc.close(socket)
    }
}

/// Counts across threads.
final class Counter: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    @discardableResult
    func increment() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
}

extension [UInt8] {
    fileprivate func ends(with text: String) -> Bool {
        suffix(text.utf8.count).elementsEqual(text.utf8)
    }
}
