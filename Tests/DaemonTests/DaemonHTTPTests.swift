import Formats
import Foundation
import Glibc
import HTTP
import Monitor
import Testing

/// The daemon's HTTP with real and with misbehaving clients.
@Suite(.timeLimit(.minutes(2)))
struct DaemonHTTPTests {
    private func curl(_ arguments: String...) async throws -> RunningProgram.Outcome {
        let always = ["-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code} %{http_version}"]
        return try await Programs.run("/usr/bin/curl", always + arguments)
    }

    private func settings(port: UInt16) -> Settings {
        var settings = Settings()
        settings.daemon = "listen = \"127.0.0.1:\(port)\""
        return settings
    }

    @Test func `curl is answered in every form of a request`() async throws {
        let port = try freePort()
        try await withDaemon(settings(port: port)) { daemon in
            let base = "http://127.0.0.1:\(port)"
            let proxy = ["-x", base]
            #expect(try await curl("\(base)/v1/status").output == "200 1.1")
            #expect(try await curl("--http1.0", "\(base)/v1/status").output == "200 1.1")
            #expect(try await curl("-I", "\(base)/v1/tokens").output == "200 1.1")
            // To a proxy curl names the whole address, and Host counts for nothing.
            let absolute = try await curl(proxy[0], proxy[1], "http://localhost/v1/status")
            #expect(absolute.output == "200 1.1")
            let foreign = try await curl(
                proxy[0],
                proxy[1],
                "-H",
                "Host: localhost",
                "http://evil.example/v1/status"
            )
            #expect(foreign.output == "421 1.1")
            #expect(try await curl("-XBREW", "\(base)/v1/status").output == "405 1.1")
            #expect(try await curl("-XBREW", "\(base)/nothing").output == "405 1.1")
            let path = "/v1/status?" + String(repeating: "a", count: 9000)
            #expect(try await curl(base + path).output == "414 1.1")
            let header = "X: " + String(repeating: "a", count: 17_000)
            #expect(try await curl("-H", header, base + "/v1/status").output == "431 1.1")
        }
    }

    @Test func `Python keeps one connection for many requests`() async throws {
        let port = try freePort()
        try await withDaemon(settings(port: port)) { daemon in
            let script = """
                import http.client, sys
                client = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
                sockets, seen = set(), []
                for method, path in [("GET", "/v1/status"), ("HEAD", "/v1/tokens"),
                                     ("GET", "/nothing"), ("GET", "/metrics"), ("GET", "/"),
                                     ("GET", "/v1/tokens")]:
                    client.request(method, path)
                    sockets.add(client.sock.getsockname())
                    answer = client.getresponse()
                    seen.append(f"{answer.status} {len(answer.read()) > 0}")
                print(len(sockets), ", ".join(seen))
                """
            let run = try await Programs.run("/usr/bin/python3", ["-c", script, "\(port)"])
            let seen = "200 True, 200 False, 404 True, 200 True, 200 True, 200 True"
            #expect(run.output == "1 \(seen)", "\(run.errors)")
        }
    }

    @Test func `requests sent at once are answered in order, and what is hidden in one is not`()
        async throws
    {
        try await withDaemon { daemon in
            let get = { (path: String) in "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }
            let close = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let answer = try await daemon.talk(get("/v1/status") + get("/nothing") + close)
            let statuses = answer.text.matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) }
            #expect(statuses == ["200", "404", "200"])
            // Both framings at once: whoever believes one of them sees a second request.
            for framing in [
                "Content-Length: 44\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 44",
                "Content-Length: 0\r\nContent-Length: 44",
                "Transfer-Encoding: chunked, identity", "Transfer-Encoding: xchunked",
            ] {
                let smuggled = try await daemon.talk(
                    "POST /v1/poll HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n0\r\n\r\n"
                        + get("/v1/status")
                )
                let text = smuggled.text
                #expect([400, 411].contains(smuggled.status), "\(framing)")
                #expect(text.matches(of: /HTTP\/1\.1/).count == 1, "\(framing): \(text)")
            }
        }
    }

    /// A descriptor that is connected to the status socket.
    private func connection(_ path: String) throws -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        return descriptor
    }

    @Test func `a thousand connections that say nothing, or begin and stop, keep nobody out`()
        async throws
    {
        try await withDaemon { daemon in
            var open: [Int32] = []
            defer { for descriptor in open { close(descriptor) } }
            // A shell may allow no more than 1024 descriptors.
            for number in 0..<1000 {
                if open.count == 500 { close(open.removeFirst()) }
                let descriptor = try connection(daemon.socket)
                open.append(descriptor)
                let start = number.isMultiple(of: 10) ? "GET /v1/sta" : ""
                _ = start.utf8.withContiguousStorageIfAvailable {
                    send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
            }
            #expect(try await daemon.ask("GET", "/healthz").status == 200)
            #expect(try await daemon.overview()["tokens"]?["ok"]?.integer == 1)
        }
    }

    @Test func `a large answer to slow readers takes no memory, and holds up nobody`()
        async throws
    {
        // It takes connections and never answers: the polls are under way all the time.
        let silent = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        let port = try #require(silent.port)
        var settings = Settings(polling: "interval = \"1h\"\ntimeout = \"5m\"\nper_host = 1")
        let note = String(repeating: "n", count: 900)
        settings.more = (1...6000).map { number in
            """
            [tokens.t\(number)]
            secret = "s3cret-t\(number)"
            base_url = "http://127.0.0.1:\(port)"
            note = "\(note)"

            """
        }.joined()
        try await withDaemon(settings) { daemon in
            defer { silent.close() }
            let size = try await daemon.ask("GET", "/v1/tokens").bytes.count
            #expect(size > 8_000_000)
            let before = try daemon.residentKiB()
            var readers: [Int32] = []
            defer { for reader in readers { close(reader) } }
            let request = Array("GET /v1/tokens HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            for _ in 0..<20 {
                let reader = try connection(daemon.socket)
                readers.append(reader)
                #expect(send(reader, request, request.count, Int32(MSG_NOSIGNAL)) == request.count)
                // The answer has begun, and the rest is not taken.
                var byte: UInt8 = 0
                #expect(recv(reader, &byte, 1, 0) == 1)
            }
            #expect(try await daemon.ask("GET", "/healthz").status == 200)
            #expect(try await daemon.ask("GET", "/v1/tokens").bytes.count > 8_000_000)
            // 20 whole answers would be 160 MB; each is a page of 128 tokens, some 150 KiB.
            let grown = try daemon.residentKiB() - before
            #expect(grown < 24 * 1024, "\(grown) KiB")
        }
    }

    @Test func `only a loopback address is listened on, unless it is said to be public`()
        async throws
    {
        var settings = Settings()
        let port = try freePort()
        settings.daemon = "listen = \"0.0.0.0:\(port)\""
        try await withDaemon(settings, starts: false) { daemon in
            let refused = try daemon.launch()
            #expect(await refused.exitStatus() == 78)
            #expect(daemon.errors.contains("listen_public"), "\(daemon.errors)")
            settings.daemon += "\nlisten_public = true\nlisten_hosts = [\"status.example.com\"]"
            try daemon.configure(settings)
            try await daemon.start()
            // Whichever address or listed name leads to it; another name may be a web page's trick.
            for (host, status) in [
                ("192.0.2.7:\(port)", 200), ("[2001:db8::1]", 200), ("Status.Example.com", 200),
                ("localhost", 200), ("evil.example", 421),
            ] {
                let answer = try await exchange(
                    port: port,
                    "GET /healthz HTTP/1.0\r\nHost: \(host)\r\n\r\n"
                )
                #expect(answer.status == status, "\(host)")
            }
        }
    }
}
