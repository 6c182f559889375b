import HTTP
import Monitor
import Testing

/// Answers that a server may send, and their result.
@Suite(.timeLimit(.minutes(1)))
struct HTTPClientAnswerTests {
    /// The result of one GET, answered with exactly these bytes before the connection is closed.
    private func result(
        of bytes: String,
        maximumBodyBytes: Int = 1 << 20
    ) async throws -> HTTPResult {
        let server = try RawServer { connection in
            if connection.readHead() != nil { connection.send(bytes) }
        }
        let client = try makeClient()
        let call = HTTPCall(url: server.url, maximumBodyBytes: maximumBodyBytes)
        return await client.perform(call)
    }

    @Test func `status, fields in any letter case and body of an answer are given`() async throws {
        let answer = try await result(
            of: "HTTP/1.1 429 Too Many\r\ndATE: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                + "retry-AFTER:120  \r\nX-Two: a\r\nX-Two: b\r\nX-Empty:\r\nX-Folded: a\r\n  b\r\n"
                + "Content-Length: 5\r\n\r\nhello"
        ).answered
        #expect(answer.status == 429)
        #expect(answer.version == .http1)
        #expect(answer.text == "hello")
        #expect(answer.headers["Date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(answer.headers["Retry-After"] == "120")
        #expect(answer.headers.values(of: "x-two") == ["a", "b"])
        #expect(answer.headers["x-empty"] == "")
        #expect(answer.headers["x-folded"]?.split(separator: " ") == ["a", "b"])
        #expect(answer.headers["x-tw"] == nil)
        #expect(answer.headers["x-other"] == nil)
    }

    @Test func `interim answers and trailers are no part of the answer`() async throws {
        let answer = try await result(
            of: "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
                + "HTTP/1.1 103 Early Hints\r\nX-Interim: 2\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Final: 3\r\n\r\n"
                + "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 4\r\n\r\n"
        ).answered
        #expect(answer.status == 200)
        #expect(answer.text == "abcde")
        #expect(answer.headers["X-Final"] == "3")
        #expect(answer.headers["X-Interim"] == nil)
        #expect(answer.headers["X-Trailer"] == nil)
    }

    @Test func `a body without a length ends with the connection`() async throws {
        let answer = try await result(of: "HTTP/1.0 200 OK\r\n\r\nall of it").answered
        #expect(answer.text == "all of it")
    }

    @Test func `an answer without body is an answer`() async throws {
        let answer = try await result(of: "HTTP/1.1 204 No Content\r\n\r\n").answered
        #expect(answer.status == 204)
        #expect(answer.body.isEmpty)
    }

    @Test func `a redirect is an answer and is not followed`() async throws {
        let other = try RawServer { $0.answer("followed") }
        let answer = try await result(
            of: "HTTP/1.1 302 Found\r\nLocation: \(other.url)\r\nContent-Length: 0\r\n\r\n"
        ).answered
        #expect(answer.status == 302)
        #expect(answer.headers["location"] == other.url)
        #expect(other.connections == 0)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", HTTPFailure.Kind.truncated),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", .truncated),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .truncated),
        ("HTTP/1.1 200 OK\r\nContent-Le", .truncated),
        ("", .connect),
        ("SSH-2.0-OpenSSH_9.2\r\n", .malformed),
        ("\u{0}\u{1}\u{2}garbage without any line", .malformed),
        ("HTTP/1.1 abc\r\n\r\n", .malformed),
        ("HTTP/1.1 20\r\n\r\n", .malformed),
        ("HTTP/1.1 2000 Long\r\n\r\n", .malformed),
    ])
    func `an answer that is cut or not HTTP is a failure of that kind`(
        bytes: String,
        kind: HTTPFailure.Kind
    ) async throws {
        let failure = try await result(of: bytes).failed
        #expect(failure.kind == kind, "\(failure)")
        #expect(failure.message.contains("127.0.0.1:"))
    }

    @Test(arguments: [
        ("1;a=", HTTPFailure.Kind.tooLarge),
        ("1\r\na\r\n0\r\nX-Trailer: ", .truncated),
    ])
    func `what surrounds an answer is bounded in bytes as well`(
        framing: String,
        kind: HTTPFailure.Kind
    ) async throws {
        let sent = Counter()
        let server = try RawServer { connection in
            guard connection.readHead() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(framing)")
            let piece = [UInt8](repeating: UInt8(ascii: "b"), count: 1 << 16)
            while sent.increment() < 10_000, connection.send(piece) {}
        }
        let call = HTTPCall(url: server.url, timeout: .seconds(50), maximumBodyBytes: 1000)
        let failure = try await makeClient().perform(call).failed
        #expect(failure.kind == kind, "\(failure.message)")
        // 64 KiB each: the limit, what a few wake-ups read, and the buffers of two sockets.
        #expect(sent.count < 3_000)
    }

    @Test(arguments: [99, 100, 101], ["Content-Length: ", "Transfer-Encoding: chunked", "X: "])
    func `a body is taken up to its limit and no further`(
        size: Int,
        framing: String
    ) async throws {
        let body = String(repeating: "x", count: size)
        let length = framing.hasPrefix("Content") ? "\(size)" : ""
        let framed =
            framing.hasPrefix("T") ? "\(String(size, radix: 16))\r\n\(body)\r\n0\r\n\r\n" : body
        let result = try await result(
            of: "HTTP/1.1 200 OK\r\n\(framing)\(length)\r\n\r\n\(framed)",
            maximumBodyBytes: 100
        )
        if size <= 100 {
            #expect(try result.answered.text == body)
        } else {
            let failure = try result.failed
            #expect(failure.kind == .tooLarge)
            #expect(failure.message.contains("over 100 bytes"))
        }
    }

    @Test func `an endless body is stopped at the limit`() async throws {
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            guard connection.readHead() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            let piece = String(repeating: "x", count: 10_000)
            while connection.send(piece) {}
            ended.yield()
        }
        let client = try makeClient()
        #expect(try await client.perform(HTTPCall(url: server.url)).failed.kind == .tooLarge)
        for await _ in ends { break }
    }

    @Test(arguments: ["X: y\r\n", "HTTP/1.1 100 Continue\r\n\r\n"])
    func `a head that goes on for ever is stopped`(piece: String) async throws {
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            guard connection.readHead() != nil else { return }
            if piece.hasPrefix("X") { connection.send("HTTP/1.1 200 OK\r\n") }
            while connection.send(piece) {}
            ended.yield()
        }
        let client = try makeClient()
        #expect(try await client.perform(HTTPCall(url: server.url)).failed.kind == .tooLarge)
        for await _ in ends { break }
    }

    @Test(arguments: ["HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nX-Endless: ", "HTTP/1.1 200 OK\r\nX"])
    func `a line of the head that goes on for ever is stopped`(start: String) async throws {
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            guard connection.readHead() != nil else { return }
            connection.send(start)
            let piece = String(repeating: "x", count: 10_000)
            while connection.send(piece) {}
            ended.yield()
        }
        let client = try makeClient()
        let failure = try await client.perform(HTTPCall(url: server.url)).failed
        #expect(failure.kind == .tooLarge, "\(failure)")
        for await _ in ends { break }
    }

    @Test func `an answer cannot be printed, as it may repeat the secret`() async throws {
        let answer = try await result(
            of: "HTTP/1.1 200 OK\r\nX: s3cret\r\nContent-Length: 6\r\n\r\ns3cret"
        ).answered
        var dumped = ""
        dump(answer, to: &dumped)
        for text in ["\(answer)", String(reflecting: answer), dumped] {
            #expect(!text.contains("s3cret"))
            #expect(text.contains("200"))
        }
    }
}
