import Alerting
import Formats
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SandboxHookTests {
    @Test func `what a receiver gets is kept as it came, and told, and cleared`() async throws {
        try await withSandbox { server async throws in
            let answer = try await exchange(
                port: server.port,
                "POST /hooks/ops HTTP/1.1\r\nHost: x\r\nConnection: close\r\nwebhook-id: 01\r\n"
                    + "X-Two: a\r\nx-two: b\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
            )
            #expect(answer.status == 200)
            let record = try #require(server.received("ops").first)
            #expect(record.method == "POST")
            #expect(record.header("Webhook-Id") == "01")
            #expect(record.text == #"{"a":1}"#)
            #expect(record.answered == 200)

            let told = try await server.call("GET", "/hooks/ops").json
            #expect(told?.elements?.count == 1)
            #expect(told?[0]?["method"]?.string == "POST")
            #expect(told?[0]?["headers"]?["webhook-id"]?.string == "01")
            #expect(told?[0]?["headers"]?["x-two"]?.string == "a, b")
            #expect(told?[0]?["body"]?.string == #"{"a":1}"#)
            #expect(told?[0]?["received_at"]?.string == record.receivedAt.rfc3339)

            #expect(try await server.call("DELETE", "/hooks/ops").status == 204)
            #expect(try await server.call("GET", "/hooks/ops").body == Array("[]".utf8))
        }
    }

    @Test func `a dead man's switch notes each question, and fails as it is told`() async throws {
        try await withSandbox { server async throws in
            #expect(try await server.call("GET", "/pings/beat").status == 200)
            let order = #"{"status": 500, "times": 1}"#
            #expect(try await server.call("PUT", "/hooks/beat", body: order).status == 204)
            #expect(try await server.call("GET", "/pings/beat").status == 500)
            #expect(server.received("beat").map(\.method) == ["GET", "GET"])
            #expect(server.received("beat").map(\.answered) == [200, 500])
            #expect(try await server.call("POST", "/pings/beat", body: "x").status == 404)
        }
    }

    @Test func `receivers are told apart`() async throws {
        try await withSandbox { server async throws in
            _ = try await server.call("POST", "/hooks/one", body: "1")
            _ = try await server.call("POST", "/hooks/two", body: "2")
            #expect(server.received("one").map(\.text) == ["1"])
            #expect(server.received("two").map(\.text) == ["2"])
        }
    }

    @Test func `a receiver fails so many times as it is told, and keeps what it refused`()
        async throws
    {
        try await withSandbox { server async throws in
            let order = #"{"status": 503, "times": 2, "retry_after": "5"}"#
            #expect(try await server.call("PUT", "/hooks/ops", body: order).status == 204)
            for _ in 0..<2 {
                let refused = try await server.call("POST", "/hooks/ops", body: "x")
                #expect(refused.status == 503)
                #expect(refused.header("Retry-After") == "5")
            }
            #expect(try await server.call("POST", "/hooks/ops", body: "x").status == 200)
            #expect(server.received("ops").map(\.answered) == [503, 503, 200])
        }
    }

    @Test func `a receiver cuts the connection until it is sound again`() async throws {
        try await withSandbox { server async throws in
            _ = try await server.call(
                "PUT",
                "/hooks/ops",
                body: #"{"cut": true, "latency_ms": 1}"#
            )
            #expect(try await server.call("POST", "/hooks/ops", body: "x").bytes.isEmpty)
            _ = try await server.call("PUT", "/hooks/ops", body: "{}")
            #expect(try await server.call("POST", "/hooks/ops", body: "x").status == 200)
            #expect(server.received("ops").map(\.answered) == [nil, 200])
        }
    }

    @Test func `a question can wait for what is still to come`() async throws {
        try await withSandbox { server async throws in
            let waiting = Task { try await server.call("GET", "/hooks/ops?wait_for=2") }
            _ = try await server.call("POST", "/hooks/ops", body: "1")
            _ = try await server.call("POST", "/hooks/ops", body: "2")
            #expect(try await waiting.value.json?.elements?.count == 2)
        }
    }

    @Test func `an order that cannot be followed is refused whole`() async throws {
        try await withSandbox { server async throws in
            for order in [#"{"status": 42}"#, #"{"sttus": 503}"#, "[]", "{"] {
                #expect(try await server.call("PUT", "/hooks/ops", body: order).status == 400)
            }
            #expect(try await server.call("POST", "/hooks/ops", body: "x").status == 200)
            #expect(try await server.call("PATCH", "/hooks/ops").status == 405)
        }
    }

    @Test func `there are only so many receivers`() async throws {
        try await withSandbox { server async throws in
            for number in 0..<64 { server.setHook("hook-\(number)", fault: nil) }
            #expect(try await server.call("POST", "/hooks/one-more", body: "x").status == 507)
            #expect(try await server.call("POST", "/hooks/hook-3", body: "x").status == 200)
        }
    }

    @Test func `whoever waits ends with the task`() async throws {
        try await withSandbox { server async throws in
            let waiting = Task { try await server.wait { $0.total == 1 } }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }
}
