import Alerting
import Formats
import Monitor
import Sandbox
import System
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SandboxControlTests {
    private let token = "[tokens.a]\nsecret = \"a\"\nexpires = \"+6d\"\n"

    @Test func `a token is changed, made and forgotten while the stand-in runs`() async throws {
        try await withSandbox(token) { server async throws in
            let change = #"{"expires": null, "name": "New", "permissions": ["dns:*"]}"#
            #expect(try await server.call("PUT", "/control/tokens/a", body: change).status == 204)
            let changed = try await server.poll("a").json?["token"]
            #expect(changed?["expires_at"]?.isNull == true)
            #expect(changed?["name"]?.string == "New")

            let new = #"{"secret": "b", "revoked": true}"#
            #expect(try await server.call("PUT", "/control/tokens/b", body: new).status == 204)
            #expect(try await server.poll("b").status == 401)
            #expect(server.record.requests(of: "b") == 1)

            #expect(try await server.call("DELETE", "/control/tokens/a").status == 204)
            #expect(try await server.poll("a").status == 401)
            #expect(try await server.call("DELETE", "/control/tokens/a").status == 404)
        }
    }

    @Test func `a rotated secret ends the old one`() async throws {
        try await withSandbox(token) { server async throws in
            let rotation = #"{"secret": "a2"}"#
            _ = try await server.call("PUT", "/control/tokens/a", body: rotation)
            #expect(try await server.poll("a").status == 401)
            #expect(try await server.poll("a2").status == 200)
        }
    }

    @Test func `a new token without a secret, and another's secret, are refused`() async throws {
        try await withSandbox(token) { server async throws in
            #expect(try await server.call("PUT", "/control/tokens/b", body: "{}").status == 409)
            let taken = #"{"secret": "a"}"#
            #expect(try await server.call("PUT", "/control/tokens/b", body: taken).status == 409)
            let problem = try await server.call(
                "PUT",
                "/control/tokens/a",
                body: #"{"expires": "soon", "permission": []}"#
            )
            #expect(problem.status == 400)
            let detail = problem.json?["detail"]?.string ?? ""
            #expect(detail.contains("expires is \"soon\""))
            #expect(detail.contains("did you mean \"permissions\"?"))
        }
    }

    @Test func `requests are counted by token and by answer`() async throws {
        try await withSandbox(token) { server async throws in
            for secret in ["a", "a", "nobody", nil] { _ = try await server.poll(secret) }
            let counts = try await server.call("GET", "/control/requests").json
            #expect(counts?["total"]?.integer == 4)
            #expect(counts?["unauthorized"]?.integer == 2)
            #expect(counts?["unknown"]?.integer == 2)
            #expect(counts?["in_flight"]?.integer == 0)
            #expect(counts?["maximum_in_flight"]?.integer == 1)
            #expect((counts?["connections"]?.integer ?? 0) >= 1)
            #expect(counts?["statuses"]?["200"]?.integer == 2)
            #expect(counts?["tokens"]?["a"]?.integer == 2)
        }
    }

    @Test func `the clock is set ahead and behind, and told`() async throws {
        try await withSandbox(token) { server async throws in
            let ahead = try await server.call("PUT", "/control/clock", body: #"{"offset_s": 600}"#)
            #expect(ahead.json?["offset_s"]?.integer == 600)
            let now = try #require(ahead.json?["now"]?.string.flatMap { Instant(text: $0) })
            #expect(now - SystemClock.now().instant > .minutes(9))
            _ = try await server.call("PUT", "/control/clock", body: #"{"offset_s": -600}"#)
            #expect(server.now < SystemClock.now().instant)
            #expect(try await server.call("PUT", "/control/clock", body: "{}").status == 400)
        }
    }

    @Test func `the API as a whole is made to fail and to be slow`() async throws {
        try await withSandbox(token) { server async throws in
            let order = #"{"latency": "1ms", "fault": {"status": 500, "times": 1}}"#
            #expect(try await server.call("PUT", "/control/api", body: order).status == 204)
            #expect(try await server.poll("a").status == 500)
            #expect(try await server.poll("a").status == 200)
        }
    }

    @Test func `what there is to control is said to whoever asks for something else`()
        async throws
    {
        try await withSandbox { server async throws in
            #expect(try await server.call("GET", "/control").status == 404)
            #expect(try await server.call("PUT", "/control/tokens/").status == 404)
            #expect(try await server.call("PUT", "/control/tokens/a/b").status == 404)
        }
    }
}
