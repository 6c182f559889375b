import Foundation
import Glibc
import Testing

@testable import HTTP
@testable import Monitor

/// Listening sockets, on the real file system.
@Suite(.timeLimit(.minutes(1))) struct HTTPServerListenerTests {
    private let scratch = ScratchDirectory()
    private var path: String { scratch.path + "/status.sock" }

    private func mode(of path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    @Test(arguments: [0o600, 0o660, 0o666] as [UInt16])
    func `the file has the mode that was asked for`(mode: UInt16) throws {
        let socket = try ListeningSocket.unix(path: path, mode: mode)
        #expect(self.mode(of: path) == mode_t(mode))
        socket.close()
    }

    @Test func `the file is removed at the end`() throws {
        let socket = try ListeningSocket.unix(path: path, mode: 0o600)
        #expect(access(path, F_OK) == 0)
        socket.close()
        #expect(access(path, F_OK) != 0)
    }

    @Test func `a file that took the place of the socket's is left`() throws {
        let socket = try ListeningSocket.unix(path: path, mode: 0o600)
        unlink(path)
        try "mine".write(toFile: path, atomically: false, encoding: .utf8)
        socket.close()
        #expect(access(path, F_OK) == 0)
    }

    @Test func `a live socket is refused and goes on`() async throws {
        let server = HTTPServer { .echo($0) }
        try await server.serve(listener: .unix(path: path, mode: 0o600))
        #expect(throws: ListeningError.inUse(path)) {
            try ListeningSocket.unix(path: path, mode: 0o600)
        }
        let socketPath = path
        let answer = try await onThread { try RawClient(path: socketPath).get("/") }
        #expect(answer.status == 200)
        await server.stop()
    }

    @Test func `a stale socket is replaced`() async throws {
        let stale = newSocket(AF_UNIX, SOCK_STREAM)
        #expect(SocketAddress.withUnix(path) { bind(stale, $0, $1) } == 0)
        #expect(listen(stale, 1) == 0)
        close(stale)
        let server = HTTPServer { .echo($0) }
        try await server.serve(listener: .unix(path: path, mode: 0o600))
        let socketPath = path
        let answer = try await onThread { try RawClient(path: socketPath).get("/") }
        #expect(answer.status == 200)
        await server.stop()
    }

    @Test func `a file that is no stream socket is refused and left`() throws {
        try "mine".write(toFile: path, atomically: false, encoding: .utf8)
        #expect(throws: ListeningError.notASocket(path)) {
            try ListeningSocket.unix(path: path, mode: 0o600)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        let link = scratch.path + "/link"
        symlink(path, link)
        #expect(throws: ListeningError.notASocket(link)) {
            try ListeningSocket.unix(path: link, mode: 0o600)
        }
        let datagram = newSocket(AF_UNIX, SOCK_DGRAM)
        defer { close(datagram) }
        let other = scratch.path + "/datagram"
        #expect(SocketAddress.withUnix(other) { bind(datagram, $0, $1) } == 0)
        #expect(throws: ListeningError.notASocket(other)) {
            try ListeningSocket.unix(path: other, mode: 0o600)
        }
    }

    @Test(arguments: [(106, true), (107, true), (108, false)])
    func `a path has at most 107 bytes`(length: Int, fits: Bool) throws {
        let start = scratch.path + "/"
        let path = start + String(repeating: "s", count: length - start.utf8.count)
        if fits {
            try ListeningSocket.unix(path: path, mode: 0o600).close()
        } else {
            #expect(throws: ListeningError.pathTooLong(path)) {
                try ListeningSocket.unix(path: path, mode: 0o600)
            }
        }
    }

    @Test func `a missing directory is told with its path`() throws {
        let path = scratch.path + "/none/status.sock"
        let error = try #require(throws: ListeningError.self) {
            try ListeningSocket.unix(path: path, mode: 0o600)
        }
        #expect(error.description == "\(path): bind: No such file or directory")
    }

    @Test func `TCP takes literals of both families and says a port in use`() async throws {
        let four = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        let port = try #require(four.port)
        #expect(port > 0)
        #expect(throws: ListeningError.portInUse("127.0.0.1:\(port)")) {
            try ListeningSocket.tcp(host: "127.0.0.1", port: port)
        }
        // TEST-NET-1 is no address of any machine.
        #expect(throws: ListeningError.noSuchAddress("192.0.2.1:\(port)")) {
            try ListeningSocket.tcp(host: "192.0.2.1", port: port)
        }
        for host in ["localhost", "", "127.0.0", "::1::"] {
            #expect(throws: ListeningError.notAnAddress(host)) {
                try ListeningSocket.tcp(host: host, port: 0)
            }
        }
        // A machine without IPv6 cannot bind to it, but the literal is one.
        do throws(ListeningError) {
            let six = try ListeningSocket.tcp(host: "[::1]", port: 0)
            #expect(six.port != nil)
        } catch {
            #expect(error != .notAnAddress("[::1]"))
        }
    }

    @Test func `clients are known by their credentials and addresses`() async throws {
        let (peers, tell) = AsyncStream.makeStream(of: HTTPPeer.self)
        let server = HTTPServer { request in
            tell.yield(request.peer)
            return .echo(request)
        }
        let tcp = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        let port = try #require(tcp.port)
        try await server.serve(listener: .unix(path: path, mode: 0o600))
        try await server.serve(listener: tcp)
        let socketPath = path
        let local = try await onThread {
            _ = try RawClient(path: socketPath).get("/")
            let client = try RawClient(port: port)
            _ = try client.get("/")
            return SocketAddress.tcp(SocketAddress.local(client.socket))?.port
        }
        var iterator = peers.makeAsyncIterator()
        #expect(await iterator.next() == .unix(uid: getuid(), gid: getgid(), pid: getpid()))
        #expect(await iterator.next() == .tcp(address: "127.0.0.1", port: try #require(local)))
        await server.stop()
    }

    @Test func `a socket that listens already is taken over, and its file stays`() async throws {
        let descriptor = newSocket(AF_UNIX, SOCK_STREAM)
        #expect(throws: ListeningError.notListening(descriptor)) {
            try ListeningSocket.inherited(fd: descriptor)
        }
        #expect(SocketAddress.withUnix(path) { bind(descriptor, $0, $1) } == 0)
        #expect(listen(descriptor, 8) == 0)
        let server = HTTPServer { .echo($0) }
        try await server.serve(listener: .inherited(fd: descriptor))
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
        #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
        let socketPath = path
        #expect(try await onThread { try RawClient(path: socketPath).get("/").status } == 200)
        await server.stop()
        #expect(access(path, F_OK) == 0)
    }
}
