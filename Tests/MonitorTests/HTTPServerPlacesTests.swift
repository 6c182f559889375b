import Dispatch
import Synchronization
import Testing

@testable import HTTP
@testable import Monitor

/// Many clients on one socket, and the places left for others: real clients on real sockets.
@Suite(.timeLimit(.minutes(1))) struct HTTPServerPlacesTests {
    /// A server on TCP and on one Unix socket a user: the name of its file is the user's number.
    private struct Sockets {
        let port: UInt16
        let folder: TemporaryDirectory
        /// Signalled when a request to `/work` is being worked on.
        let works = DispatchSemaphore(value: 0)

        func client(_ uid: Int? = nil) throws -> RawClient {
            guard let uid else { return try RawClient(port: port) }
            return try RawClient(path: folder.file("\(uid)"))
        }

        func status(_ uid: Int? = nil) throws -> Int { try client(uid).get("/").status }

        /// Clients that follow, or whose requests are worked on for ever.
        func crowd(_ count: Int, _ target: String, _ uid: Int? = nil) throws -> [RawClient] {
            try (0..<count).map { _ in
                let client = try client(uid)
                try client.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
                if target == "/work" { works.wait() } else { _ = try client.read(through: "begun") }
                return client
            }
        }

        /// `/follow` streams `begun`, then waits for ever; `/work` is worked on for ever.
        @Sendable func answer(_ request: HTTPRequest) async -> HTTPResponse {
            switch request.path {
            case "/work":
                works.signal()
                try? await Task.sleep(for: .seconds(3600))
                return .echo(request)
            case "/follow":
                let begun = Atomic(false)
                return HTTPResponse(
                    status: 200,
                    body: .stream {
                        if begun.exchange(true, ordering: .relaxed) {
                            try? await Task.sleep(for: .seconds(3600))
                            return nil
                        }
                        return Array("begun".utf8)
                    }
                )
            default: return .echo(request)
            }
        }
    }

    /// Eight connections: four for TCP clients, two kept for root, at most two for another user.
    private static var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.connections = 8
        limits.keptForUnix = 4
        limits.keptForOwner = 2
        limits.perUser = 2
        // What lingers or is silent stays for the whole test.
        limits.lingerTime = .seconds(3600)
        limits.headTime = .seconds(3600)
        limits.idleTime = .seconds(3600)
        return limits
    }

    private func withSockets<Result: Sendable>(
        users: [Int],
        _ body: @escaping @Sendable (Sockets) throws -> Result
    ) async throws -> Result {
        let folder = try TemporaryDirectory()
        let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        let sockets = Sockets(port: try #require(listener.port), folder: folder)
        let server = HTTPServer(
            limits: Self.limits,
            accept: { listener in
                let outcome = HTTPAcceptor.accept(listener)
                guard case .client(let socket, .unix) = outcome,
                    let name = listener.path?.split(separator: "/").last,
                    let uid = UInt32(name)
                else { return outcome }
                return .client(socket: socket, peer: .unix(uid: uid, gid: 0, pid: 1))
            },
            handler: sockets.answer
        )
        try await server.serve(listener: listener)
        for uid in users {
            let path = folder.file("\(uid)")
            try await server.serve(listener: ListeningSocket.unix(path: path, mode: 0o600))
        }
        do {
            let result = try await onThread { try body(sockets) }
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    @Test func `clients over TCP with half a request end no connection of the Unix socket`()
        async throws
    {
        let statuses = try await withSockets(users: [0]) { sockets in
            let root = try (0..<3).map { _ in try sockets.client(0) }
            var statuses = try root.map { try $0.get("/").status }
            let halves = try (0..<50).map { _ in
                let client = try sockets.client()
                try client.send("GET / HT")
                return client
            }
            // All before it have been accepted when this one is answered.
            statuses.append(try sockets.status())
            statuses += try root.map { try $0.get("/").status }
            return withExtendedLifetime(halves) { statuses }
        }
        #expect(statuses == Array(repeating: 200, count: 7))
    }

    @Test func `half a request makes room for a whole one`() async throws {
        let (status, ended) = try await withSockets(users: []) { sockets in
            let halves = try (0..<4).map { _ in
                let client = try sockets.client()
                try client.send("GET / HT")
                return client
            }
            let status = try sockets.status()
            return (status, try halves[0].readToEnd())
        }
        #expect(status == 200)
        #expect(ended == "")
    }

    @Test func `clients that are refused over TCP do not keep the Unix socket waiting`()
        async throws
    {
        let (refused, closed, answered) = try await withSockets(users: [0]) { sockets in
            let workers = try sockets.crowd(4, "/work")
            var clients: [RawClient] = []
            let refused = try (0..<HTTPServer.maximumSurplus).map { _ in
                let client = try sockets.client()
                clients.append(client)
                return try client.get("/").status
            }
            // The refused ones linger, and more are closed at once.
            let closed = try (0..<20).map { _ in try sockets.client().readToEnd() }
            let answered = try (0..<24).map { _ in try sockets.status(0) }
            return withExtendedLifetime((workers, clients)) { (refused, closed, answered) }
        }
        #expect(refused == Array(repeating: 503, count: HTTPServer.maximumSurplus))
        #expect(closed == Array(repeating: "", count: 20))
        #expect(answered == Array(repeating: 200, count: 24))
    }

    @Test(arguments: [("/work", 503), ("/follow", 200)])
    func `a user who takes all that it can keeps neither root nor other users out`(
        target: String,
        own: Int
    ) async throws {
        let statuses = try await withSockets(users: [0, 1000, 1001]) { sockets in
            let crowd = try sockets.crowd(2, target, 1000)
            // The third is refused, or takes the place of one that follows.
            let statuses = try [1000, 0, 1001].map { try sockets.status($0) }
            return withExtendedLifetime(crowd) { statuses }
        }
        #expect(statuses == [own, 200, 200])
    }

    @Test func `every place of users and TCP clients in use leaves root its own`() async throws {
        let (other, root) = try await withSockets(users: [0, 1000, 1001]) { sockets in
            let crowd = try sockets.crowd(4, "/work") + sockets.crowd(2, "/work", 1000)
            let other = try sockets.status(1001)
            let root = try (0..<24).map { _ in try sockets.status(0) }
            return withExtendedLifetime(crowd) { (other, root) }
        }
        #expect(other == 503)
        #expect(root == Array(repeating: 200, count: 24))
    }

    @Test func `who follows gives way when its own kind has no place left`() async throws {
        let (status, ended, over) = try await withSockets(users: [0]) { sockets in
            let root = try sockets.crowd(8, "/follow", 0)
            let status = try sockets.status(0)
            // Nothing comes behind the first piece: no end of the stream, and no more of it.
            let ended = try root[0].readToEnd()
            return (status, ended, try sockets.crowd(1, "/follow", 0).count)
        }
        #expect(status == 200)
        #expect(ended == "\r\n")
        #expect(over == 1)
    }

    @Test func `root's connections make no room for TCP clients`() async throws {
        let (refused, alive) = try await withSockets(users: [0]) { sockets in
            let root = try (0..<8).map { _ in try sockets.client(0) }
            for client in root { _ = try client.get("/") }
            let refused = try sockets.status()
            return (refused, try root.map { try $0.get("/").status })
        }
        #expect(refused == 503)
        #expect(alive == Array(repeating: 200, count: 8))
    }
}
