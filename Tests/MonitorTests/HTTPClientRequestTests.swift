import Glibc
import HTTP
import Monitor
import Testing

/// The bytes of requests, and requests that are not sent.
@Suite(.timeLimit(.minutes(1)))
struct HTTPClientRequestTests {
    /// A server that answers with the request's head and, as long as it says, its body.
    private func echo() throws -> RawServer {
        try RawServer { connection in
            while let head = connection.readHead() {
                let length =
                    head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
                    .flatMap { Int($0.dropFirst(16)) } ?? 0
                let body = connection.read(count: length) ?? []
                connection.answer(head + String(decoding: body, as: UTF8.self))
            }
        }
    }

    @Test func `a GET has its headers and nothing unasked for`() async throws {
        let server = try echo()
        let client = try makeClient(HTTPClientSettings(userAgent: "tokenwatchd/1"))
        let call = HTTPCall(
            url: "\(server.url)a?b=c",
            headers: [("Authorization", "Bearer s3cret"), ("X-Empty", "")]
        )
        let lines = try await client.perform(call).answered.text.split(separator: "\r\n")
        #expect(lines.first == "GET /a?b=c HTTP/1.1")
        #expect(
            Set(lines.dropFirst()) == [
                "Host: 127.0.0.1:\(server.port)", "User-Agent: tokenwatchd/1", "Accept: */*",
                "Authorization: Bearer s3cret", "X-Empty:",
            ]
        )
    }

    @Test func `one client sends bodies, no bodies and other methods in turn`() async throws {
        let server = try echo()
        let client = try makeClient()
        let large = [UInt8](repeating: UInt8(ascii: "x"), count: 500_000)
        let calls: [(method: String, body: [UInt8]?)] = [
            ("POST", Array("hello".utf8)), ("GET", nil), ("POST", nil), ("PUT", large),
            ("DELETE", nil), ("POST", []), ("PATCH", Array("p".utf8)), ("GET", nil),
        ]
        for (method, body) in calls {
            let call = HTTPCall(url: server.url, method: method, body: body)
            let text = try await client.perform(call).answered.text
            let parts = text.split(
                separator: "\r\n\r\n",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            let head = try #require(parts.first)
            #expect(head.hasPrefix("\(method) / HTTP/1.1\r\n"))
            #expect(parts.last.map { Array($0.utf8) } == body ?? [])
            #expect(!head.contains("Content-Type") && !head.contains("Expect"))
            let length = method == "POST" ? body?.count ?? 0 : body?.count
            #expect(head.contains("Content-Length") == (length != nil))
        }
        #expect(server.connections == 1)
    }

    @Test func `HEAD is answered without waiting for a body`() async throws {
        let server = try RawServer { connection in
            while let head = connection.readHead() {
                if head.hasPrefix("HEAD") {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
                } else {
                    connection.answer("hello")
                }
            }
        }
        let client = try makeClient()
        let head = try await client.perform(HTTPCall(url: server.url, method: "HEAD")).answered
        #expect(head.body.isEmpty && head.headers["content-length"] == "5")
        #expect(try await client.perform(HTTPCall(url: server.url)).answered.text == "hello")
    }

    @Test(arguments: ["\r\nX-Injected: 1", "\n", "\r", "\u{0}", "\u{7F}", "a\tb"])
    func `control characters in what is sent are refused`(bad: String) async throws {
        let server = try echo()
        let client = try makeClient()
        let calls = [
            HTTPCall(url: server.url, headers: [("Authorization", "s3cret\(bad)")]),
            HTTPCall(url: server.url, headers: [("X-Name\(bad)", "s3cret")]),
            HTTPCall(url: "\(server.url)s3cret\(bad)"),
            HTTPCall(url: server.url, method: "GET\(bad)"),
        ]
        for call in calls {
            let failure = try await client.perform(call).failed
            #expect(failure.kind == .refusedInput)
            #expect(!failure.message.contains("s3cret") && !failure.message.contains(bad))
        }
        #expect(server.connections == 0)
    }

    @Test(arguments: [
        "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", "", "http://", "http://:0x/",
        "http://s3cret:s3cret@127.0.0.1/", "http://127.0.0.1:99999999/s3cret", "http:///s3cret",
        "https://[::1/s3cret", "http://127.0.0.1/s3 cret",
    ])
    func `a URL that is none, or with a user name, is refused`(url: String) async throws {
        let failure = try await makeClient().perform(HTTPCall(url: url)).failed
        #expect(failure.kind == .refusedInput, "\(failure)")
        #expect(!failure.message.contains("s3cret"))
    }

    @Test func `a call and the settings cannot be printed`() {
        let call = HTTPCall(
            url: "https://user:s3cret@hooks.example:8443/s3cret?s3cret#s3cret",
            method: "POST",
            headers: [("Authorization", "s3cret")],
            body: Array("s3cret".utf8)
        )
        let settings = HTTPClientSettings(proxy: "http://user:s3cret@proxy.example:3128")
        var dumped = ""
        dump(call, to: &dumped)
        dump(settings, to: &dumped)
        dump([call], to: &dumped)
        let texts = [
            "\(call)", String(reflecting: call), "\(settings)", String(reflecting: settings),
            dumped,
        ]
        for text in texts { #expect(!text.contains("s3cret")) }
        #expect("\(call)" == "HTTPCall(POST hooks.example:8443)")
        #expect("\(settings)".contains("proxy.example:3128"))
    }

    @Test func `the environment's proxy is ignored`() async throws {
        let dead = "http://127.0.0.1:\(try RawServer.deadPort())"
        let names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        for name in names { setenv(name, dead, 1) }
        defer { for name in names { unsetenv(name) } }
        let server = try echo()
        let text = try await makeClient().perform(HTTPCall(url: server.url)).answered.text
        #expect(text.hasPrefix("GET / HTTP/1.1"))
    }

    @Test func `the configured proxy is asked, whatever no_proxy says`() async throws {
        setenv("no_proxy", "*", 1)
        defer { unsetenv("no_proxy") }
        let proxy = try echo()
        let client = try makeClient(HTTPClientSettings(proxy: "http://127.0.0.1:\(proxy.port)"))
        let call = HTTPCall(url: "http://somewhere.invalid/path")
        let text = try await client.perform(call).answered.text
        #expect(text.hasPrefix("GET http://somewhere.invalid/path HTTP/1.1\r\n"))
    }

    @Test func `this machine is asked itself, not by another's proxy`() async throws {
        let server = try echo()
        let client = try makeClient(HTTPClientSettings(proxy: "http://proxy.invalid:3128"))
        for host in ["127.0.0.1", "localhost"] {
            let call = HTTPCall(url: "http://\(host):\(server.port)/path")
            let text = try await client.perform(call).answered.text
            #expect(text.hasPrefix("GET /path HTTP/1.1\r\n"))
        }
        let failure = try await client.perform(HTTPCall(url: "http://somewhere.invalid/")).failed
        #expect(failure.kind == .proxy)
        let dead = HTTPCall(url: "http://127.0.0.1:\(try RawServer.deadPort())/")
        #expect(try await client.perform(dead).failed.kind == .connect)
    }

    @Test func `a Unix socket is reached without the proxy, and a path without socket fails`()
        async throws
    {
        let directory = try TemporaryDirectory()
        let path = directory.file("status.sock")
        let server = try RawServer(unixSocketPath: path) { connection in
            while connection.readHead() != nil { connection.answer("over \(connection.number)") }
        }
        let dead = "http://127.0.0.1:\(try RawServer.deadPort())"
        let client = try makeClient(HTTPClientSettings(proxy: dead))
        let call = HTTPCall(url: "http://localhost/v1/status", unixSocketPath: path)
        for _ in 1...3 {
            #expect(try await client.perform(call).answered.text == "over 1")
        }
        #expect(server.connections == 1)

        var other = call
        other.unixSocketPath = directory.file("missing.sock")
        let failure = try await client.perform(other).failed
        #expect(failure.kind == .connect)
        #expect(failure.message.contains("missing.sock: No such file or directory"))
    }
}
