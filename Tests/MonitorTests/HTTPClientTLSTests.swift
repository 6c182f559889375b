import Foundation
import HTTP
import Monitor
import Store
import Testing

/// Calls to a real nginx with a certificate of a private CA.
@Suite(.timeLimit(.minutes(1)))
struct HTTPClientTLSTests {
    @Test func `a certificate of an unknown CA is refused, with what to do`() async throws {
        let nginx = try Nginx()
        let failure = try await makeClient().perform(HTTPCall(url: nginx.url)).failed
        #expect(failure.kind == .tls)
        #expect(failure.message.hasPrefix("the certificate of localhost cannot be verified: "))
        #expect(failure.message.hasSuffix("; add its CA with polling.ca_file"))
    }

    @Test func `ca_file is trusted, by HTTP 2 and by HTTP 1`() async throws {
        let nginx = try Nginx()
        let client = try makeClient(HTTPClientSettings(caFile: nginx.caFile))
        let answer = try await client.perform(HTTPCall(url: nginx.url)).answered
        #expect(answer.version == .http2)
        #expect(answer.text.hasPrefix("HTTP/2.0 "))
        #expect(answer.headers["DATE"] != nil)
        let old = try Nginx(hasHTTP2: false)
        let oldClient = try makeClient(HTTPClientSettings(caFile: old.caFile))
        let oldAnswer = try await oldClient.perform(HTTPCall(url: old.url)).answered
        #expect(oldAnswer.version == .http1)
        #expect(oldAnswer.text.hasPrefix("HTTP/1.1 "))
    }

    @Test func `ca_file is added to the system's authorities, not put in their place`() async throws
    {
        let first = try Nginx()
        let second = try Nginx()
        let client = try makeClient(
            HTTPClientSettings(caFile: first.caFile, systemCAFile: second.caFile)
        )
        for nginx in [first, second] {
            #expect(try await client.perform(HTTPCall(url: nginx.url)).answered.status == 200)
        }
    }

    @Test func `a certificate for another name is refused`() async throws {
        let nginx = try Nginx()
        let client = try makeClient(HTTPClientSettings(caFile: nginx.caFile))
        let failure = try await client.perform(HTTPCall(url: "https://127.0.0.1:\(nginx.port)/"))
            .failed
        #expect(failure.kind == .tls)
        #expect(failure.message.hasPrefix("the certificate of 127.0.0.1 is for another name"))
    }

    @Test func `plain HTTP where TLS is expected is a TLS failure`() async throws {
        let server = try RawServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.waitForEnd()
        }
        let failure = try await makeClient()
            .perform(HTTPCall(url: "https://127.0.0.1:\(server.port)/")).failed
        #expect(failure.kind == .tls)
        #expect(failure.message.hasPrefix("no TLS connection to 127.0.0.1:\(server.port): "))
    }

    @Test func `many calls at once share one HTTP 2 connection`() async throws {
        let nginx = try Nginx()
        let client = try makeClient(HTTPClientSettings(caFile: nginx.caFile))
        let url = nginx.url
        let connections = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 1...64 {
                group.addTask {
                    try await client.perform(HTTPCall(url: url)).answered.headers["X-Connection"]
                }
            }
            return try await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(connections.count == 64)
        #expect(Set(connections).count == 1)
        #expect(!connections.contains(nil))
    }

    @Test func `calls go on when the server retires its HTTP 2 connection`() async throws {
        // nginx says GOAWAY after this many requests on a connection.
        let nginx = try Nginx(requestsPerConnection: 10)
        let client = try makeClient(HTTPClientSettings(caFile: nginx.caFile))
        let url = nginx.url
        let connections = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 1...8 {
                group.addTask {
                    var last: String?
                    for _ in 1...25 {
                        last = try await client.perform(HTTPCall(url: url)).answered
                            .headers["X-Connection"]
                    }
                    return last
                }
            }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(!connections.contains(nil))
    }

    @Test func `a reset stream of a new connection is repeated once, on another one`() async throws
    {
        // nginx resets the stream on every other connection.
        let nginx = try Nginx(location: "if ($connection ~ [02468]$) { return 444; } return 204;")
        var connections: [Int] = []
        for _ in 1...3 {
            let client = try makeClient(HTTPClientSettings(caFile: nginx.caFile))
            let answer = try await client.perform(HTTPCall(url: nginx.url)).answered
            #expect(answer.version == .http2 && answer.status == 204)
            connections.append(try #require(answer.headers["X-Connection"].flatMap { Int($0) }))
        }
        // The second and the third call met an even one first.
        #expect(connections.allSatisfy { !$0.isMultiple(of: 2) })
        #expect(zip(connections, connections.dropFirst()).allSatisfy { $1 == $0 + 2 })
    }

    @Test func `a server that resets every stream is unreachable, not malformed`() async throws {
        let nginx = try Nginx(location: "return 444;")
        let client = try makeClient(HTTPClientSettings(caFile: nginx.caFile))
        for method in ["GET", "POST"] {
            let call = HTTPCall(url: nginx.url, method: method)
            let failure = try await client.perform(call).failed
            #expect(failure.kind == .connect)
            #expect(
                failure.message
                    == "localhost:\(nginx.port) ended the HTTP/2 stream without an answer"
            )
        }
    }

    @Test func `the authorities are parsed once for all connections`() async throws {
        let nginx = try Nginx(hasHTTP2: false, requestsPerConnection: 1)
        let directory = try TemporaryDirectory()
        let system = directory.file("system.pem")
        try FileManager.default.copyItem(atPath: nginx.caFile, toPath: system)
        let client = try makeClient(HTTPClientSettings(systemCAFile: system))
        var connections: Set<String?> = []
        for _ in 1...5 {
            let answer = try await client.perform(HTTPCall(url: nginx.url)).answered
            connections.insert(answer.headers["X-Connection"])
            // From here on, a connection that read the file again would fail.
            try? FileManager.default.removeItem(atPath: system)
        }
        #expect(connections.count == 5)
    }

    @Test func `without authorities TLS is refused and plain HTTP is not`() async throws {
        let server = try RawServer { connection in
            while connection.readHead() != nil { connection.answer("plain") }
        }
        let client = try makeClient(HTTPClientSettings(systemCAFile: nil))
        let failure = try await client.perform(HTTPCall(url: "https://127.0.0.1/")).failed
        #expect(failure.kind == .tls)
        #expect(failure.message.contains("install ca-certificates"))
        #expect(try await client.perform(HTTPCall(url: server.url)).answered.text == "plain")
    }

    @Test func `a ca_file that is missing or no certificate is named`() throws {
        let directory = try TemporaryDirectory()
        let missing = directory.file("missing.pem")
        let error = #expect(throws: CertificateBundleError.self) {
            try makeClient(HTTPClientSettings(caFile: missing))
        }
        #expect(error?.description.hasPrefix("\(missing): No such file or directory; ") == true)
        try directory.write("not a certificate\n", to: "text.pem")
        let text = directory.file("text.pem")
        let other = #expect(throws: CertificateBundleError.self) {
            try makeClient(HTTPClientSettings(caFile: text))
        }
        #expect(other?.description == "\(text) contains no PEM certificate")
    }
}
