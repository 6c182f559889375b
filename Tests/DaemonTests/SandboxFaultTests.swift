import Alerting
import Formats
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SandboxFaultTests {
    private let token = """
        [tokens.a]
        secret = "a"
        expires = "2099-02-11T08:45:12Z"
        permissions = ["dns:*"]

        """

    private func answer(to fault: String) async throws -> RawAnswer {
        try await withSandbox(token + "fault = \(fault)") { try await $0.poll("a") }
    }

    @Test func `a status with Retry-After hits so many requests and no more`() async throws {
        let fault = #"fault = { status = 429, retry_after = "30s", times = 2 }"#
        try await withSandbox(token + fault) { server async throws in
            for _ in 0..<2 {
                let answer = try await server.poll("a")
                #expect(answer.status == 429)
                #expect(answer.header("Retry-After") == "30")
                #expect(answer.json?["detail"] != nil)
            }
            #expect(try await server.poll("a").status == 200)
        }
    }

    @Test func `a fault lasts as long as it says, in sandbox time`() async throws {
        try await withSandbox(token + #"fault = { status = 503, for = "10m" }"#) {
            server async throws in
            server.setClock(offset: .minutes(9))
            #expect(try await server.poll("a").status == 503)
            server.setClock(offset: .minutes(10))
            #expect(try await server.poll("a").status == 200)
        }
    }

    @Test func `a fault is ended by none`() async throws {
        try await withSandbox(token + "fault = { status = 500 }") { server async throws in
            #expect(try await server.poll("a").status == 500)
            try server.edit("a", json: #"{"fault": "none"}"#)
            #expect(try await server.poll("a").status == 200)
        }
    }

    @Test func `a fault of the API hits every request, and one without a token too`()
        async throws
    {
        try await withSandbox(token + "[api]\nfault = { status = 502 }") { server async throws in
            #expect(try await server.poll("a").status == 502)
            #expect(try await server.poll(nil).status == 502)
        }
    }

    @Test func `a request that the API fails is none of the token's so many faults`()
        async throws
    {
        let scenario =
            token + "fault = { status = 429, times = 1 }\n"
            + "[api]\nfault = { status = 502, times = 2 }"
        try await withSandbox(scenario) { server async throws in
            for status in [502, 502, 429, 200] {
                #expect(try await server.poll("a").status == status)
            }
        }
    }

    @Test func `a redirect names its place`() async throws {
        let answer = try await answer(to: #"{ status = 302, location = "http://127.0.0.1:9/" }"#)
        #expect(answer.status == 302)
        #expect(answer.header("Location") == "http://127.0.0.1:9/")
    }

    @Test func `a connection cut before the answer ends without a byte`() async throws {
        #expect(try await answer(to: #"{ cut = "before_answer" }"#).bytes.isEmpty)
    }

    @Test func `a connection cut in the head has a status line and no end of the head`()
        async throws
    {
        let answer = try await answer(to: #"{ cut = "in_head" }"#)
        #expect(answer.status == 200)
        #expect(answer.body == nil)
    }

    @Test func `a connection cut in the body has less than its head promises`() async throws {
        let answer = try await answer(to: #"{ cut = "in_body" }"#)
        let promised = try #require(answer.header("Content-Length").flatMap { Int($0) })
        let body = try #require(answer.body)
        #expect(!body.isEmpty && body.count < promised)
    }

    @Test(arguments: ["garbage", "html", "truncated", "empty"])
    func `a body that is no JSON comes whole`(kind: String) async throws {
        let answer = try await answer(to: "{ body = \"\(kind)\" }")
        #expect(answer.status == 200)
        #expect(answer.json == nil)
        #expect(answer.header("Content-Length") == answer.body.map { "\($0.count)" })
        #expect((answer.header("Content-Type") ?? "").hasPrefix("text/html") == (kind == "html"))
        #expect(answer.body?.isEmpty == (kind == "empty"))
    }

    @Test func `a huge body is valid JSON beyond the mebibyte that is taken`() async throws {
        let answer = try await answer(to: #"{ body = "huge" }"#)
        #expect((answer.body?.count ?? 0) > 1 << 20)
        #expect(answer.json?["token"]?["name"]?.string == "a")
    }

    @Test func `a missing field, a wrong type and a bad date leave the rest as it is`()
        async throws
    {
        let missing = try await answer(to: #"{ body = "missing_field:/token/expires_at" }"#)
        #expect(missing.json?["token"]?["expires_at"] == nil)
        #expect(missing.json?["token"]?["permissions"]?[0]?.string == "dns:*")

        let wrong = try await answer(to: #"{ body = "wrong_type:/token/permissions" }"#)
        #expect(wrong.json?["token"]?["permissions"]?.members != nil)
        #expect(wrong.json?["token"]?["expires_at"]?.string == "2099-02-11T08:45:12Z")

        let bad = try await answer(to: #"{ body = "bad_date" }"#)
        #expect(bad.json?["token"]?["expires_at"]?.string == "soon")
        #expect(bad.json?["token"]?["is_expired"]?.bool == false)
    }

    @Test func `an answer that is held back is in flight, and counted once it is written`()
        async throws
    {
        try await withSandbox(token + #"fault = { latency = "600s" }"#) { server async throws in
            let call = Task { try await server.poll("a") }
            try await server.wait { $0.inFlight == 1 }
            #expect(server.record.statuses.isEmpty)
            let other = Task { try await server.poll("a") }
            try await server.wait { $0.maximumInFlight == 2 }
            // Ends the connections, and with them the waiting.
            await server.stop()
            #expect(try await call.value.bytes.isEmpty)
            #expect(try await other.value.bytes.isEmpty)
            try await server.wait { $0.inFlight == 0 }
            #expect(server.record.statuses.isEmpty)
        }
        try await withSandbox(token + #"fault = { latency = "1ms" }"#) { server async throws in
            #expect(try await server.poll("a").status == 200)
            try await server.wait { $0.inFlight == 0 && $0.statuses == [200: 1] }
        }
    }
}
