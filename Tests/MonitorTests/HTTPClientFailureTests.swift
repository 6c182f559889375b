import HTTP
import Monitor
import Testing

/// Errors of calls without an answer, and calls that end early.
@Suite(.timeLimit(.minutes(1)))
struct HTTPClientFailureTests {
    @Test func `a refused connection names the address`() async throws {
        let port = try RawServer.deadPort()
        let failure = try await makeClient()
            .perform(HTTPCall(url: "http://127.0.0.1:\(port)/s3cret")).failed
        #expect(failure.kind == .connect)
        #expect(failure.message == "connection refused by 127.0.0.1:\(port)")
    }

    @Test func `a name that does not exist is a DNS failure`() async throws {
        let call = HTTPCall(url: "http://nothing.invalid:8080/s3cret")
        let failure = try await makeClient().perform(call).failed
        #expect(failure.kind == .dns)
        #expect(failure.message.hasPrefix("cannot resolve nothing.invalid"))
    }

    @Test func `a server that does not answer is a timeout`() async throws {
        let server = try RawServer { $0.waitForEnd() }
        let call = HTTPCall(url: server.url, timeout: .milliseconds(150))
        let failure = try await makeClient().perform(call).failed
        #expect(failure.kind == .timeout)
        #expect(failure.message == "no answer from 127.0.0.1:\(server.port) within 150 ms")
    }

    @Test func `a server that stops inside its answer is a timeout`() async throws {
        let server = try RawServer { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
            connection.waitForEnd()
        }
        let call = HTTPCall(url: server.url, timeout: .milliseconds(150))
        #expect(try await makeClient().perform(call).failed.kind == .timeout)
    }

    @Test func `a TLS handshake that is not answered is no connection`() async throws {
        let server = try RawServer { $0.waitForEnd() }
        let call = HTTPCall(
            url: "https://127.0.0.1:\(server.port)/",
            connectTimeout: .milliseconds(150)
        )
        let failure = try await makeClient().perform(call).failed
        #expect(failure.kind == .timeout)
        #expect(failure.message == "no connection to 127.0.0.1:\(server.port) within 150 ms")
    }

    @Test func `a call that waits for a connection times out as well`() async throws {
        let (heads, head) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.readHead()
            head.yield()
            connection.waitForEnd()
        }
        let client = try makeClient(HTTPClientSettings(perHostConnections: 1))
        let first = Task { await client.perform(HTTPCall(url: server.url)) }
        for await _ in heads { break }
        let call = HTTPCall(url: server.url, timeout: .milliseconds(100))
        #expect(try await client.perform(call).failed.kind == .timeout)
        #expect(server.connections == 1)
        first.cancel()
        #expect(try await first.value.failed.kind == .cancelled)
    }

    @Test func `a proxy's failures are told as its own`() async throws {
        let port = try RawServer.deadPort()
        let dead = try makeClient(HTTPClientSettings(proxy: "http://u:s3cret@127.0.0.1:\(port)"))
        let refused = try await dead.perform(HTTPCall(url: "http://somewhere.invalid/")).failed
        #expect(refused.kind == .proxy)
        #expect(refused.message == "connection refused by the proxy 127.0.0.1:\(port)")

        let unnamed = try makeClient(HTTPClientSettings(proxy: "http://u:s3cret@proxy.invalid:1"))
        let unresolved = try await unnamed.perform(HTTPCall(url: "http://somewhere.invalid/"))
            .failed
        #expect(unresolved.kind == .proxy)
        #expect(unresolved.message.hasPrefix("cannot resolve the proxy proxy.invalid:1"))

        let server = try RawServer { connection in
            guard let head = connection.readHead(), head.hasPrefix("CONNECT somewhere.invalid:443 ")
            else { return }
            connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        }
        let forbidding = try makeClient(
            HTTPClientSettings(proxy: "http://127.0.0.1:\(server.port)")
        )
        let forbidden = try await forbidding.perform(HTTPCall(url: "https://somewhere.invalid/"))
            .failed
        #expect(forbidden.kind == .proxy)
        #expect(forbidden.message.contains("refused to connect to somewhere.invalid: status 403"))
    }

    @Test func `a cancelled task ends its call and closes the connection`() async throws {
        let (steps, step) = AsyncStream.makeStream(of: String.self)
        let server = try RawServer { connection in
            _ = connection.readHead()
            step.yield("asked")
            connection.waitForEnd()
            step.yield("closed")
        }
        let client = try makeClient()
        let task = Task { await client.perform(HTTPCall(url: server.url, timeout: .seconds(600))) }
        var iterator = steps.makeAsyncIterator()
        #expect(await iterator.next() == "asked")
        task.cancel()
        #expect(try await task.value.failed.kind == .cancelled)
        #expect(await iterator.next() == "closed")
    }

    @Test func `a task that is cancelled before its call makes none`() async throws {
        let server = try RawServer { $0.waitForEnd() }
        let client = try makeClient()
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            for await _ in gates { break }
            return await client.perform(HTTPCall(url: server.url))
        }
        task.cancel()
        gate.yield()
        #expect(try await task.value.failed.kind == .cancelled)
    }

    @Test func `shutting down cancels every call at once and those that come later`() async throws {
        let (heads, head) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.readHead()
            head.yield()
            connection.waitForEnd()
            head.finish()
        }
        let client = try makeClient()
        let calls = (1...3).map { _ in
            Task { await client.perform(HTTPCall(url: server.url, timeout: .seconds(600))) }
        }
        var asked = 0
        for await _ in heads {
            asked += 1
            if asked == 3 { break }
        }
        await client.shutdown()
        for call in calls { #expect(try await call.value.failed.kind == .cancelled) }
        // The connections are closed as well.
        for await _ in heads {}
        #expect(try await client.perform(HTTPCall(url: server.url)).failed.kind == .cancelled)
        await client.shutdown()
    }

    @Test func `a completion may start calls, cancel them and shut the client down`() async throws {
        let server = try RawServer { connection in
            while let head = connection.readHead() {
                if head.hasPrefix("GET /answer") { connection.answer("x") }
            }
        }
        let (results, result) = AsyncStream.makeStream(of: String.self)
        let client = try makeClient()
        let url = server.url
        await client.start(HTTPCall(url: "\(url)answer")) { _ in
            client.assumeIsolated { client in
                let silent = client.start(HTTPCall(url: url)) { _ in result.yield("cancelled") }
                client.cancel(silent)
                client.start(HTTPCall(url: "\(url)answer")) { _ in
                    client.assumeIsolated {
                        $0.start(HTTPCall(url: url)) { _ in result.yield("shut down") }
                        $0.shutdown()
                        result.yield("shutting down")
                    }
                }
            }
        }
        var iterator = results.makeAsyncIterator()
        #expect(await iterator.next() == "cancelled")
        #expect(await iterator.next() == "shutting down")
        #expect(await iterator.next() == "shut down")
    }

    @Test func `a client that nobody holds ends the calls in flight first`() async throws {
        let server = try RawServer { connection in
            if connection.readHead() != nil { connection.answer("late") }
        }
        let (results, result) = AsyncStream.makeStream(of: HTTPResult.self)
        weak var released: HTTPClient?
        do {
            let client = try makeClient()
            released = client
            await client.start(HTTPCall(url: server.url)) { result.yield($0) }
        }
        for await result in results {
            #expect(try result.answered.text == "late")
            break
        }
        // The queue lets go of it in the turn that ran the completion.
        while released != nil { await Task.yield() }
    }
}
