import Alerting
import Formats
import Monitor
import Sandbox
import System
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SandboxAnswerTests {
    private let deploy = """
        [tokens.deploy]
        secret = "s3cret"
        name = "Production Deploy Key"
        account = "john@example.com"
        company_name = ""
        account_created = "2024-06-15"
        permissions = ["servers:list", "dns:*"]
        created = "2025-01-10T14:30:00Z"
        expires = "2099-02-11T08:45:12Z"
        last_used = "2025-02-11T08:45:12Z"
        stamps_use = "never"
        """

    @Test func `a live token is answered with every documented field in its documented form`()
        async throws
    {
        let answer = try await withSandbox(deploy) { try await $0.poll("s3cret") }
        #expect(answer.status == 200)
        #expect(answer.header("Content-Type") == "application/json")
        let expected = """
            {"account":{"email":"john@example.com","first_name":"John","last_name":"Doe",\
            "company_name":null,"created_at":"2024-06-15"},\
            "token":{"name":"Production Deploy Key","permissions":["servers:list","dns:*"],\
            "created_at":"2025-01-10T14:30:00Z","last_used_at":"2025-02-11T08:45:12Z",\
            "expires_at":"2099-02-11T08:45:12Z","is_expired":false}}
            """
        #expect(answer.body == Array(expected.utf8))
    }

    @Test func `a token without expiry and use has null for both`() async throws {
        let scenario = """
            [tokens.a]
            secret = "a"
            expires = "never"
            last_used = "never"
            stamps_use = "never"
            """
        let json = try await withSandbox(scenario) { try await $0.poll("a").json }
        #expect(json?["token"]?["expires_at"]?.isNull == true)
        #expect(json?["token"]?["last_used_at"]?.isNull == true)
    }

    @Test(arguments: ["wrong", "", "s3cre", "s3crett", nil])
    func `a secret that nobody has, and none, is answered 401 as JSON`(
        secret: String?
    ) async throws {
        let answer = try await withSandbox(deploy) { try await $0.poll(secret) }
        #expect(answer.status == 401)
        #expect(answer.json?["detail"]?.string != nil)
    }

    @Test func `another scheme than Bearer is no token`() async throws {
        let answer = try await withSandbox(deploy) { server async throws in
            try await exchange(
                port: server.port,
                "GET /api/v1/account/me/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    + "Authorization: Token s3cret\r\n\r\n"
            )
        }
        #expect(answer.status == 401)
    }

    @Test func `a revoked token is answered 401 and lives again when it is not revoked any more`()
        async throws
    {
        try await withSandbox(deploy) { server async throws in
            try server.edit("deploy", json: #"{"revoked": true}"#)
            #expect(try await server.poll("s3cret").status == 401)
            try server.edit("deploy", json: #"{"revoked": false}"#)
            #expect(try await server.poll("s3cret").status == 200)
        }
    }

    @Test func `a token is answered 200 a second before its expiry and 401 at it`() async throws {
        try await withSandbox("[tokens.a]\nsecret = \"a\"\nexpires = \"+1h\"") {
            server async throws in
            server.setClock(offset: .seconds(3590))
            #expect(try await server.poll("a").status == 200)
            server.setClock(offset: .seconds(3600))
            #expect(try await server.poll("a").status == 401)
        }
    }

    @Test func `a token that tells its expiry is answered 200 with is_expired`() async throws {
        let scenario = "[tokens.a]\nsecret = \"a\"\nexpires = \"-1s\"\ntells_expired = true"
        let answer = try await withSandbox(scenario) { try await $0.poll("a") }
        #expect(answer.status == 200)
        #expect(answer.json?["token"]?["is_expired"]?.bool == true)
    }

    @Test func `the path without its last slash is redirected, and any other is not found`()
        async throws
    {
        try await withSandbox(deploy) { server async throws in
            let redirect = try await server.call("GET", "/api/v1/account/me", secret: "s3cret")
            #expect(redirect.status == 301)
            #expect(redirect.header("Location") == "/api/v1/account/me/")
            #expect(try await server.call("GET", "/api/v1/account/").status == 404)
            #expect(try await server.call("GET", "/").status == 404)
            #expect(try await server.call("POST", "/api/v1/account/me/").status == 405)
        }
    }

    @Test func `the Date of an answer is the sandbox's clock`() async throws {
        try await withSandbox(deploy) { server async throws in
            server.setClock(offset: .days(3))
            let before = server.now
            let text = try await server.poll("s3cret").header("Date") ?? ""
            let date = try #require(Instant(httpDate: text, now: before))
            #expect(date.seconds >= before.seconds && date <= server.now)
            // Three days from the machine's clock, whatever it is.
            #expect(date - SystemClock.now().instant > .days(2))
        }
    }

    @Test func `the stamp of use shows the request, the one before, or ten minutes' steps`()
        async throws
    {
        func stamp(_ answer: RawAnswer) throws -> Instant {
            let text = try #require(answer.json?["token"]?["last_used_at"]?.string)
            return try #require(Instant(text: text))
        }
        let scenario = ["before", "after", "ten_minutes"].map {
            "[tokens.\($0)]\nsecret = \"\($0)\"\nlast_used = \"-1d\"\nstamps_use = \"\($0)\"\n"
        }
        try await withSandbox(scenario.joined()) { server async throws in
            let start = server.now
            #expect(try stamp(await server.poll("before")).seconds >= start.seconds)
            #expect(try stamp(await server.poll("after")) < start - .hours(23))
            let used = try stamp(await server.poll("after"))
            #expect(used.seconds >= start.seconds)
            let first = try stamp(await server.poll("ten_minutes"))
            #expect(first.seconds >= start.seconds)
            server.setClock(offset: .minutes(9))
            #expect(try stamp(await server.poll("ten_minutes")) == first)
            server.setClock(offset: .minutes(11))
            #expect(try stamp(await server.poll("ten_minutes")) >= first + .minutes(10))
        }
    }

    @Test func `generated tokens answer by their number, from the first to the last`()
        async throws
    {
        let scenario = """
            [api.generated]
            count = 10
            prefix = "bench-"
            secret = "key-{n}-end"
            permissions = ["dns:*"]
            expires = "+90d"
            """
        try await withSandbox(scenario) { server async throws in
            for number in [1, 10] {
                let answer = try await server.poll("key-\(number)-end")
                #expect(answer.status == 200)
                #expect(answer.json?["token"]?["name"]?.string == "bench-\(number)")
                #expect(answer.json?["token"]?["permissions"]?[0]?.string == "dns:*")
            }
            for number in ["0", "11", "01", "", "x", "-1", "99999999999999999999"] {
                #expect(try await server.poll("key-\(number)-end").status == 401)
            }
            #expect(server.record.requests == ["bench-1": 1, "bench-10": 1])
            try server.edit("bench-1", json: #"{"revoked": true}"#)
            #expect(try await server.poll("key-1-end").status == 401)
            #expect(try await server.poll("key-10-end").status == 200)
            #expect(server.remove("bench-10"))
            #expect(try await server.poll("key-10-end").status == 401)
        }
    }
}
