import Foundation
import HTTP
import Monitor
import Store
import System
import Testing

/// Opening, keeping and reusing connections.
@Suite(.timeLimit(.minutes(1)))
struct HTTPClientConnectionTests {
    /// Makes calls with so many at once, and gives the bodies of the answers in order.
    private func bodies(
        of urls: [String],
        atOnce limit: Int,
        by client: HTTPClient
    ) async throws -> [String] {
        try await withThrowingTaskGroup(of: (Int, String).self) { group in
            var bodies = [String](repeating: "", count: urls.count)
            var rest = urls.enumerated().makeIterator()
            func startNext() {
                guard let (index, url) = rest.next() else { return }
                group.addTask {
                    (index, try await client.perform(HTTPCall(url: url)).answered.text)
                }
            }
            for _ in 1...limit { startNext() }
            while let (index, body) = try await group.next() {
                bodies[index] = body
                startNext()
            }
            return bodies
        }
    }

    /// Answers with the path of the request.
    private static func answerPath(_ connection: RawConnection, fields: String = "") -> Bool {
        guard let head = connection.readHead() else { return false }
        connection.answer(String(head.split(separator: " ")[1]), fields: fields)
        return true
    }

    @Test func `2,000 calls over connections that close each get their own answer`() async throws {
        let server = try RawServer { connection in
            _ = Self.answerPath(connection, fields: "Connection: close\r\n")
        }
        let client = try makeClient(HTTPClientSettings(perHostConnections: 32))
        let paths = (1...2000).map { "/\($0)" }
        let urls = paths.map { "http://127.0.0.1:\(server.port)\($0)" }
        #expect(try await bodies(of: urls, atOnce: 32, by: client) == paths)
        #expect(server.connections == 2000)
    }

    @Test func `2,000 calls over kept connections need one each at once`() async throws {
        let server = try RawServer { while Self.answerPath($0) {} }
        let client = try makeClient(HTTPClientSettings(perHostConnections: 8))
        let paths = (1...2000).map { "/\($0)" }
        let urls = paths.map { "http://127.0.0.1:\(server.port)\($0)" }
        #expect(try await bodies(of: urls, atOnce: 32, by: client) == paths)
        #expect(server.connections <= 8)
    }

    @Test func `a kept connection that the server closed is replaced unseen`() async throws {
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = Self.answerPath(connection)
            ended.yield()
        }
        let client = try makeClient()
        var iterator = ends.makeAsyncIterator()
        for round in 1...5 {
            #expect(try await client.perform(HTTPCall(url: server.url)).answered.text == "/")
            _ = await iterator.next()
            #expect(server.connections == round)
        }
    }

    @Test func `sockets are not inherited by children`() async throws {
        let (heads, head) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.readHead()
            head.yield()
            connection.waitForEnd()
        }
        let client = try makeClient()
        let task = Task { await client.perform(HTTPCall(url: server.url)) }
        for await _ in heads { break }
        var found = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            guard let descriptor = Int32(name) else { continue }
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isConnected = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getpeername(descriptor, $0, &length) == 0
                }
            }
            guard isConnected, address.sin_family == sa_family_t(AF_INET),
                address.sin_port == server.port.bigEndian
            else { continue }
            found += 1
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
        }
        #expect(found == 1)
        task.cancel()
        _ = await task.value
    }

    @Test func `an actor of the same queue is in its completion without a hop`() async throws {
        let server = try RawServer { while Self.answerPath($0) {} }
        let executor = QueueExecutor(label: "shared")
        let client = try HTTPClient(settings: HTTPClientSettings(), executor: executor)
        let poller = Poller(executor: executor, client: client, url: server.url)
        #expect(await poller.poll(times: 50) == 50)
        #expect(server.connections == 1)
    }

    @Test func `a waiting job runs between two answers of a turn`() async throws {
        let executor = QueueExecutor(label: "shared")
        let client = try HTTPClient(settings: HTTPClientSettings(), executor: executor)
        let poller = Poller(executor: executor, client: client, url: "refused at once")
        #expect(await poller.answersBeforeJob(calls: 6) == 1)
    }
}

/// Polls one after another, as the daemon's does: an actor on the client's queue.
private actor Poller {
    nonisolated let executor: QueueExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let client: HTTPClient
    private let url: String
    private var answers = 0

    init(executor: QueueExecutor, client: HTTPClient, url: String) {
        self.executor = executor
        self.client = client
        self.url = url
    }

    func poll(times: Int) async -> Int {
        await withCheckedContinuation { continuation in
            next(times) { continuation.resume(returning: $0) }
        }
    }

    /// How many of some calls have ended when a job runs that waits since the first did.
    func answersBeforeJob(calls: Int) async -> Int {
        await withCheckedContinuation { continuation in
            for _ in 0..<calls {
                _ = client.assumeIsolated { client in
                    client.start(HTTPCall(url: url)) { _ in
                        self.assumeIsolated { poller in
                            poller.answers += 1
                            guard poller.answers == 1 else { return }
                            Task.detached { continuation.resume(returning: await self.answers) }
                            while !poller.executor.hasWaitingJobs { sched_yield() }
                        }
                    }
                }
            }
        }
    }

    private func next(_ remaining: Int, _ done: @escaping @Sendable (Int) -> Void) {
        guard remaining > 0 else { return done(answers) }
        let call = HTTPCall(url: url)
        client.assumeIsolated { client in
            _ = client.start(call) { result in
                self.assumeIsolated { poller in
                    if case .answer = result { poller.answers += 1 }
                    poller.next(remaining - 1, done)
                }
            }
        }
    }
}
