import Dispatch
import Synchronization
import Testing

@testable import HTTP
@testable import Monitor
@testable import Store

/// Bodies in pieces.
@Suite(.timeLimit(.minutes(1))) struct HTTPServerStreamTests {
    /// Hands out pieces, and counts them.
    final class Source: Sendable {
        let asked = Atomic(0)
        let last: Int
        let size: Int

        init(last: Int, size: Int) {
            self.last = last
            self.size = size
        }

        func next() -> [UInt8]? {
            let number = asked.add(1, ordering: .relaxed).newValue
            return number > last ? nil : [UInt8](repeating: 65 + UInt8(number % 26), count: size)
        }
    }

    @Test func `a stream is chunked, and the connection goes on`() async throws {
        let source = Source(last: 3, size: 17)
        let text = try await withServer(handler: { request in
            guard request.path == "/stream" else { return .echo(request) }
            return HTTPResponse(status: 200, body: .stream { source.next() })
        }) { port in
            let client = try RawClient(port: port)
            try client.send(
                "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /stream HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            )
            return try client.readToEnd()
        }
        let piece = { (letter: String) in "11\r\n\(String(repeating: letter, count: 17))\r\n" }
        let chunks = "\r\n\r\n\(piece("B"))\(piece("C"))\(piece("D"))0\r\n\r\nHTTP/1.1 200 OK"
        #expect(text.contains(chunks))
        #expect(text.hasSuffix("\r\n\r\nGET /last 0"))
        #expect(text.components(of: "Transfer-Encoding: chunked") == 2)
    }

    @Test func `a stream to HTTP/1.0 ends with the connection`() async throws {
        let source = Source(last: 2, size: 3)
        let text = try await withServer(handler: { _ in
            HTTPResponse(status: 200, body: .stream { source.next() })
        }) { port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            return try client.readToEnd()
        }
        #expect(text.contains("Connection: close\r\n"))
        #expect(text.hasSuffix("\r\n\r\nBBBCCC"))
    }

    @Test func `a piece is asked for only when the one before it is sent`() async throws {
        let piece = 64 * 1024
        let source = Source(last: 2000, size: piece)
        let whole = try await withServer(handler: { _ in
            HTTPResponse(status: 200, body: .stream { source.next() })
        }) { port in
            let client = try RawClient(port: port, receiveBuffer: 4096)
            try client.send("GET / HTTP/1.0\r\n\r\n")
            _ = try client.read(through: "\r\n\r\n")
            var received = 0
            while let bytes = try client.readSome() {
                received += bytes.count
                // What was asked for and not received is in the kernel's buffers (the sending
                // one grows to 4 MiB) or is the piece at hand.
                let ahead = source.asked.load(ordering: .relaxed) * piece - received
                guard ahead <= 16 * 1024 * 1024 else { return -ahead }
            }
            return received
        }
        #expect(whole == 2000 * piece)
    }

    @Test(arguments: [true, false])
    func `a waiting stream is cancelled when its client goes away`(isUnix: Bool) async throws {
        var limits = HTTPLimits()
        limits.halfClosedStreamTime = .milliseconds(40)
        let (ended, end) = AsyncStream.makeStream(of: Bool.self)
        let asked = DispatchSemaphore(value: 0)
        let server = HTTPServer(limits: limits) { _ in
            .waiting({ asked.signal() }, end)
        }
        let scratch = ScratchDirectory()
        let path = scratch.path + "/s"
        let listener =
            isUnix
            ? try ListeningSocket.unix(path: path, mode: 0o600)
            : try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        try await server.serve(listener: listener)
        let port = listener.port
        try await onThread {
            let client = try port.map { try RawClient(port: $0) } ?? RawClient(path: path)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.read(through: "\r\n\r\n")
            // Bytes that are never read must not hide the end behind them.
            try client.send("GET /more HTTP/1.1\r\nHost: a\r\n\r\n")
            asked.wait()
            client.close()
        }
        var ends = ended.makeAsyncIterator()
        #expect(await ends.next() == true)
        while await server.figuresNow().connections > 0 { await Task.yield() }
        await server.stop()
    }

    @Test func `a stream that keeps coming is finished for a half-closed client`() async throws {
        let source = Source(last: 50, size: 10)
        let text = try await withServer(handler: { _ in
            HTTPResponse(status: 200, body: .stream { source.next() })
        }) { port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            client.finishSending()
            return try client.readToEnd()
        }
        #expect(text.hasSuffix("0\r\n\r\n"))
    }

    @Test func `stop ends streams, handlers and idle connections`() async throws {
        let (ended, end) = AsyncStream.makeStream(of: Bool.self)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let server = HTTPServer { request in
            switch request.path {
            case "/stream": return .waiting({ begin.yield() }, end)
            case "/wait":
                begin.yield()
                try? await Task.sleep(for: .seconds(3600))
                end.yield(Task.isCancelled)
                return .echo(request)
            default:
                begin.yield()
                return .echo(request)
            }
        }
        let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        try await server.serve(listener: listener)
        let port = try #require(listener.port)
        async let texts = onThread {
            let clients = try ["/stream", "/wait", "/"].map { path in
                let client = try RawClient(port: port)
                try client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                return client
            }
            return try clients.map { try $0.readToEnd() }
        }
        var begins = begun.makeAsyncIterator()
        for _ in 0..<3 { await begins.next() }
        await server.stop()
        #expect(try await texts.count == 3)
        var ends = ended.makeAsyncIterator()
        #expect(await ends.next() == true)
        #expect(await ends.next() == true)
        #expect(await server.figuresNow().connections == 0)
        await #expect(throws: (any Error).self) {
            try await onThread { _ = try RawClient(port: port) }
        }
    }
}

extension HTTPResponse {
    /// A stream that says when it is asked, waits until it is cancelled, and says that too.
    fileprivate static func waiting(
        _ asked: @escaping @Sendable () -> Void,
        _ end: AsyncStream<Bool>.Continuation
    ) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            body: .stream {
                asked()
                try? await Task.sleep(for: .seconds(3600))
                end.yield(Task.isCancelled)
                return nil
            }
        )
    }
}

extension String {
    /// How often `part` is in this text.
    fileprivate func components(of part: String) -> Int {
        ranges(of: part).count
    }
}
