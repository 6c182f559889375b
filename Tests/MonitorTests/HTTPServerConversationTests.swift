import Foundation
import Sandbox
import Testing

@testable import HTTP
@testable import Monitor
@testable import Store

/// Whole conversations over TCP.
@Suite(.timeLimit(.minutes(1))) struct HTTPServerConversationTests {
    @Test func `requests of one connection are answered in order, one at a time`() async throws {
        let inWork = EntryCounter()
        let answers = try await withServer(handler: { request in
            let atOnce = await inWork.enter()
            await Task.yield()
            await inWork.leave()
            return HTTPResponse(
                status: 200,
                body: .bytes(Array("\(request.path) \(atOnce)".utf8))
            )
        }) { port in
            let client = try RawClient(port: port)
            // Longer than what the server reads at once.
            try client.send((0..<1000).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            return try (0..<1000).map { _ in try client.answer().body }
        }
        #expect(answers == (0..<1000).map { "/\($0) 1" })
    }

    @Test func `an answer has Date and length, and no Server`() async throws {
        let answer = try await withServer { try RawClient(port: $0).get("/x") }
        #expect(answer.status == 200)
        #expect(answer.body == "GET /x 0")
        #expect(answer.header("content-length") == "8")
        #expect(answer.header("server") == nil)
        #expect(answer.header("connection") == nil)
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        #expect(format.date(from: answer.header("date") ?? "") != nil)
    }

    @Test func `HEAD has the length of the body and no body`() async throws {
        let (head, next) = try await withServer { port in
            let client = try RawClient(port: port)
            try client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n")
            return (try client.answer(hasBody: false), try client.get("/next"))
        }
        #expect(head.header("content-length") == "9")
        #expect(next.body == "GET /next 0")
    }

    @Test func `204 has neither body nor length`() async throws {
        let (none, next) = try await withServer(handler: { request in
            HTTPResponse(
                status: request.path == "/204" ? 204 : 200,
                body: .bytes(Array("body".utf8))
            )
        }) { port in
            let client = try RawClient(port: port)
            return (try client.get("/204"), try client.get("/"))
        }
        #expect(none.header("content-length") == nil)
        #expect(next.body == "body")
    }

    @Test func `HTTP/1.0 is closed unless it asks for more`() async throws {
        let (closed, kept) = try await withServer { port in
            let client = try RawClient(port: port)
            try client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let kept = try client.answer()
            try client.send("GET /2 HTTP/1.0\r\n\r\n")
            return (try client.readToEnd(), kept)
        }
        #expect(kept.header("connection") == "keep-alive")
        #expect(closed.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(closed.contains("Connection: close\r\n"))
        #expect(closed.hasSuffix("\r\n\r\nGET /2 0"))
    }

    @Test func `a client that has finished sending still gets every answer`() async throws {
        let text = try await withServer(handler: { request in
            try? await Task.sleep(for: .milliseconds(1))
            return .echo(request)
        }) { port in
            let client = try RawClient(port: port)
            try client.send(
                "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            client.finishSending()
            return try client.readToEnd()
        }
        #expect(text.contains("GET /1 0HTTP/1.1 200 OK"))
        #expect(text.hasSuffix("GET /2 0"))
    }

    @Test func `a client that waits for 100 Continue is told to send its body without`()
        async throws
    {
        let answer = try await withServer { port in
            let client = try RawClient(port: port)
            try client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
            )
            return try client.answer()
        }
        #expect(answer.head.hasPrefix("HTTP/1.1 417 "))
    }

    @Test func `a refusal is a problem document, and the end of the connection`() async throws {
        // 100 kB behind the refused head: an unread byte must not reset the answer away.
        let text = try await withServer { port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\n\r\n" + String(repeating: "x", count: 100_000))
            return try client.readToEnd()
        }
        let parts = text.components(separatedBy: "\r\n\r\n")
        #expect(parts.count == 2)
        #expect(parts[0].hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(parts[0].contains("Content-Type: application/problem+json"))
        #expect(parts[0].contains("Connection: close"))
        let problem = try JSONSerialization.jsonObject(with: Data(parts[1].utf8))
        let fields = try #require(problem as? [String: Any])
        #expect(fields["type"] as? String == "about:blank")
        #expect(fields["title"] as? String == "Bad Request")
        #expect(fields["status"] as? Int == 400)
        #expect(fields["detail"] as? String == "An HTTP/1.1 request must have a Host header.")
    }

    @Test func `requests before a malformed one are answered`() async throws {
        let text = try await withServer { port in
            let client = try RawClient(port: port)
            try client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\nHost: a\n\n")
            return try client.readToEnd()
        }
        #expect(text.contains("GET /1 0HTTP/1.1 400 "))
    }

    @Test func `a refused HEAD has no body`() async throws {
        let text = try await withServer { port in
            let client = try RawClient(port: port)
            try client.send("HEAD / HTTP/1.1\r\n\r\n")
            return try client.readToEnd()
        }
        #expect(text.hasPrefix("HTTP/1.1 400 "))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test func `a request that ends early is refused`() async throws {
        for start in ["GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"] {
            let text = try await withServer { port in
                let client = try RawClient(port: port)
                try client.send(start)
                client.finishSending()
                return try client.readToEnd()
            }
            #expect(text.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHos", "HTTP/1.1 408 "),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc", "HTTP/1.1 408 "),
        ("", ""),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 "),
    ])
    func `a client that goes silent is ended`(sent: String, answer: String) async throws {
        var limits = HTTPLimits()
        limits.headTime = .milliseconds(60)
        limits.bodyTime = .milliseconds(60)
        limits.idleTime = .milliseconds(60)
        let text = try await withServer(limits) { port in
            let client = try RawClient(port: port)
            try client.send(sent)
            return try client.readToEnd()
        }
        #expect(text.isEmpty == answer.isEmpty)
        #expect(text.hasPrefix(answer))
    }

    @Test func `a client that sends a byte now and then is ended`() async throws {
        var limits = HTTPLimits()
        limits.headTime = .milliseconds(60)
        let answer = try await withServer(limits) { port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nX: ")
            // Endless but for the server; the pause keeps the head under its bound.
            while (try? client.send("x")) != nil { usleep(5000) }
            return try? client.readToEnd()
        }
        #expect(answer?.hasPrefix("HTTP/1.1 408 ") ?? true)
    }

    @Test(arguments: ["a\r\nX-Injected: b", "a\nb", "a\u{0}b"])
    func `a header that would break the answer becomes a 500`(value: String) async throws {
        let answers = try await withServer(handler: { _ in
            HTTPResponse(status: 200, headers: [("X", value)], body: .bytes([65]))
        }) { port in
            let client = try RawClient(port: port)
            return [try client.get("/"), try client.get("/")]
        }
        for answer in answers {
            #expect(answer.status == 500)
            #expect(!answer.head.contains("Injected"))
        }
    }

    @Test func `framing headers of a handler are dropped, but Connection close is obeyed`()
        async throws
    {
        let text = try await withServer(handler: { _ in
            HTTPResponse(
                status: 200,
                headers: [
                    ("content-length", "999"), ("Transfer-Encoding", "chunked"),
                    ("X-A", "kept"), ("Connection", "close"),
                ],
                body: .bytes(Array("abc".utf8))
            )
        }) { port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return try client.readToEnd()
        }
        #expect(text.components(separatedBy: "Content-Length: ").count == 2)
        #expect(!text.contains("999"))
        #expect(!text.contains("chunked"))
        #expect(text.contains("X-A: kept\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"))
    }

    @Test func `a Date of a handler takes the place of the server's`() async throws {
        let text = try await withServer(handler: { _ in
            HTTPResponse(
                status: 200,
                headers: [("dAte", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Connection", "close")]
            )
        }) { port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return try client.readToEnd()
        }
        let dates = text.lowercased().components(separatedBy: "date: ").dropFirst()
        #expect(dates.count == 1)
        #expect(dates.first?.hasPrefix("sun, 06 nov 1994 08:49:37 gmt\r\n") == true)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Le"])
    func `verbatim bytes are all that is sent`(bytes: String) async throws {
        let text = try await withServer(handler: { _ in
            HTTPResponse(status: 200, body: .verbatim(Array(bytes.utf8)))
        }) { port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return try client.readToEnd()
        }
        #expect(text == bytes)
    }

    @Test func `a large body arrives whole at a slow reader, who holds up nobody`() async throws {
        let size = 8 * 1024 * 1024
        let (received, other) = try await withServer(handler: { request in
            HTTPResponse(
                status: 200,
                body: .bytes([UInt8](repeating: 7, count: request.path == "/big" ? size : 1))
            )
        }) { port in
            let slow = try RawClient(port: port, receiveBuffer: 4096)
            try slow.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try slow.read(through: "\r\n\r\n")
            let other = try RawClient(port: port).get("/small")
            let body = try slow.read(count: size)
            return (body.allSatisfy { $0 == 7 }, other.status)
        }
        #expect(received)
        #expect(other == 200)
    }

    @Test func `a client that takes nothing is cut off`() async throws {
        var limits = HTTPLimits()
        limits.writeStallTime = .milliseconds(60)
        let size = 64 * 1024 * 1024
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let server = HTTPServer(limits: limits) { _ in
            ask.yield()
            return HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 7, count: size)))
        }
        let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        try await server.serve(listener: listener)
        let port = try #require(listener.port)
        let client = try RawClient(port: port)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        var requests = asked.makeAsyncIterator()
        await requests.next()
        try await eventually { await server.figuresNow().connections == 0 }
        await server.stop()
    }
}

/// How many are in at one time.
private actor EntryCounter {
    private var count = 0

    func enter() -> Int {
        count += 1
        return count
    }

    func leave() { count -= 1 }
}
