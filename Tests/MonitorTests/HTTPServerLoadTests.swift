import Glibc
import Synchronization
import Testing

@testable import HTTP
@testable import Monitor

/// Many clients, and the behaviour at the bounds.
@Suite(.timeLimit(.minutes(1))) struct HTTPServerLoadTests {
    @Test func `a thousand connections are served at once`() async throws {
        // Both ends are in this process: 1000 connections are 2000 descriptors.
        var descriptors = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors)
        descriptors.rlim_cur = descriptors.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors)
        var limits = HTTPLimits()
        limits.connections = 1000
        limits.keptForUnix = 0
        let answered = try await withServer(limits) { port in
            let clients = try (0..<1000).map { _ in try RawClient(port: port) }
            var answered = 0
            for round in 0..<3 {
                for (index, client) in clients.enumerated() {
                    try client.send("GET /\(round)/\(index) HTTP/1.1\r\nHost: a\r\n\r\n")
                }
                for (index, client) in clients.enumerated() {
                    let body = try client.answer().body
                    answered += body == "GET /\(round)/\(index) 0" ? 1 : 0
                }
            }
            return answered
        }
        #expect(answered == 3000)
    }

    @Test func `at the bound the connection idle for longest makes room`() async throws {
        var limits = HTTPLimits()
        limits.connections = 2
        limits.keptForUnix = 0
        let (ended, statuses) = try await withServer(limits) { port in
            let first = try RawClient(port: port)
            _ = try first.get("/")
            let second = try RawClient(port: port)
            _ = try second.get("/")
            let third = try RawClient(port: port)
            let statuses = [try third.get("/").status, try second.get("/").status]
            return (try first.readToEnd(), statuses)
        }
        #expect(ended == "")
        #expect(statuses == [200, 200])
    }

    @Test func `at the bound with none idle a client is told 503, and served later`() async throws {
        var limits = HTTPLimits()
        limits.connections = 1
        limits.keptForUnix = 0
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let server = HTTPServer(limits: limits) { request in
            if request.path == "/wait" {
                begin.yield()
                for await _ in gate { break }
            }
            return .echo(request)
        }
        let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        try await server.serve(listener: listener)
        let port = try #require(listener.port)
        async let held = onThread { try RawClient(port: port).get("/wait").status }
        var begins = begun.makeAsyncIterator()
        await begins.next()
        let statuses = try await onThread {
            // More than are told at one time: the others wait until one of those is gone.
            try (0..<40).map { _ in
                let client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readToEnd().prefix(12)
            }
        }
        #expect(statuses.allSatisfy { $0 == "HTTP/1.1 503" })
        open.yield()
        #expect(try await held == 200)
        #expect(try await onThread { try RawClient(port: port).get("/").status } == 200)
        await server.stop()
    }

    @Test func `accepting survives that there are no descriptors left`() async throws {
        let failures = Atomic(3)
        let server = HTTPServer(
            limits: HTTPLimits(),
            accept: { listener in
                let left = failures.subtract(1, ordering: .relaxed).newValue
                return left >= 0 ? .exhausted : HTTPAcceptor.accept(listener)
            },
            handler: { .echo($0) }
        )
        let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        try await server.serve(listener: listener)
        let port = try #require(listener.port)
        #expect(try await onThread { try RawClient(port: port).get("/").status } == 200)
        #expect(failures.load(ordering: .relaxed) < 0)
        await server.stop()
    }

    @Test func `random bytes leave the server standing`() async throws {
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        let status = try await withServer { port in
            var state = seed
            for _ in 0..<200 {
                let client = try RawClient(port: port)
                var bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
                for _ in 0..<8 {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    bytes[Int((state >> 33) % UInt64(bytes.count))] = UInt8(state >> 56)
                }
                try? client.send(bytes)
                if state >> 63 == 0 { client.finishSending() }
                if state >> 62 == 1 { _ = try client.readToEnd() }
            }
            return try RawClient(port: port).get("/").status
        }
        #expect(status == 200, "seed \(seed)")
    }
}
